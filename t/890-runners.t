#!/bin/sh
# the habits of CI runners: standard input closed, empty or `: |`; no pipefail; a cancelled job, of which a program may
# be told nothing before it is killed; commands at line starts; secrets in the environment
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
unset GITHUB_ACTIONS GITLAB_CI

# standard input
mkdir migrations && echo 'CREATE TABLE a (id int);' >migrations/001_a.sql
psql "$DATABASE_URL" -Xqc 'CREATE DATABASE notes'
DATABASE_URL=$(printf '%s\n' "$DATABASE_URL" | sed 's,/postgres?,/notes?,')
export DATABASE_URL
exits 'standard input closed' 0 sh -c 'migrate-apply migrations <&- >one.jsonl'
exits 'at its end' 0 sh -c 'migrate-apply migrations </dev/null >one.jsonl'
exits 'from : |' 0 sh -c ': | migrate-apply migrations >one.jsonl'
[ "$(wc -l <one.jsonl)" = 2 ]
verdict $? 'each begins a stream'
exits 'both closed' 2 sh -c 'migrate-apply migrations <&- >&-'

# no pipefail: bash -e sees the end of the pipe alone
cat >release.sh <<'END'
step-exec --name stop -- false |
  migrate-apply --needs stop migrations |
  step-exec --name deploy -- touch deployed |
  release-report --format text >report
echo went on
END
exits 'bash -e without pipefail is red by the last step' 3 bash -e release.sh
[ ! -e deployed ] && ! grep -q 'went on' out
verdict $? 'nothing after the failure was done'

# commands at line starts, in what a server says
cat >migrations/002_b.sql <<'END'
DO $$ BEGIN RAISE NOTICE E'x\n::error::notice\n##[error]notice'; RAISE EXCEPTION E'x\n::error::exception'; END $$;
END
exits 'a server that says ::error::' 1 migrate-apply -n migrations
! grep -E '^(::|##\[)' err out
verdict $? 'commands no runner' || evidence err err
printf 'image: nginx:1.0\n' >'c
::error::.yaml'
exits 'a file of such a name' 1 manifest-bump -n --image none --to 1 'c
::error::.yaml'
! grep -E '^(::|##\[)' err out
verdict $? 'commands no runner' || evidence err err

# a secret of the job
# shellcheck disable=SC2016 # the child expands it
exits 'a child that tells a secret' 0 env DEPLOY_TOKEN=open-sesame step-exec -n --name deploy -- \
    sh -c 'echo "token is $DEPLOY_TOKEN" >&2'
! grep -q open-sesame out err
verdict $? 'is kept from it, in the log and in the record' || evidence err err

# GitLab ends a job: SIGTERM to the group
empty() { ! pgrep -g "$1"; }
cat >job.sh <<'END'
step-exec --record gitlab.jsonl --name deploy -- sleep 300 | rollback-plan >/dev/null
END
rm migrations/002*
setsid bash -e job.sh >/dev/null 2>err </dev/null &
job=$!
soon grep started gitlab.jsonl
kill -TERM "-$job"
soon empty "$job"
[ "$(jq -r 'select(.status != "started") | .status' gitlab.jsonl)" = cancelled ]
verdict $? 'SIGTERM to the group: the record is closed as cancelled' || evidence gitlab gitlab.jsonl

# GitHub cancels: SIGINT to the shell alone, after 7.5 s SIGTERM, after 2.5 s the tree is killed
export NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
if ! { command -v node && [ -d "$NODE_MODULES/yaml" ]; } >/dev/null; then
	verdict 0 "a cancelled job # SKIP npm's packages are not here (make npm)"
	finish
fi
step() { # step NAME: the script of that step of upgrade.yml
	node -e 'const y = require(process.env.NODE_MODULES + "/yaml"), f = require("fs")
	const w = y.parse(f.readFileSync(process.argv[1], "utf8"))
	console.log(w.jobs.upgrade.steps.find(s => s.name === process.argv[2]).run)' \
	    "$top/ci-templates/github/upgrade.yml" "$1" >step.sh
}
: >release.jsonl
mkdir backups
export SNAPSHOTS="$box/backups" DIRECTORIES='' LIMIT=30m DEPLOY='echo begun >begun; sleep 300' HANDRAIL_SERVICE=notes
step Snapshot
exits 'the snapshot of upgrade.yml' 0 bash --noprofile --norc -e -o pipefail step.sh
step Deploy
setsid bash --noprofile --norc -e -o pipefail step.sh >log 2>&1 </dev/null &
job=$!
soon test -s begun
kill -INT $job
sleep 7.5
kill -TERM $job 2>/dev/null
sleep 2.5
kill -KILL "-$job" 2>/dev/null
soon empty "$job"
jq -r 'select(.step == "deploy") | .status' release.jsonl >seen
grep -qx started seen && ! grep -qx ok seen
verdict $? 'cancelled in the deployment: it has begun, and nothing says that it went well' || evidence seen seen
step 'Plan the way back'
exits 'the plan is made all the same' 3 bash --noprofile --norc -e -o pipefail step.sh
grep -q deploy plan.md && sh -n rollback.sh
verdict $? 'and knows of it' || evidence plan plan.md
step Report
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=summary.md exits 'the report as well' 0 bash --noprofile --norc -e -o pipefail step.sh
grep -q '^::error ' out
verdict $? 'with an annotation' || evidence out out
exits 'a job that goes on from there is refused' 3 step-exec --name again -- true <release.jsonl
finish
