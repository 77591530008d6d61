#!/bin/sh
# preflight: each check says yes and no
[ "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
row() { # row CHECK: status and observation
	tail -n 1 out | jq -r --arg c "$1" '.result.checks[] | select(.check == $c) | .status + ": " + .observed'
}
is() { # is NAME CHECK WANTED
	row "$2" >got
	same "$1" got <<-TEXT
	$3
	TEXT
}

db notes
sql 'CREATE TABLE notes (id int PRIMARY KEY, body text)'
exits 'a good database: exit 0' 0 preflight -n
field 'nothing is wrong' '[.status, .result.failed, .result.warnings] | @csv' '"ok",0,0'
exits 'no database: exit 1' 1 preflight -n --pg 'host=/nowhere dbname=x user=u password=secret77'
row database | grep -q '^failed'
verdict $? 'it says why'
! grep -q secret77 out err
verdict $? 'without the password'
exits 'a connection that is malformed: exit 1' 1 preflight -n --pg 'nonsense=1'

exits 'the database that was meant' 0 preflight -n --database-is "$(preflight -n | tail -n 1 | jq -r '.result.checks[0].observed')"
exits 'another one: exit 1' 1 preflight -n --database-is postgres://h/other
row same-database | grep -q '^failed'
verdict $? 'said by same-database'

exits 'room for a snapshot' 0 preflight -n --snapshot-dir .
exits 'a directory that is not there: exit 1' 1 preflight -n --snapshot-dir nowhere
if mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
	sql "INSERT INTO notes SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 2000) g"
	exits 'no room: exit 1' 1 preflight -n --snapshot-dir small
	umount small
else
	verdict 0 'no room # SKIP cannot mount here'
fi

exits 'the right image' 0 preflight -n --image-server-major "postgres:$(sql 'SHOW server_version' | cut -d. -f1)-alpine"
major=$(sql 'SHOW server_version' | cut -d. -f1)
exits 'the major behind another version' 0 preflight -n --image-server-major "timescale/timescaledb:2.14.2-pg$major"
exits 'a digest tells none: exit 1' 1 preflight -n --image-server-major "postgres@sha256:${major}cd"
says 'and is not guessed' 'its tag tells no major'
exits 'another major: exit 1' 1 preflight -n --image-server-major registry:5000/acme/postgres:9.6
is 'said by image' image "failed: the data are of Postgres $(sql 'SHOW server_version' | cut -d. -f1)"

# transactions, blockers
mkfifo line
psql -Xq "$DATABASE_URL" <line >/dev/null 2>&1 &
holder=$!
exec 8>line
echo "BEGIN; LOCK TABLE notes; SELECT 'geheim';" >&8
soon holds "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'notes'::regclass AND granted"
exits 'a transaction that is young enough' 0 preflight -n --max-transaction 1h
psql -Xqc 'SELECT count(*) FROM notes' "$DATABASE_URL" >/dev/null 2>&1 8>&- &
waiter=$!
soon holds "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
exits 'an old transaction, and one that waits for it: exit 1' 1 preflight -n --max-transaction 1ms
row transactions | grep -q 'idle in transaction'
verdict $? 'the transaction is named'
row blockers | grep -q 'makes 1 wait'
verdict $? 'the blocker, too'
! grep -q geheim out err
verdict $? 'a string in their queries is not shown, as it may be a password' || evidence out out
says 'with what to type' 'pg_terminate_backend('
exec 8>&-
wait $holder $waiter

sql 'CREATE TABLE twice (i int)'
sql 'INSERT INTO twice VALUES (1), (1)'
psql -Xqc 'CREATE UNIQUE INDEX CONCURRENTLY twice_i ON twice (i)' "$DATABASE_URL" 2>/dev/null
exits 'an invalid index is a warning' 0 preflight -n
is 'by name' invalid-indexes 'warning: public.twice_i is invalid'

exits 'no history' 0 preflight -n --revision ''
exits 'but one was wanted: exit 1' 1 preflight -n --revision 1
mkdir m
echo 'CREATE TABLE a (i int);' >m/001_a.sql
echo 'CREATE TABLE b (i int);' >m/002_b.sql
migrate-apply -n m >out 2>err
revision=$(tail -n 1 out | jq -r .result.after)
exits 'the history is where it should be' 0 preflight -n --revision nowhere --revision "$revision"
exits 'and where it should not be: exit 1' 1 preflight -n --revision 001
is 'which it says' history "failed: revision $revision"

sql "CREATE ROLE reader LOGIN"
exits 'a role that may not read: exit 1' 1 preflight -n --pg "$(printf '%s' "$DATABASE_URL" | sed 's,//[^@]*@,//reader@,')"
row privileges | grep -q 'reader may not read'
verdict $? 'it says so'

exits 'only some checks' 0 preflight -n --check history,image --image-server-major 1 --check extensions --no-database
exits '--check: only those' 0 preflight -n --check history
tail -n 1 out | jq -r '.result.checks[].check' >got
same 'and the connection' got <<'END'
database
history
END
exits 'a check there is not: exit 2' 2 preflight -n --check weather

# the machine
exits 'tools that are there' 0 preflight -n --no-database --tool sh,sed --tool awk
exits 'one that is not: exit 1' 1 preflight -n --no-database --tool sh,no-such-tool
git init -q -b main repo && cd repo || exit 1
git config user.email t@example.com && git config user.name t
echo 1 >file && git add file && git commit -qm one
exits 'on the branch, clean' 0 preflight -n --no-database --branch main
exits 'on another branch: exit 1' 1 preflight -n --no-database --branch release
exits '--force-branch: a warning' 0 preflight -n --no-database --branch release --force-branch
echo 2 >file
exits 'changes: exit 1' 1 preflight -n --no-database --branch main
cd "$box" || exit 1
exits 'outside of a tree: exit 1' 1 env GIT_CEILING_DIRECTORIES=/ preflight -n --no-database --branch main

exits 'text' 0 preflight -n --no-database --tool sh --format text
same 'a line a check' out <<'END'
ok       tools                  sh is on PATH
END
# the revision is the newest version, however the files are numbered and in whatever order they came
db numbered
mkdir n
for i in 1 1.9.1 1.10 2; do echo 'SELECT 1;' >n/${i}_a.sql; done
migrate-apply -nq n >out 2>err
echo 'SELECT 1;' >n/1.5_a.sql
migrate-apply -nq --allow-out-of-order n >out 2>err
field 'migrate-apply stays where it was when it catches up' '[.result.before, .result.after] | @json' '["2","2"]'
exits 'preflight says so, too' 0 preflight -n --check history --revision 2
printf -- '-- handrail: no-transaction\nSELECT 1;\nSELECT 1/0;\n' >n/3_a.sql
migrate-apply -nq n >out 2>err
exits 'one that is applied in part' 1 preflight -n --check history --revision 2
row history >got
same 'is told, and is no revision yet' got <<'END'
failed: 3_a.sql was applied in part
ok: revision 2
END

printf '%s\n' '{"handrail":1,"id":"01JD0000000000000000000001","step":"x","status":"failed","time":"2026-11-20T10:00:00.000Z","seconds":1.0}' >in
exits 'after a failure upstream: exit 3' 3 preflight --no-database <in
finish
