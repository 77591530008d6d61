#!/bin/sh
# migrate-apply: its main case, what it refuses, what it reads, and the real projects' migrations
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }

db main
mkdir m
echo 'CREATE TABLE notes (id int PRIMARY KEY, t text);' >m/1_notes.sql
printf 'INSERT INTO notes VALUES (1, %s);\n' "'one'" >m/9_one.sql
printf "INSERT INTO notes VALUES (2, 'two')" >m/10_two.sql
exits 'pending migrations are applied' 0 apply --release 4001 m
field 'the record lists them in the order of their numbers' '[.result.applied[].version] | join(" ")' '1 9 10'
field 'and where the database stands before and after' '[.status, .result.before, .result.after, .result.pending_count] | @json' \
	'["ok",null,"10",0]'
gives 'each has its row in the history' \
	"SELECT string_agg(concat_ws(' ', version, name, file, release, xid_from = xid_to), ', ' ORDER BY seq) FROM handrail.history" \
	'1 notes 1_notes.sql 4001 t, 9 one 9_one.sql 4001 t, 10 two 10_two.sql 4001 t'
gives 'the digest is that of the file' "SELECT sha256 FROM handrail.history WHERE version = '9'" \
	"$(sha256sum m/9_one.sql | cut -d' ' -f1)"
exits 'nothing pending: exit 0' 0 apply m
field 'and unchanged' '.status + " " + .result.before' 'unchanged 10'

cat >m/11_bad.sql <<'SQL'
-- ünicode before the place
CREATE TABLE extra (id int);
INSERT INTO notes
	VALUES (3, 'three'), (1, 'again');
CREATE TABLE more (id int);
SQL
exits 'a failing migration: exit 1' 1 apply m
says 'file, line, column, message and SQLSTATE' \
	'm/11_bad.sql:3:1: duplicate key value violates unique constraint "notes_pkey" (SQLSTATE 23505)'
says 'the detail' 'DETAIL: Key (id)=(1) already exists.'
says 'and what it leaves' 'rolled back: nothing of this file is in the database'
field 'the record says the same' '.result.failed | [.line, .column, .sqlstate, .rolled_back, .statement[0:17]] | @json' \
	'[3,1,"23505",true,"INSERT INTO notes"]'
gives 'nothing of it is there' "SELECT to_regclass('extra'), (SELECT count(*) FROM notes), (SELECT count(*) FROM handrail.history)" '|2|3'
printf "SELECT 1;\n\tSELECT 'ü', nowhere\n" >m/11_bad.sql
exits 'an error with a place' 1 apply m
grep -A2 ':2:14:' err | tail -1 | sed 's/^migrate-apply: //' >got
printf '  \t            ^\n' >caret
same 'the caret stands under it' got <caret
rm m/11_bad.sql

echo "INSERT INTO notes VALUES (1, 'uno');" >m/9_one.sql
exits 'a changed file: exit 1' 1 apply m
field 'with its word' .error.code changed-file
printf 'INSERT INTO notes VALUES (1, %s);  \r\n' "'one'" >m/9_one.sql
exits 'another line end is not a change' 0 apply m
says 'but said' 'differs from what was applied only in line ends or trailing blanks'
printf 'INSERT INTO notes VALUES (1, %s);\n' "'one'" >m/9_one.sql
mv m/9_one.sql nine
exits 'a missing file: exit 1' 1 apply m
field 'with its word' .error.code missing-file
mv nine m/9_one.sql
mv m/10_two.sql ten
exits 'a database newer than the files: exit 1' 1 apply m
field 'with its word' .error.code future-version
exits '--allow-future' 0 apply --allow-future m
echo 'CREATE TABLE late (id int);' >m/5_late.sql
exits 'but what is pending comes before what is there: exit 1' 1 apply --allow-future m
mv ten m/10_two.sql
exits 'out of order: exit 1' 1 apply m
field 'with its word' .error.code out-of-order
exits '--dry-run lists what would run' 0 apply --dry-run --allow-out-of-order m
field 'as planned' '.status + " " + .result.pending[0].file' 'planned 5_late.sql'
gives 'and does nothing' "SELECT to_regclass('late')" ''
exits '--allow-out-of-order' 0 apply --allow-out-of-order m
field 'it stands where it stood' '.result | [.before, .after] | @csv' '"10","10"'
exits 'preflight looks for the same' 0 preflight -n --check history --revision 10
exits 'not for what came last: exit 1' 1 preflight -n --check history --revision 5
echo 'SELECT 1' >m/011_x.sql
echo 'SELECT 1' >m/11_y.sql
exits 'two files of one version: exit 2' 2 apply m
says 'both are named' '011_x.sql and 11_y.sql'
rm m/11_y.sql
echo 'SELECT 1' >m/12_y.sql
exits '--to stops after that version' 0 apply --to 11 m
field 'there' .result.after 011
exits '--to a version that is not there: exit 2' 2 apply --to 99 m

