#!/bin/sh
# migrate-apply: a baseline, an accepted text, an imported history, and the way down
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }

db base
mkdir b
for i in 1 2 3 4; do echo "CREATE TABLE t$i (n int);" >b/${i}_t.sql; done
sql 'CREATE TABLE t1 (n int); CREATE TABLE t2 (n int);' >/dev/null
exits '--baseline: what is there already is not run' 0 apply --baseline 2 b
field 'but marked; the rest is applied' '[[.result.marked[].version], [.result.applied[].version]] | @json' '[["1","2"],["3","4"]]'
gives 'and told apart in the history' "SELECT string_agg(version || ' ' || kind, ',' ORDER BY seq) FROM handrail.history" '1 marked,2 marked,3 sql,4 sql'
exits 'a marked file is verified, too' 0 apply b
echo 'CREATE TABLE t1 (n bigint);' >b/1_t.sql
exits 'changed: exit 1' 1 apply b
says 'with the choice' '--accept-changed 1'
exits '--accept-changed' 0 apply --accept-changed 1 b
field 'is recorded' '.result.accepted[0].version' 1
exits 'and holds' 0 apply b
field 'unchanged' .status unchanged
echo 'SELECT 1' >b/3_t.sql
exits 'of another version it does not hold' 1 apply --accept-changed 1 b
exits '--baseline of no version: exit 2' 2 apply --accept-changed 3 --baseline 9 b
says 'says so' '--baseline 9: there is no migration of this version'
exits 'before anything is accepted' 1 apply b
exits 'with a right one' 0 apply --accept-changed 3 b
exits 'also when nothing is to be done: exit 2' 2 apply --baseline 9 b
exits '--accept-changed of no version: exit 2' 2 apply --accept-changed 33 b
says 'says so' '--accept-changed 33: there is no migration of this version'

rm b/1_t.sql b/2_t.sql
exits 'files that are gone: exit 1' 1 apply b
says 'with the choice' '--baseline VERSION'
exits '--baseline of what stands for them' 0 apply --baseline 3 --accept-changed 3 b
exits 'from then on they are not missed' 0 apply b
field 'unchanged' .status unchanged
exits 'status' 0 migrate-status -n --check b
field 'tells that they are covered' '[.result.migrations[] | .version + " " + .state] | join(", ")' '3 applied, 4 applied, 1 covered, 2 covered'

db import
mkdir i
for n in 1 2 3; do printf -- '-- migrate:up\nCREATE TABLE t%d (n int);\n-- migrate:down\nDROP TABLE t%d;\n' $n $n >i/0${n}_t.sql; done
apply --history dbmate --to 2 i >/dev/null 2>&1
exits '--import-history: from another form into ours' 0 apply --import-history i
field 'two came over, one was applied' '[.result.imported, (.result.applied | length), .result.history] | @json' '[2,1,"handrail.history"]'
gives 'and both are told apart' "SELECT string_agg(version || ' ' || kind, ',' ORDER BY seq) FROM handrail.history" '01 imported,02 imported,03 sql'
gives 'the other one stays as it was' 'SELECT count(*) FROM schema_migrations' 2
exits 'from now on ours counts' 0 apply i
field 'ours' .result.history_kind handrail

exits '--down-to: refused, for it may destroy data: exit 1' 1 apply --down-to 01 i
field 'data-loss' .error.code data-loss
exits '--down-to --dry-run' 0 apply --down-to 01 --dry-run i
says 'tells what it would do' 'would take back i/03_t.sql'
exits '--down-to with consent' 0 apply --down-to 01 --accept-data-loss i
field 'newest first' '[[.result.reverted[].version], .result.before, .result.after] | @json' '[["03","02"],"03","01"]'
gives 'they are gone, from the history too' "SELECT to_regclass('t1'), to_regclass('t2'), to_regclass('t3'), count(*) FROM handrail.history" 't1|||1'
exits 'and up again' 0 apply i
exits '--down-to 0: all' 0 apply --down-to 0 --accept-data-loss i
field 'nothing is left' '[(.result.reverted | length), .result.after] | @json' '[3,null]'
gives 'of them' 'SELECT count(*) FROM handrail.history' 0
exits '--down-to a version that is not there: exit 2' 2 apply --down-to 9 --accept-data-loss i
echo 'CREATE TABLE t4 (n int);' >i/plain
printf -- '-- migrate:up\nCREATE TABLE t4 (n int);\n' >i/04_t.sql
apply i >/dev/null 2>&1
exits 'one without a way down stops before anything is done: exit 1' 1 apply --down-to 01 --accept-data-loss i
gives 'nothing was' 'SELECT count(*) FROM handrail.history' 4
printf -- '-- migrate:up\nCREATE TABLE t4 (n int);\n-- migrate:down\nDROP TABLE t4;\nDROP TABLE nowhere;\n' >i/04_t.sql
exits 'a way down that fails: exit 1' 1 apply --down-to 02 --accept-changed 04 --accept-data-loss i
says 'with its place' 'i/04_t.sql:5:1: table "nowhere" does not exist'
gives 'rolled back' "SELECT to_regclass('t4'), count(*) FROM handrail.history" 't4|4'

