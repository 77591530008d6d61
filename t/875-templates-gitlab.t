#!/bin/sh
# the GitLab templates, run by gitlab-ci-local: an upgrade, one that goes wrong, the button that undoes it, the gate
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
command -v node >/dev/null || skip_all 'node is not here'
[ -x "$NODE_MODULES/.bin/gitlab-ci-local" ] || skip_all "npm's packages are not here (make npm)"
command -v rsync >/dev/null || skip_all 'rsync is not here'

sql() { psql "$DATABASE_URL" -XAtqc "$1"; }
sql 'CREATE DATABASE notes' || exit 1
DATABASE_URL=$(printf '%s\n' "$DATABASE_URL" | sed 's,/postgres?,/notes?,')
export DATABASE_URL HOME="$box"
mkdir repo backups
cd repo || exit 1
cp -R "$top/t/demo/manifest.yaml" "$top/t/demo/deploy" "$top/t/demo/migrations" .
mkdir later && mv migrations/006* migrations/007* later/
cp -R "$top/ci-templates/gitlab/templates" .
git init -q -b main . && git config user.email t@example.org && git config user.name t
git remote add origin git@gitlab.example.org:group/notes.git
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
printf 'run/\nlater/\n' >.gitignore
git add . && git commit -qm 'version 5'
base=$(git rev-parse HEAD)
migrate-apply -nq migrations >/dev/null && ./deploy >/dev/null
trap 'kill "$(cat "$box/repo/run/pid")" 2>/dev/null; cd / && [ -z "${KEEP-}" ] && rm -rf "$box"' EXIT
sql "INSERT INTO notes (title, body) VALUES ('one', 'first'), ('two', 'second')"
url=$(cat run/url)
served() { curl -s "$url/health" | jq -r .version; }

pipeline() { # pipeline VERSION OPTION...
	cat >.gitlab-ci.yml <<END
include:
  - local: templates/upgrade.yml
    inputs:
      service: notes
      to: "$1"
      migrations: migrations
      snapshots: $box/backups
      deploy: ./deploy
      health: --timeout 5s --expect-json /version="$1" $url/health
END
	git add . && git commit -qm "to $1"
	shift
	"$NODE_MODULES/.bin/gitlab-ci-local" --force-shell-executor --no-color --variable DATABASE_URL="$DATABASE_URL" "$@" </dev/null
}

mv later/006* migrations/
exits 'upgrade: from 5 to 6' 0 pipeline 6
[ "$(served)" = 6 ]
verdict $? '6 is served'
jq -r 'select(.status != "started") | .step' release.jsonl >steps
same 'the record holds all steps, in order' steps <<'END'
manifest-bump
preflight
snapshot
migrate-apply
deploy
health-wait
rollback-plan
END
sql 'SELECT * FROM notes ORDER BY id' >before
mv later/007* migrations/
exits 'upgrade: 7 never becomes healthy: the pipeline is red' 1 pipeline 7
grep -q 'the release is failed' out
verdict $? 'by the verdict' || evidence out out
[ "$(served)" = 7 ]
verdict $? '7 is served'
grep -q '<failure' release.xml && jq -e 'length > 0' release.codequality.json >/dev/null && grep -qx 'HANDRAIL_OUTCOME=failed' release.env
verdict $? 'JUnit, code quality and dotenv reports tell the failure'
exits 'rollback: the button' 0 pipeline 7 rollback-notes
[ "$(served)" = 6 ]
verdict $? '6 is served again'
sql 'SELECT * FROM notes ORDER BY id' >after
same 'with every row' after <before

# the same from a pipeline of its own, which fetches the stream from GitLab
exits 'upgrade: 7 once more' 1 pipeline 7
[ "$(served)" = 7 ]
verdict $? '7 is served'
mkdir -p "$box/api/projects/1217/jobs/42/artifacts"
mv release.jsonl "$box/api/projects/1217/jobs/42/artifacts/"
: >"$box/portfile"
node "$top/t/ci/serve.mjs" "$box/portfile" "$box/api" &
soon test -s "$box/portfile"
back() { # back OPTION...
	cat >.gitlab-ci.yml <<END
include:
  - local: templates/rollback.yml
    inputs:
      service: notes
      job: "42"
END
	git add . && git commit -qm 'back'
	"$NODE_MODULES/.bin/gitlab-ci-local" --force-shell-executor --no-color --variable DATABASE_URL="$DATABASE_URL" \
	    --variable CI_API_V4_URL="http://127.0.0.1:$(cat "$box/portfile")" --variable CI_PROJECT_ID=1217 \
	    --variable CI_JOB_TOKEN=tell-nobody "$@" </dev/null
}
exits 'rollback.yml: the plan' 0 back
grep -q 'scenario' plan.md && [ -s rollback.sh ] && [ "$(served)" = 7 ]
verdict $? 'is shown, and nothing is done yet'
exits 'rollback.yml: the button' 0 back rollback-notes
[ "$(served)" = 6 ]
verdict $? '6 is served again'

gate() {
	cat >.gitlab-ci.yml <<END
include:
  - local: templates/schema-gate.yml
    inputs:
      migrations: migrations
      fail-on: $1
END
	git add . && git commit -qm "gate $1"
	"$NODE_MODULES/.bin/gitlab-ci-local" --force-shell-executor --no-color \
	    --variable CI_MERGE_REQUEST_DIFF_BASE_SHA="$base" </dev/null
}
exits 'schema-gate: dropped columns are stopped' 1 gate destructive,old-code
jq -r '.[].description' schema.codequality.json | grep -q 'column'
verdict $? 'and told as code quality' || evidence told schema.codequality.json
exits 'schema-gate: what is allowed passes' 0 gate blocking
finish
