#!/bin/sh
# what stands in migrations: psql's commands, placeholders, encodings, and what must not leak from one file into the next
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
one() { # one NAME [FILE]: standard input is the file
	mkdir -p "$1"
	cat >"$1/${2-1_x.sql}"
	db "$1"
}
# fails NAME WORD PLACE: the directory NAME is refused with this word at this place, and nothing is done
fails() {
	exits "$1: exit 2" 2 apply "$1"
	field "$1: with its word" .error.code "$2"
	says "$1: with its place" "$3"
	gives "$1: nothing is done" "SELECT to_regclass('x')" ''
}

one variables <<'SQL'
\set ON_ERROR_STOP on
\set table x
\set value 'it''s'
\set sum 1 + 2
\echo making :table
CREATE TABLE :table (id int, "t:able" text, v text[] DEFAULT '{a,b}'::text[]);
\set two :table
INSERT INTO :"two" VALUES (:sum, :'value'), (0, ':table :"table"'); -- :table
\unset table
INSERT INTO x (id, v) SELECT 5, (ARRAY['p','q'])[1:2] WHERE ':table' = $$:table$$ AND :{?table} = FALSE AND :{?two};
SQL
exits 'psql variables' 0 apply variables
says 'what is echoed is told' 'making x'
gives 'they stand for their values, outside of quotes' "SELECT string_agg(concat_ws(' ', id, \"t:able\", v::text), '; ' ORDER BY id) FROM x" \
	"0 :table :\"table\" {a,b}; 3 it's {a,b}; 5 {p,q}"

one includes <<'SQL'
\set n 7
\ir parts/table.sql
INSERT INTO x VALUES (:n);
\i includes/parts/more.sql
SQL
mkdir includes/parts
printf 'CREATE TABLE x (id int);\n\\ir more.sql\n' >includes/parts/table.sql
printf '\357\273\277INSERT INTO x VALUES (:n + 1);\r\n' >includes/parts/more.sql
exits 'included files' 0 apply includes
gives 'stand where they are included' 'SELECT array_agg(id) FROM x' '{8,7,8}'
exits 'and are verified' 0 apply includes
field 'unchanged' .status unchanged
sed -i 's/$/ \r/' includes/parts/more.sql
exits 'other line ends are no change' 0 apply includes
cp includes/parts/more.sql kept
echo 'SELECT 2;' >>includes/parts/more.sql
exits 'another text is: exit 1' 1 apply includes
field 'as that of the file itself' .error.code changed-file
exits 'and can be accepted' 0 apply --accept-changed 1 includes
mv kept includes/parts/more.sql
exits 'as the old one again' 0 apply --accept-changed 1 includes
sed -i '1s/$/ /' includes/1_x.sql
exits 'trailing blanks in the file itself' 0 apply includes
says 'are told apart all the same' 'differs from what was applied only in line ends or trailing blanks'
mv includes/parts/table.sql kept
exits 'one that is gone: exit 1' 1 apply includes
says 'is named' 'includes/1_x.sql: what it includes cannot be read: includes/1_x.sql: includes/parts/table.sql: '
mv kept includes/parts/table.sql
printf 'SELECT 1;\n\nSELECT ünknown;\n' >includes/parts/wrong.sql
printf '\\ir parts/wrong.sql\n' >includes/2_y.sql
exits 'an error in one' 1 apply includes
says 'has its own place' 'includes/parts/wrong.sql:3:8: column "ünknown" does not exist'
field 'in the record, too' '.result.failed | [.file, .line, .column, .statement] | @json' '["includes/parts/wrong.sql",3,8,"SELECT ünknown"]'
printf '\\ir 2_y.sql\n' >includes/2_y.sql
exits 'one that includes itself: exit 2' 2 apply includes
says 'is found' 'files include each other without end'
printf '\\ir nowhere.sql\n' >includes/2_y.sql
exits 'one that is not there: exit 2' 2 apply includes
says 'is named' 'includes/nowhere.sql'

one conditions <<'SQL'
\set yes on
\if :yes
CREATE TABLE x (id int);
\if false
SELECT 1/0;
\elif :{?nothing}
SELECT 1/0;
\else
INSERT INTO x VALUES (1);
\endif
\else
\i nowhere
\gexec
SELECT 1/0;
\endif
INSERT INTO x VALUES (2);
SQL
exits '\if and its kin' 0 apply conditions
gives 'only what holds is run' 'SELECT array_agg(id) FROM x' '{1,2}'