db renamed
mkdir r
for n in 1 2 3; do echo "CREATE TABLE t$n (n int);" >r/${n}_t.up.sql; echo "DROP TABLE t$n;" >r/${n}_t.down.sql; done
apply r >/dev/null 2>&1
for n in 1 2 3; do mv r/${n}_t.up.sql r/00${n}_t.up.sql; mv r/${n}_t.down.sql r/00${n}_t.down.sql; done
exits 'files that got zeros before their number' 0 apply r
field 'are the same' .status unchanged
exits 'they are taken back' 0 apply --down-to 1 --accept-data-loss r
gives 'with their rows' "SELECT string_agg(version, ' ') FROM handrail.history" 1
echo 'SELECT 1;' >>r/001_t.up.sql
exits 'a new text' 0 apply --to 1 --accept-changed 1 r
exits 'is accepted' 0 apply --to 1 r
exits '--down-to with --to: exit 2' 2 apply --down-to 1 --to 2 --accept-data-loss r
exits '--exec with --to: exit 2' 2 apply --exec true --to 2

db single
mkdir s
for n in 1 2 3; do echo "CREATE TABLE t$n (n int); SELECT txid_current();" >s/${n}_t.sql; done
exits '--single-transaction' 0 apply --single-transaction s
gives 'is one' 'SELECT count(*), count(DISTINCT xid_to) FROM handrail.history' '3|1'
mkdir sl
echo 'CREATE TEMP TABLE left_over (n int); PREPARE p AS SELECT 1; SET ROLE pg_monitor; SET work_mem = 65536' >sl/1_a.sql
echo 'CREATE TEMP TABLE left_over (n int); PREPARE p AS SELECT 1; CREATE TABLE seen AS SELECT current_user, current_setting($$work_mem$$) AS mem' >sl/2_b.sql
exits 'one file after the other in one transaction' 0 apply --history h.sl --single-transaction sl
gives 'nothing is left of the one before' 'SELECT current_user = session_user, mem <> $$64MB$$ FROM seen' 't|t'
echo 'CREATE TABLE t4 (n int);' >s/4_t.sql
echo 'SELECT nothing;' >s/5_t.sql
exits 'one fails: exit 1' 1 apply --single-transaction s
says 'with its place' 's/5_t.sql:1:8:'
says 'and all is rolled back' 'nothing of this run is in the database'
field 'so nothing was applied' '[(.result.applied | length), .result.after] | @json' '[0,"3"]'
gives 'indeed' "SELECT to_regclass('t4'), count(*) FROM handrail.history" '|3'
echo 'VACUUM;' >s/5_t.sql
exits 'one that cannot be part of it: exit 1' 1 apply --single-transaction s
field 'not-in-one' .error.code not-in-one
gives 'nothing is applied' "SELECT to_regclass('t4'), count(*) FROM handrail.history" '|3'
mkdir big
# advisory locks take the same slots as tables do
for n in 1 2 3 4; do echo "SELECT count(pg_advisory_xact_lock(i)) FROM generate_series(${n}0000, ${n}9999) i;" >big/${n}_t.sql; done
db locks
exits 'more locks than the server has room for: exit 1' 1 apply -q --single-transaction big
field 'out-of-memory' .error.code out-of-memory
says 'with a clear word' 'leave --single-transaction away, or raise max_locks_per_transaction'

real=$shared/real
if [ -d "$real" ]; then
	db boards
	exits 'Boards: up' 0 apply "$real/boards/migrations"
	exits 'down to the first' 0 apply --down-to 1 --accept-data-loss "$real/boards/migrations"
	field 'six taken back' '[(.result.reverted | length), .result.after] | @json' '[6,"0001"]'
	gives 'as they say themselves' 'SELECT version_num FROM alembic_version' 20250101_000000_initial_schema
	exits 'up again' 0 apply "$real/boards/migrations"
	exits 'down to nothing' 0 apply --down-to 0 --accept-data-loss "$real/boards/migrations"
	gives 'nothing is left' "SELECT to_regclass('alembic_version'), to_regnamespace('boards')" '|'
fi
finish
