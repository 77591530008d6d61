#!/bin/sh
# schema-diff --gate on a branch, --drift against a database
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

is() { [ "$2" = "$3" ]; verdict $? "$1" || printf '#   got %s\n#   want %s\n' "$2" "$3"; }
field() { tail -n 1 out | jq -rc ".$1"; }
git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=main "$@"; }
# shellcheck disable=SC2317 # called by exits
gate() { schema-diff -n --scratch "$DATABASE_URL" --gate db "$@"; }

git init -q repo
cd repo || exit 1
mkdir db
cat >db/001_start.sql <<'X'
CREATE TABLE note (id integer PRIMARY KEY, body text, old text);
CREATE INDEX note_old ON note (old);
X
exits 'no commit at all' 2 gate
grep -q 'no common ancestor' err; verdict $? 'and why'
git add db && git commit -qm one
git checkout -qb branch
exits 'a branch that changes nothing' 0 gate
is 'is unchanged' "$(field status)" unchanged

echo 'ALTER TABLE note ADD seen boolean; CREATE TABLE more (a integer); CREATE INDEX ON more (a);' >db/002_add.sql
exits 'what only adds passes, committed or not' 0 gate
is 'it names what is added' "$(field 'result.changes | map(.object) | join(" ")')" 'public.more public.note.seen'
git add db && git commit -qm two
echo 'CREATE INDEX note_body ON note (body);' >db/003_index.sql
exits 'an index without CONCURRENTLY' 1 gate
is 'is found in the file' "$(field 'result.findings | map(select(.class != "new-code") | "\(.id) \(.file):\(.line)") | join(" ")')" 'create-index db/003_index.sql:1'
echo 'CREATE INDEX CONCURRENTLY note_body ON note (body);' >db/003_index.sql
exits 'an index with it' 0 gate
echo 'ALTER TABLE note DROP old;' >db/004_drop.sql
exits 'a dropped column' 1 gate --format github
same 'is told with its file' out <<'X'
::error file=db/004_drop.sql,line=1,title=drop-column::drop column public.note.old: text: all values of the column are lost
::warning file=db/004_drop.sql,line=1,title=gone-column::drop column public.note.old: text: old code that names it fails; so do its SELECT * with fixed columns
X
echo 'DELETE FROM note;' >db/004_drop.sql
exits 'what the catalogs do not show' 1 gate
is 'the statement does' "$(field 'result.findings[0].id') $(field result.counts.destructive)" 'delete-rows 1'
printf -- '-- handrail: allow delete-rows they are notes of a test\nDELETE FROM note;\n' >db/004_drop.sql
exits 'allowed with a reason' 0 gate
rm db/004_drop.sql
git checkout -q main
exits '--base names the branch' 0 gate --base branch
exits 'a branch that is not there' 2 gate --base nowhere

at() { printf %s "$DATABASE_URL" | sed "s,/[^/?]*\(?\|$\),/$1\1,"; }
psql -Xqc 'CREATE DATABASE live' "$DATABASE_URL"
psql -Xqf db/001_start.sql "$(at live)"
rm -f db/00[23]*
# shellcheck disable=SC2317 # called by exits
drift() { schema-diff -n --scratch "$DATABASE_URL" --drift db --pg "$(at live)" "$@"; }
exits 'no drift' 0 drift
psql -Xqc 'CREATE INDEX by_hand ON note (body)' "$(at live)"
exits 'an index made by hand' 1 drift
is 'is named' "$(field 'result.changes[0] | "\(.action) \(.object)"')" 'create public.note.by_hand'
exits 'without --pg DATABASE_URL names the database' 1 env DATABASE_URL="$(at live)" schema-diff -n --drift db
snapshot -nq --pg "$(at live)" -o live.tar.zst >../out
exits 'a snapshot' 0 schema-diff -n --fail-on any snapshot:live.tar.zst "$(at live)"
exits 'a snapshot on a server for scratch work' 0 schema-diff -n --scratch "$DATABASE_URL" --fail-on any snapshot:live.tar.zst "$(at live)"
is 'of which nothing is left' "$(psql -XAtc "SELECT count(*) FROM pg_database WHERE datname ~ 'handrail_schema'" "$DATABASE_URL")" 0
exits 'a snapshot that is not there' 2 schema-diff -n snapshot:nowhere.tar.zst "$(at live)"
exits 'two things at once' 2 gate --drift db
exits 'a source without what is to be read' 2 schema-diff -n migrations: "$(at live)"

psql -Xqc 'CREATE ROLE weak LOGIN' -c "INSERT INTO note SELECT i, repeat('x', 200), '' FROM generate_series(1, 20000) i" -c 'ANALYZE note' "$(at live)"
exits 'a role without any privileges reads the schema' 0 schema-diff -n --fail-on any "$(at live | sed 's,handrail@,weak@,')" "$(at live)"
echo 'CREATE TABLE note (id bigint PRIMARY KEY, body text, old text);' >big.sql
exits 'how large tables are, from elsewhere' 0 schema-diff -n --scratch "$DATABASE_URL" --format text --stats-from "$(at live)" db/001_start.sql big.sql
grep -q 'rewrites [0-9.]* MB (20000 rows) under ACCESS EXCLUSIVE' out; verdict $? 'is told' || evidence out out

# each kind of source against each other one that is far from it
psql -Xqc 'CREATE DATABASE same' "$DATABASE_URL"
psql -Xqf db/001_start.sql "$(at same)"
LIVE=$(at same)
export LIVE
schema-diff -n --dump env:LIVE >model.json
snapshot -nq --pg "$LIVE" -o same.tar.zst >../out
cp db/001_start.sql file.sql
for pair in 'env:LIVE model.json' 'model.json git:main:db' 'git:main:db snapshot:same.tar.zst' 'snapshot:same.tar.zst file.sql' 'file.sql migrations:db' \
	'migrations:db model.json' 'env:LIVE file.sql' 'model.json snapshot:same.tar.zst' 'git:main:db env:LIVE'; do
	# shellcheck disable=SC2086 # two operands
	exits "$pair" 0 schema-diff -n --scratch "$DATABASE_URL" --fail-on any --ignore-order $pair
done

echo 'SELECT pg_sleep(60);' >slow.sql
schema-diff -n --scratch "$DATABASE_URL" empty slow.sql >out 2>err &
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(psql -XAtc "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'" "$DATABASE_URL")" = 0 ] || break
	sleep 0.3
done
kill -INT $!
wait $!
is 'stopped in the middle' "$? $(field status)" '130 cancelled'
is 'nothing is left on the server for scratch work' "$(psql -XAtc "SELECT count(*) FROM pg_database WHERE datname ~ 'handrail_schema'" "$DATABASE_URL")" 0
finish
