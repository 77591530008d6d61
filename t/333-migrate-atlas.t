#!/bin/sh
# migrate-apply on Atlas's directories and its table of revisions. The sums and rows are those that Atlas's own library
# writes (ariga.io/atlas 0.7.2, Debian's golang-ariga-atlas-dev: its Executor finds nothing pending behind us).
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
file() { mkdir -p "$(dirname "$1")" && printf '%s\n' "${2-SELECT 1;}" >"$1"; }
# style DIR WANTED: in which order it would run
style() {
	exits "$2" 0 apply --dry-run "$1"
	field "$2: this order" '.result.style + ": " + ([.result.pending[] | .version + " " + .name] | join(", "))' "atlas: $2"
}
# is NAME WANTED: what migrate-status tells of m
is() {
	exits "$1" 0 migrate-status -n m
	field "$1: states" '[.result.migrations[] | .version + " " + .state] | join(", ")' "$2"
}

db styles
file at/1_a.sql; file at/2_b.sql 'SELECT 2;'
sum() { openssl dgst -sha256 -binary | base64; }
atlas_sum() { # atlas_sum DIR: write its atlas.sum
	: >sums
	: >bytes
	for f in "$1"/*.sql; do
		{ printf %s "$(basename "$f")"; cat "$f"; } >>bytes
		echo "$(basename "$f") h1:$(sum <bytes)" >>sums
	done
	{ echo "h1:$(sed 's/ h1://' sums | tr -d '\n' | sum)"; cat sums; } >"$1/atlas.sum"
}
atlas_sum at
style at '1 a, 2 b'
echo 'SELECT 3;' >at/2_b.sql
exits 'atlas: a file that atlas.sum does not vouch for: exit 1' 1 migrate-apply -n at
says 'atlas: which' 'at/2_b.sql is not what atlas.sum vouches for'
atlas_sum at
sed -i 's/^h1:./h1:x/' at/atlas.sum
exits 'atlas: a first line that is not the sum: exit 1' 1 migrate-apply -n at
says 'atlas: which' 'at/atlas.sum names a file that is not there, or its first line is not the sum of the others'
file at/10_c.sql; atlas_sum at; echo '2_b' >at/x.txt
style at '1 a, 2 b, 10 c'
file at/3_d.sql
exits 'atlas: a file that atlas.sum does not know: exit 1' 1 migrate-apply -n at
says 'atlas: which' 'at/3_d.sql is not in atlas.sum'
file at/3_d.sql '-- atlas:checkpoint

CREATE TABLE at3 (n int);'; atlas_sum at
style at '3 d, 10 c'
file at/3_d.sql '-- atlas:txtar'; atlas_sum at
exits 'atlas: an archive: exit 2' 2 migrate-apply -n at

# what ends a statement in place of a ";"
mkdir dl
printf -- '-- atlas:delimiter \\n\\n\\n\nCREATE TABLE d1 (n int)\n\n\nCREATE TABLE d2 (t text DEFAULT $$a\n\n\nb$$)\n\n\n\n-- INSERT INTO d2\n\n\nINSERT INTO d2 VALUES (DEFAULT); INSERT INTO d1 VALUES (1) -- one\n\n\nCREATE RULE r AS ON INSERT TO d1 DO ALSO (DELETE FROM d2; NOTIFY x)' >dl/1_lines.sql
printf -- '-- atlas:delimiter -- end\nCREATE TABLE d3 (n int)\n-- end\nCREATE TABLE d4 (n int); -- end\n-- a comment -- end\n' >dl/2_words.sql
printf 'CREATE TABLE d5 (n int);\n-- a procedure\n  DELIMITER //\nCREATE TABLE d6 (t text DEFAULT $q$//$q$)//\nCREATE TABLE d7 (n int) //\ndelimiter '\''$'\''\nCREATE TABLE d8 (n int)$\nDELIMITER ;\nCREATE TABLE d9 (n int); INSERT INTO d9 VALUES (1)' >dl/3_command.sql
atlas_sum dl
db delimiters
exits 'atlas:delimiter, DELIMITER' 0 apply --history atlas dl
gives 'all is done' 'SELECT count(*) FROM pg_tables WHERE tablename ~ $$^d[1-9]$$' 9
gives 'what is quoted is left alone' 'SELECT t FROM d2' 'a


b'
gives 'a sum is that of the file' "SELECT left(hash, 8) FROM atlas_schema_revisions.atlas_schema_revisions WHERE version = '3'" "$(sed -n 's/^3_command.sql h1:\(........\).*/\1/p' dl/atlas.sum)"
exits 'nothing is pending then' 0 migrate-status -n --check dl
printf -- '-- atlas:delimiter @@\nSELECT 1@@\nSELECT 2 @@\nSELECT x y z@@' >dl/4_bad.sql; atlas_sum dl
exits 'an error between delimiters: exit 1' 1 apply dl
says 'has its place in the file' 'dl/4_bad.sql:4:12: syntax error at or near "z"'
printf 'SELECT 1;\nDELIMITER \nSELECT 2;' >dl/4_bad.sql; atlas_sum dl
exits 'an empty one: exit 2' 2 apply dl
says 'with its place' 'dl/4_bad.sql:2:1: an empty delimiter'

# a directory and rows as Atlas's library made them
mkdir m
for i in 1 2 3 4; do printf -- '-- create t%d\nCREATE TABLE t%d (n int);\nCREATE INDEX i%d ON t%d (n);\n' $i $i $i $i >m/2024010100000${i}_t_x.sql; done
printf 'CREATE TABLE q ("a;b" int, c text DEFAULT $$;$$);\n\n\n' >m/20240101000005.sql
cat >m/atlas.sum <<'SUM'
h1:p0Zo0PKxUSWS9gdYl8GkBMWk1vdfLR8EJb1rrvu/XrQ=
20240101000001_t_x.sql h1:osTK1Kz9ZcRmu+dKZe5IYu2wgF7kr0ZmIwNCI7tKjO0=
20240101000002_t_x.sql h1:DR+vXvmnT13TXAM2f8ht8iU4mFy7jVB6wZ2QPCct5R8=
20240101000003_t_x.sql h1:VBPy33M9VxVlNA1lw5HnFdGilhyQ6vuu3SKnZczQZEo=
20240101000004_t_x.sql h1:Hfbq8QAMpTpwfJwNh0vaDkK3GjsdQQMic5++x00+LDQ=
20240101000005.sql h1:RbJk5V0lx46QYzGbIsV7eqleTy6X8uz9pPHkhhu4fHc=
SUM
table=atlas_schema_revisions.atlas_schema_revisions
made() { # made VERSION DESCRIPTION TYPE APPLIED TOTAL ERROR HASH: a row of Atlas's
	sql "INSERT INTO $table VALUES ('$1', '$2', $3, $4, $5, clock_timestamp(), 1000000, '$6', '', '$7', NULL, 'Atlas CLI v0.7.2')" || exit 1
}
new() { # new DB
	db "$1"
	sql 'CREATE SCHEMA atlas_schema_revisions'
	sql "CREATE TABLE $table (version varchar NOT NULL PRIMARY KEY, description varchar NOT NULL, type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT NULL, execution_time bigint NOT NULL, error text, error_stmt text, hash varchar NOT NULL, partial_hashes jsonb, operator_version varchar NOT NULL)"
}
new theirs
made 20240101000001 t_x 2 2 2 '' 'osTK1Kz9ZcRmu+dKZe5IYu2wgF7kr0ZmIwNCI7tKjO0='
made 20240101000002 t_x 2 2 2 'an error that it got over' 'DR+vXvmnT13TXAM2f8ht8iU4mFy7jVB6wZ2QPCct5R8='
made .atlas_cloud_identifier x 0 0 0 '' ''
sql 'CREATE TABLE t1 (n int); CREATE TABLE t2 (n int)'
exits 'a history of Atlas: we go on' 0 apply m
field 'where it ended' '[.result.history_kind, (.result.applied | length), .result.before] | @json' '["atlas",3,"20240101000002"]'
[ ! -s err ] || ! grep -q atlas.sum err
verdict $? 'atlas.sum itself is no news' || evidence err err
gives 'in its form, with its sums' "SELECT string_agg(concat_ws(' ', description, type, applied, total, hash = ANY (ARRAY['VBPy33M9VxVlNA1lw5HnFdGilhyQ6vuu3SKnZczQZEo=', 'Hfbq8QAMpTpwfJwNh0vaDkK3GjsdQQMic5++x00+LDQ=', 'RbJk5V0lx46QYzGbIsV7eqleTy6X8uz9pPHkhhu4fHc=']), execution_time > 0), ', ' ORDER BY version) FROM $table WHERE version > '20240101000002'" \
	't_x 2 2 2 t t, t_x 2 2 2 t t,  2 1 1 t t'
exits 'nothing pending' 0 migrate-status -n --check m
made 20240101000006 p 2 1 3 'pq: division by zero' x
exits 'one that stopped in the middle: exit 1' 1 apply m
field 'dirty' .error.code dirty

# which of the files was changed: each sum is one of all before it
rm -r m
mkdir m
for i in 1 2 4 5; do echo "CREATE TABLE t$i (n int);" >m/${i}_x.sql; done
atlas_sum m
db sums
exits 'a history of our own making' 0 apply --history atlas m
echo 'SELECT 1;' >>m/2_x.sql
exits 'a file that atlas.sum does not vouch for: exit 1' 1 apply m
field 'with its word' .error.code atlas-sum
atlas_sum m
is 'the changed one alone is told' '1 applied, 2 changed, 4 applied, 5 applied'
exits 'it stops: exit 1' 1 apply m
exits 'it is accepted' 0 apply --accept-changed 2 m
exits 'and all is well' 0 migrate-status -n --check m
echo 'CREATE TABLE t3 (n int);' >m/3_x.sql
atlas_sum m
is 'one that comes between changes none' '1 applied, 2 applied, 3 out-of-order, 4 applied, 5 applied'
exits 'it is applied' 0 apply --allow-out-of-order m
exits 'and all is well' 0 migrate-status -n --check m
mv m/2_x.sql two
atlas_sum m
is 'one that is gone changes none' '1 applied, 3 applied, 4 applied, 5 applied, 2 missing'
mv two m/2_x.sql
atlas_sum m
new base
made 2 x 1 0 0 '' ''
is 'a baseline' '1 covered, 2 applied, 3 pending, 4 pending, 5 pending'
exits 'is gone on from' 0 apply m
echo 'SELECT 1;' >>m/4_x.sql
atlas_sum m
is 'and what is changed behind it is seen' '1 covered, 2 applied, 3 applied, 4 changed, 5 applied'
finish