printf 'CREATE TABLE x (id int);\n\\gexec\n' >in
one gexec <in
fails gexec psql-command 'gexec/1_x.sql:2:1: a command of psql'
says 'gexec: and what helps' '--psql'
printf 'CREATE TABLE x (id int);\n  \\connect other\n' >in
one connected <in
fails connected psql-command 'connected/1_x.sql:2:3:'
printf '\\set x `date`\n' >in
one shell <in
fails shell psql-command 'shell/1_x.sql:1:1: a command of the shell'
printf '\\set ON_ERROR_STOP off\nCREATE TABLE x (id int);\n' >in
one going_on <in
fails going_on psql-command 'going_on/1_x.sql:1:1: a mode of psql'
printf 'CREATE TABLE x (id int);\n\\if 1\n' >in
one open <in
fails open bad-input 'open/1_x.sql:2:1: an \if without its \endif'
printf '\\if maybe\n\\endif\n' >in
one maybe <in
fails maybe bad-input 'maybe/1_x.sql:1:1: the condition is neither true nor false'

# what has no end: its place in the file, also where the text is only a part of it, or put together
one parted <<'SQL'
-- migrate:up
CREATE TABLE x (id int);
  INSERT INTO x VALUES ('a);
-- migrate:down
DROP TABLE x;
SQL
fails parted bad-input "parted/1_x.sql:3:25: a quoted string that begins here has no end"
mkdir -p brought
printf 'CREATE TABLE x (id int);\n/* no end\n' >brought/x.inc
echo '\ir x.inc' | one brought
fails brought bad-input 'brought/x.inc:2:1: a comment that begins here has no end'

# what is wrong with the last file leaves none of those before it behind
echo 'CREATE TABLE x (id int);' | one last
printf "SELECT 'x\n" >last/2_y.sql
fails last bad-input 'last/2_y.sql:1:8: a quoted string that begins here has no end'
exits 'what would be done is not told either: exit 2' 2 apply --dry-run last

if command -v psql >/dev/null; then
	one handed <<'SQL'
CREATE TABLE x (id int);
SELECT format('INSERT INTO x VALUES (%s)', i) FROM generate_series(1, 3) i \gexec
SELECT count(*) AS n FROM x \gset
INSERT INTO x VALUES (:n * 10);
SET ROLE pg_monitor;
SQL
	exits '--psql: psql itself' 0 apply --psql handed
	gives 'runs it' 'SELECT array_agg(id) FROM x' '{1,2,3,30}'
	gives 'with its row, in one transaction' "SELECT h.version, h.sha256, xid_to = x.xmin::text::bigint FROM handrail.history h, x WHERE seconds > 0 AND id = 1" "1|$(sha256sum <handed/1_x.sql | cut -d' ' -f1)|t"
	exits 'once' 0 apply --psql handed
	field 'unchanged' .status unchanged
	printf 'CREATE TABLE y (id int);\nSELECT 1 AS a \\gset\nSELECT 1/0;\n' >handed/2_y.sql
	exits 'one that fails: exit 1' 1 apply --psql handed
	says 'with its place' 'psql:handed/2_y.sql:3: ERROR:  22012: division by zero'
	gives 'is rolled back' "SELECT to_regclass('y'), count(*) FROM handrail.history" '|1'
	printf 'BEGIN;CREATE TABLE y (id int);COMMIT;\nSELECT 1 AS a \\gset\nSELECT 1/0;\n' >handed/2_y.sql
	exits 'one with transactions of its own: exit 4' 4 apply --psql handed
	printf '\\c other\n' >handed/2_y.sql
	exits '\c is refused all the same: exit 2' 2 apply --psql handed
	printf 'ALTER DATABASE :"DBNAME" SET work_mem = 65536;\n' >handed/2_y.sql
	exits 'a variable that psql has by itself' 0 apply --psql handed
	gives 'counts' "SELECT setconfig FROM pg_db_role_setting" '{work_mem=65536}'
	# what only psql sees as it runs: the row is never written without the work, nor left out quietly
	printf "CREATE TABLE z (id int);\nSELECT 'ROLLBACK' \\\\gexec\n" >handed/3_z.sql
	exits 'one that ends its transaction: exit 4' 4 apply --psql handed
	says 'in words' 'did not end in the transaction that it began in'
	gives 'and no row says that it was applied' "SELECT to_regclass('z'), count(*) FROM handrail.history WHERE version = '3'" '|0'
	printf '\\set ON_ERROR_STOP 0\nCREATE TABLE z (id int);\nSELECT 1/0;\nSELECT 1 AS a \\gset\n' >handed/3_z.sql
	exits 'one that goes on after an error: exit 4' 4 apply --psql handed
	gives 'and is not told as applied' "SELECT to_regclass('z'), count(*) FROM handrail.history WHERE version = '3'" '|0'
	printf 'CREATE TABLE z (id int);\nSELECT 1 AS a \\gset\n\\q\nSELECT 1/0;\n' >handed/3_z.sql
	exits 'one with \q' 0 apply --psql handed
	gives 'has its row; tables of the user handrail are not beside the history' \
		"SELECT z.schemaname, count(*) FROM pg_tables z, handrail.history WHERE tablename = 'z' AND version = '3' GROUP BY 1" 'public|1'
fi

one filled <<'SQL'
CREATE TABLE x (id int, "${column}" text DEFAULT '${default}');
-- ${column}
INSERT INTO x VALUES (${n});
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$ SELECT '${column}$$'::text $body$;
SQL
exits 'placeholders only on request' 1 apply filled
export SECRET_N=42
exits '--placeholder' 0 apply --placeholder column=c --placeholder default= --placeholder n=env:SECRET_N filled
gives 'puts values in' 'SELECT id, c, f() FROM x' "42||c\$\$"
# shellcheck disable=SC2016 # the placeholder is one
printf 'SELECT 1;\nSELECT ${n}, ${other};\n' >filled/2_y.sql
exits 'one without a value: exit 2' 2 apply --placeholder n=1 filled
says 'with its place' 'filled/2_y.sql:2:14: the placeholder ${other} has no value'
export PASSWORD_X=hunter22
# shellcheck disable=SC2016 # the placeholder is one
printf "CREATE ROLE r PASSWORD '\${p}' WRONG;\n" >filled/2_y.sql
exits 'an error behind a secret' 1 apply --placeholder p=env:PASSWORD_X filled
says 'is where it is in the file' 'filled/2_y.sql:1:31: '
! grep -q hunter22 out err
verdict $? 'and the secret is nowhere' || evidence out out
# shellcheck disable=SC2016 # the placeholder is one
printf "SELECT '\${p}'::int;\n" >filled/2_y.sql
exits 'an error of the server that tells it' 1 apply --placeholder p=env:PASSWORD_X filled
says 'tells no more than that' 'invalid input syntax for type integer: "********"'
! grep -q hunter22 out err
verdict $? 'and neither does the record' || evidence out out
exits 'no value at all: exit 2' 2 apply --placeholder n filled
exits 'a variable that is not set: exit 2' 2 apply --placeholder n=env:NOWHERE filled

# encodings and line ends
printf '\377\376S\000E\000' >in
one utf16 <in
fails utf16 bad-encoding 'utf16/1_x.sql:1: the file is UTF-16'
printf 'SELECT 1;\nSELECT 2;\n-- \351\n' >in
one latin <in
fails latin bad-encoding 'latin/1_x.sql:3: byte 0xe9'
printf 'SELECT 1;\nSELECT \000 2;' >in
one nul <in
fails nul bad-encoding 'nul/1_x.sql:2: byte 0x00'
printf 'CREATE TABLE x (id int, t text);\r\nCOPY x FROM stdin;\r\n1\ta\r\n2\tb\r\n\\.\r\nINSERT INTO x VALUES (3, $$c$$);\r\n' >in
one crlf <in
exits 'COPY with CRLF' 0 apply crlf
gives 'each row is there' "SELECT string_agg(id || t, ',' ORDER BY id) FROM x" '1a,2b,3c'
printf 'CREATE TABLE x (id int, t text);\nCOPY x FROM stdin WITH (FORMAT csv, HEADER);\nid,t\n1,"a;\n\\b"\n\\.\nCOPY x (t) FROM STDIN;\nlast' >in
one csv <in
exits 'COPY of CSV, and data that end with the file' 0 apply csv
gives 'each row is there' "SELECT string_agg(concat_ws('=', id, t), ',' ORDER BY id) FROM x" '1=a;
\b,last'
printf 'CREATE TABLE x (id int);\nCOPY x FROM stdin;\n1\nnone\n\\.\n' >in
one badcopy <in
exits 'a row of COPY that is wrong: exit 1' 1 apply badcopy
says 'with the line of the data' 'badcopy/1_x.sql:4:1: invalid input syntax'
says 'and the context' 'COPY x, line 2, column id: "none"'
gives 'is rolled back' "SELECT to_regclass('x')" ''
printf "CREATE TABLE x (id int);\nCOPY x FROM stdin (FORMAT binary);\nPGCOPY\n\\\\.\n" >in
one bin <in
exits 'COPY of what is no binary data: exit 1' 1 apply bin
says 'with its place' 'bin/1_x.sql:2:1: '

# what a file says of its own transaction
one isolation <<'SQL'
BEGIN ISOLATION LEVEL SERIALIZABLE;
CREATE TABLE x AS SELECT current_setting('transaction_isolation') AS level, txid_current() AS xid;
COMMIT;
SQL
printf "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\nINSERT INTO x SELECT current_setting('transaction_isolation'), txid_current();\nINSERT INTO x SELECT 'same', txid_current();\n" >isolation/2_y.sql
printf "INSERT INTO x SELECT current_setting('transaction_isolation');\n" >isolation/3_z.sql
exits 'isolation levels' 0 apply isolation
gives 'are had, in one transaction' "SELECT string_agg(level, ', '), count(DISTINCT xid) FROM x" 'serializable, repeatable read, same, read committed|2'
printf 'CREATE TABLE y (n int);\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n' >isolation/4_a.sql
exits 'one that comes too late: exit 1' 1 apply isolation
says 'with its place' 'isolation/4_a.sql:2:1: SET TRANSACTION ISOLATION LEVEL must be called before any query'
gives 'is rolled back, and not run without a transaction' "SELECT to_regclass('y'), count(*) FROM handrail.history" '|3'
printf "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE ''VACUUM''; END';\nSELECT f();\n" >isolation/4_a.sql
exits 'VACUUM in a function: exit 1' 1 apply isolation
gives 'is rolled back, too' "SELECT to_regproc('f')" ''
printf -- '-- handrail: no-transaction\nSELECT 1; CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE $a$VACUUM$a$; END $$;\nSELECT f();\n' >isolation/4_a.sql
exits 'and where there is none it is tried once: exit 4' 4 timeout 10 migrate-apply -n isolation

one printed <<'SQL'
CREATE TABLE x (id int); INSERT INTO x VALUES (1);
COPY x TO STDOUT;
COPY (SELECT 'ü' FROM generate_series(1, 100000)) TO STDOUT;
INSERT INTO x VALUES (2);
SQL
exits 'COPY to the client' 0 apply printed
gives 'is run, and what it prints dropped' 'SELECT count(*) FROM x' 2

# one file after the other
mkdir leak
db leak
cat >leak/1_a.sql <<'SQL'
CREATE SCHEMA other; CREATE ROLE nobody_else;
SET search_path = other; SET ROLE nobody_else; RESET ROLE; SET ROLE pg_monitor;
SET SESSION AUTHORIZATION nobody_else; SET statement_timeout = '1h'; SET lock_timeout = 0; SET TimeZone = 'Asia/Tokyo';
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET default_transaction_isolation = serializable;
LISTEN a; DECLARE c CURSOR WITH HOLD FOR SELECT 1; PREPARE p AS SELECT 1; CREATE TEMP TABLE tmp (n int);
SET client_min_messages = error; SELECT set_config('app.x', 'y', false); SELECT setseed(0.5);
SQL
cat >leak/2_b.sql <<'SQL'
CREATE TABLE seen AS SELECT current_setting('search_path') AS path, current_user = session_user AS me,
	current_setting('TimeZone') AS zone, current_setting('default_transaction_read_only') AS ro,
	current_setting('transaction_isolation') AS level, current_setting('lock_timeout') AS lt,
	coalesce(current_setting('app.x', true), '') AS x,
	(SELECT count(*) FROM pg_cursors) AS cursors, (SELECT count(*) FROM pg_prepared_statements WHERE name = 'p') AS prepared,
	to_regclass('tmp') AS tmp;
SQL
exits 'what a file leaves in the session' 0 apply leak
gives 'is gone in the next' 'SELECT * FROM seen' 'public|t|UTC|off|read committed|500ms||0|0|'
printf 'SELECT pg_advisory_unlock_all();\n' >leak/3_c.sql
printf 'CREATE TABLE after_unlock AS SELECT count(*) FROM pg_locks WHERE locktype = %s AND pid = pg_backend_pid();\n' "'advisory'" >leak/4_d.sql
exits 'a file that gives our lock away' 0 apply leak
gives 'it is ours again in the next' 'SELECT count > 0 FROM after_unlock' t
printf 'SELECT pg_advisory_lock(12345);\n' >leak/5_e.sql
printf 'CREATE TABLE held AS SELECT count(*) FROM pg_locks WHERE locktype = %s AND objid = 12345;\n' "'advisory'" >leak/6_f.sql
exits 'a file that takes a lock of the session' 0 apply leak
gives 'it is not held on in the next' 'SELECT count FROM held' 0
printf 'DISCARD ALL;\n' >leak/7_g.sql
printf 'CREATE TABLE g (n int);\n' >leak/8_h.sql
exits 'DISCARD ALL' 0 apply leak
printf '/* only\n\n comments */ -- x\n;;\n' >leak/9_i.sql
printf ' \n' >leak/10_j.sql
exits 'nothing but comments, semicolons, blanks' 0 apply leak
gives 'each has its row' "SELECT count(*) FROM handrail.history" 10
finish