exits 'no such directory: exit 2' 2 apply nowhere
exits 'no directory: exit 2' 2 apply
exits 'no server: exit 2' 2 apply --pg 'host=/nowhere user=u' m
field 'nothing is known to have changed' .error.code no-connection
mkdir empty
exits 'an empty directory: exit 2' 2 apply empty
printf '{"handrail":1,"id":"01M7XR5RTPT4TC2HAAG3KN51G6","step":"snapshot","status":"failed","time":"2026-11-21T00:30:21.526Z"}\n' >upstream
exits 'a failure upstream: exit 3' 3 migrate-apply m <upstream
gives 'and nothing is done' "SELECT count(*) FROM handrail.history WHERE version = '12'" 0

# what stands in files
db contents
mkdir c
printf '\357\273\277CREATE TABLE bom (id int);\r\n-- CRLF\r\nINSERT INTO bom VALUES (1);\r\n' >c/01_bom.sql
cat >c/02_copy.sql <<'SQL'
CREATE TABLE data (t text);
COPY data FROM stdin;
it's; $$
\\
\.
INSERT INTO data VALUES ('last');
SQL
cat >c/03_quotes.sql <<'SQL'
/* one /* nested; */ COMMIT; */
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN /* ' */ RETURN 1; END; $body$;
INSERT INTO data VALUES (E'\';'), ('\'), ($a$;$b$;$a$); -- '
SQL
since 14 && cat >>c/03_quotes.sql <<'SQL'
CREATE FUNCTION g(a int) RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; SELECT 4; END;
SQL
printf '' >c/04_empty.sql
echo '-- nothing but a comment' >c/05_comment.sql
cat >c/06_dump.sql <<'SQL'
\restrict abc
SET standard_conforming_strings = off;
SELECT pg_catalog.set_config('search_path', '', false);
SET ROLE pg_monitor;
RESET ROLE;
INSERT INTO public.data VALUES ('\';');
SET ROLE pg_monitor;
\unrestrict abc
SQL
echo 'CREATE TEMP TABLE t (id int); PREPARE p AS SELECT 1; SET statement_timeout = 1; INSERT INTO data VALUES (current_user)' >c/07_next.sql
echo 'CREATE TEMP TABLE t (id int); PREPARE p AS SELECT 1' >c/08_temp.sql
exits 'quotes, bodies, COPY data, BOM, CRLF, empty files, dumps' 0 apply c
gives 'every value arrived' "SELECT string_agg(t, '|' ORDER BY t COLLATE \"C\") FROM data WHERE t <> current_user" "';|';|;\$b\$;|\\|\\|it's; \$\$|last"
gives 'no role leaks into the next file' "SELECT count(*) FROM data WHERE t = 'pg_monitor'" 0
printf 'SELECT 1;\n-- caf\351\n' >c/09_latin.sql
exits 'latin-1 is refused: exit 2' 2 apply c
says 'with its line' 'c/09_latin.sql:2: byte 0xe9 is not UTF-8'
printf 'SELECT 1;\n\\connect other\n' >c/09_latin.sql
exits '\connect is refused: exit 2' 2 apply c
says 'with its place' 'c/09_latin.sql:2:1:'

# transactions of their own
db own
mkdir o
printf 'BEGIN;\nCREATE TABLE a (id int);\nSAVEPOINT s;\nROLLBACK TO s;\nCOMMIT;\n' >o/1_a.sql
exits 'one BEGIN … COMMIT around everything' 0 apply o
gives 'is one transaction with the row' "SELECT xid_to = a.xmin::text::bigint FROM handrail.history h, pg_class a WHERE a.relname = 'a'" t
printf 'BEGIN;\nCREATE TABLE b (id int);\nSELECT 1/0;\nCOMMIT;\n' >o/2_b.sql
exits 'and fails as one' 1 apply o
gives 'nothing is left of it' "SELECT to_regclass('b')" ''
printf 'BEGIN;\nCREATE TABLE b (id int);\nCOMMIT;\nBEGIN; CREATE TABLE c (id int);\nSELECT 1/0;\nCOMMIT;\n' >o/2_b.sql
exits 'several transactions: what is committed is recorded: exit 4' 4 apply o
gives 'how far it came' "SELECT done, total FROM handrail.history WHERE version = '2'" '1|2'
exits 'the same again fails at the same place' 4 apply o
sed -i 's/^SELECT.*$/SELECT 0\/1;/' o/2_b.sql
exits 'its text changed in the middle of it: exit 1' 1 apply o
exits 'its new text accepted, it goes on' 0 apply --accept-changed 2 o
gives 'to its end' "SELECT done, total FROM handrail.history WHERE version = '2'" '2|2'
for end in 'ROLLBACK' 'COMMIT' "PREPARE TRANSACTION 'x'"; do
	mkdir "r$end"
	printf 'SELECT 1;\n%s;\n' "$end" >"r$end/1_a.sql"
	exits "$end by itself is refused: exit 2" 2 apply --history "h.h" "r$end"
	says 'with its line' '1_a.sql:2:1:'
done

# outside of transactions
db alone
mkdir a
cat >a/1_i.sql <<'SQL'
CREATE TABLE t (id int);
CREATE INDEX CONCURRENTLY i ON t (id);
INSERT INTO t VALUES (1), (1);
create unique index concurrently if not exists "U" on t (id);
VACUUM t;
SQL
exits 'a failed CONCURRENTLY: exit 4' 4 apply a
says 'says how far it came' '3 of 5 statements of this file are done and stay; nothing is left of the one that failed'
gives 'and leaves no invalid index' 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 0
sql 'CREATE UNIQUE INDEX CONCURRENTLY "U" ON t (id)' 2>/dev/null
gives '(an invalid index by another hand)' 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 1
sql 'DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)'
exits 'the next run goes on' 0 apply a
gives 'with a good index, and each statement once' 'SELECT (SELECT count(*) FROM t), bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = '"'t'::regclass" '1|t|2'
gives 'and the whole is recorded' 'SELECT done, total, xid_to > xid_from FROM handrail.history' '5|5|t'
cat >a/1_j.sql <<'SQL'
CREATE TABLE j (a int, "B" text);
INSERT INTO j VALUES (1, 'x'), (1, 'x');
CREATE UNIQUE INDEX CONCURRENTLY ON j (a, lower("B")) WHERE a > 0;
SQL
mv a/1_j.sql a/11_j.sql
exits 'an index without a name that fails: exit 4' 4 apply --allow-out-of-order a
gives 'goes, too' 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' 0
sql 'CREATE UNIQUE INDEX CONCURRENTLY ON j (a, lower("B")) WHERE a > 0' 2>/dev/null
sql 'CREATE UNIQUE INDEX CONCURRENTLY ON j (a)' 2>/dev/null
sql 'DELETE FROM j WHERE ctid = (SELECT min(ctid) FROM j)'
exits 'and is built anew where a killed run left it' 0 apply a
gives 'another one that is not ours stays' "SELECT string_agg(concat_ws(' ', indexrelid::regclass, indisvalid), ', ' ORDER BY indexrelid::regclass::text) FROM pg_index WHERE indrelid = 'j'::regclass" 'j_a_idx f, j_a_lower_idx t'
sql 'DROP INDEX j_a_idx'
rm a/11_j.sql
sql "DELETE FROM handrail.history WHERE version = '11'"
printf "CREATE TYPE e AS ENUM ('a');\n" >a/2_e.sql
printf "ALTER TYPE e ADD VALUE 'b';\nCREATE TABLE u (x e DEFAULT 'b');\n" >a/3_e.sql
exits 'a new value of an enum that is used at once' 0 apply a
printf -- '-- handrail: no-transaction\nCREATE TABLE v (id int);\nCREATE TABLE v (id int);\n' >a/4_n.sql
exits 'no-transaction on request' 4 apply a
gives 'keeps what is done' "SELECT to_regclass('v')" v

# the real ones
db rytask
real=$shared/real
if [ -d "$real" ]; then
	exits 'RyTask: 6 files' 0 apply "$real/rytask/migrations"
	field 'by their journal' '[.result.style, (.result.applied | length), .result.after] | @json' '["drizzle",6,"0005"]'
	db boards
	exits 'Boards: 7 files' 0 apply "$real/boards/migrations"
	field 'up and down' '[.result.style, (.result.applied | length), .result.after] | @json' '["golang-migrate",7,"0007"]'
	gives 'with what they write themselves' 'SELECT version_num FROM alembic_version' a1b2c3d4e5f6
	exits 'and again: nothing' 0 apply "$real/boards/migrations"
	field 'unchanged' .status unchanged
fi
finish
