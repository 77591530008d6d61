#!/bin/sh
# migrate-apply --rehearse: on a copy first, what it did there, and the proof that the way down loses nothing
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }

db live
mkdir m
echo 'CREATE TABLE notes (id int PRIMARY KEY, t text); INSERT INTO notes SELECT i, i::text FROM generate_series(1, 50) i;' >m/1_notes.up.sql
echo 'DROP TABLE notes;' >m/1_notes.down.sql
apply m >/dev/null 2>&1
snapshot -nq --pg "$DATABASE_URL" -o s.tar.zst >out 2>err || evidence err err
archive=$(tail -n 1 out | jq -r .result.archive)

echo 'ALTER TABLE notes ALTER id TYPE bigint; UPDATE notes SET t = t || $$!$$ WHERE id + 0 <= 20;' >m/2_big.up.sql
echo 'ALTER TABLE notes ALTER id TYPE int; UPDATE notes SET t = rtrim(t, $$!$$) WHERE id <= 20;' >m/2_big.down.sql
echo 'ALTER TABLE notes ADD pinned boolean; DELETE FROM notes WHERE id = 50;' >m/3_pin.up.sql
echo 'ALTER TABLE notes DROP pinned; INSERT INTO notes VALUES (50, $$50$$);' >m/3_pin.down.sql

exits 'rehearse alone' 0 apply --dry-run --rehearse "$archive" m
gives 'nothing is done to the real one' 'SELECT count(*) FROM handrail.history' 1
field 'what ran there' '[.result.rehearsal.applied[].version] | join(" ")' '2 3'
field 'a rewrite' '.result.rehearsal.applied[0].observed | [.rewrites, .rows.updated, (.locks[] | select(.relation == "public.notes") | .mode)] | @json' \
	'[["public.notes"],20,"AccessExclusiveLock"]'
field 'statement by statement' '.result.rehearsal.applied[0].observed.statements | map(del(.seconds)) | @json' \
	'[{"line":1,"locks":[{"relation":"public.notes","mode":"AccessExclusiveLock"}],"rewrites":["public.notes"],"scans":["public.notes"]},{"line":1,"scans":["public.notes"],"rows":[{"relation":"public.notes","inserted":0,"updated":20,"deleted":0}]}]'
field 'no rewrite' '.result.rehearsal.applied[1].observed | [.rewrites, .rows] | @json' '[[],{"inserted":0,"updated":0,"deleted":1}]'
field 'how long each took' '[.result.rehearsal.applied[].seconds > 0] | all' true
field 'and the size' '.result.rehearsal | .size_before > 0 and .size_after > 0' true

field 'each lock with how long it is held' '[.result.rehearsal.applied[].observed.locks[].seconds >= 0] | all' true
field 'what others will wait' '.result.rehearsal.estimate | [.seconds > 0, .blocks_reads > 0, .blocks_writes >= .blocks_reads, .rewrites, .rows] | @json' \
	'[true,true,true,1,21]'
says 'and standard error tells it by file' 'rehearsed 2_big.up.sql: '
grep -q 'AccessExclusiveLock on public.notes for [0-9.]* s, rewrites public.notes, changes 20 rows' err
verdict $? 'with lock, rewrite and rows' || evidence err err
field 'the schema before and after, as schema-diff tells it' \
	'.result.rehearsal.schema | [.rollback, .counts.changes, (.changes[] | .action + " " + .object)] | @json' \
	'["restore",2,"alter public.notes.id","create public.notes.pinned"]'
schema-diff -nq --dump --format fingerprint env:DATABASE_URL >got
tail -n 1 out | jq -r .result.rehearsal.schema.from_fingerprint >now
same 'and its fingerprint is the one of the real database' got <now

echo 'SELECT 1/0;' >m/4_bad.up.sql
exits 'one that fails there: exit 1' 1 apply --rehearse "$archive" m
field 'rehearsal-failed' '[.error.code, .result.rehearsal.failed.line] | @json' '["rehearsal-failed",1]'
gives 'nothing is done to the real one' 'SELECT count(*) FROM handrail.history' 1
rm m/4_bad.up.sql

exits 'rehearsed, proved, applied' 0 apply --rehearse "$archive" --prove-lossless m
field 'both' '[.result.rehearsal.lossless, (.result.applied | length), .result.after] | @json' '[true,2,"3"]'
rm -f t.tar.zst
snapshot -nq --pg "$DATABASE_URL" -o t.tar.zst >out 2>err || evidence err err
archive=$(tail -n 1 out | jq -r .result.archive)
exits '--down-to is free when it is proved' 0 apply --rehearse "$archive" --down-to 1 m
field 'and goes down' '[.result.rehearsal.lossless, .result.after] | @json' '[true,"1"]'
field 'before and after it the schema has its fingerprint' '.result | [.before_fingerprint, .after_fingerprint] | map(length) | @json' '[64,64]'
gives 'with every row' 'SELECT count(*), sum(id) FROM notes' '50|1275'
apply m >/dev/null 2>&1
echo 'ALTER TABLE notes DROP pinned;' >m/3_pin.down.sql
sql 'UPDATE notes SET pinned = true WHERE id = 1'
rm -f u.tar.zst
snapshot -nq --pg "$DATABASE_URL" -o u.tar.zst >out 2>err || evidence err err
archive=$(tail -n 1 out | jq -r .result.archive)
exits '--down-to is refused when it loses something: exit 1' 1 apply --rehearse "$archive" --down-to 2 m
field 'data-loss' '[.error.code, .result.rehearsal.lossless] | @json' '["data-loss",false]'
mkdir o
echo 'CREATE TABLE other (a int); INSERT INTO other VALUES (1);' >o/1_a.sql
printf 'CREATE INDEX CONCURRENTLY i ON other (a);\nDELETE FROM other;\nBEGIN;\nTRUNCATE other;\nCOMMIT;\nVACUUM FULL other;\n' >o/2_b.sql
db beside
exits '--observe without a rehearsal, and outside a transaction' 0 apply --observe o
field 'each statement with its line' '.result.applied[1].observed.statements | map([.line, .locks[0].mode, .rewrites[0], .rows[0].deleted]) | @json' \
	'[[1,null,null,null],[2,"RowExclusiveLock",null,1],[3,null,null,null],[4,"AccessExclusiveLock","public.other",null],[6,null,"public.other",null]]'
exits 'no such archive: exit 1' 1 apply --rehearse nothing.tar.zst m
exits '--prove-lossless alone: exit 2' 2 apply --prove-lossless m
finish
