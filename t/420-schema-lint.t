#!/bin/sh
# schema-diff --lint: each statement with its hazards, what is new, what is allowed; the forms for other programs
. "$(dirname "$0")/lib.sh"

# one statement a line, and behind its comment the hazards that it must bring
cat >cases <<'X'
CREATE TABLE n (a integer)--
CREATE TABLE j (a json, b char(5))--
ALTER TABLE t ADD COLUMN j json--json-column
ALTER TABLE n ADD COLUMN x text NOT NULL, DROP COLUMN a--
CREATE INDEX n_a ON n (a)--
CREATE INDEX t_a ON t (a)--create-index
CREATE INDEX CONCURRENTLY t_a ON t (a)--
CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)--stricter-unique-index
DROP INDEX t_a--drop-index
DROP INDEX CONCURRENTLY t_a--
ALTER TABLE t ADD COLUMN x text--
ALTER TABLE t ADD COLUMN x text NOT NULL--required-column
ALTER TABLE t ADD COLUMN x text NOT NULL DEFAULT 'x'--
ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()--volatile-default
ALTER TABLE t ADD COLUMN x timestamptz DEFAULT now()--
ALTER TABLE t ADD COLUMN x bigserial--counted-column
ALTER TABLE t ADD COLUMN x serial_number--
ALTER TABLE t ADD COLUMN x integer GENERATED ALWAYS AS IDENTITY--counted-column
ALTER TABLE t ADD COLUMN x integer GENERATED ALWAYS AS (a + 1) STORED--stored-column
ALTER TABLE t ADD COLUMN x text UNIQUE--add-unique
ALTER TABLE t ADD COLUMN e text--
CREATE UNIQUE INDEX CONCURRENTLY t_ae ON t (a, e)--
CREATE UNIQUE INDEX CONCURRENTLY t_e ON t (e) NULLS NOT DISTINCT--stricter-unique-index
ALTER TABLE t ADD UNIQUE (a, e)--add-unique
ALTER TABLE t ADD COLUMN y integer REFERENCES p--
ALTER TABLE t ADD COLUMN z integer DEFAULT 1 REFERENCES p--add-foreign-key
ALTER TABLE t ADD COLUMN x integer CHECK (x > 0)--add-check
ALTER TABLE t DROP COLUMN a--drop-column gone-column
ALTER TABLE t ALTER COLUMN a TYPE bigint--rewrite-table type-change
ALTER TABLE t ALTER COLUMN a TYPE json--rewrite-table type-change json-column
ALTER TABLE t ALTER COLUMN a SET NOT NULL--set-not-null not-null
ALTER TABLE t ALTER COLUMN a DROP NOT NULL--nulls-allowed
ALTER TABLE t ALTER COLUMN a SET DEFAULT 5--default-changed
ALTER TABLE t ALTER COLUMN a DROP DEFAULT--default-dropped
ALTER TABLE t ALTER COLUMN a DROP IDENTITY--identity-gone
ALTER TABLE t ALTER COLUMN a DROP EXPRESSION--generation-changed
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)--add-check stricter-check
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID--stricter-check
ALTER TABLE t VALIDATE CONSTRAINT c--
ALTER TABLE t VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT d--
ALTER TABLE t VALIDATE CONSTRAINT c, DROP COLUMN a--drop-column validate-in-transaction gone-column
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p--add-foreign-key stricter-key
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p NOT VALID--stricter-key
ALTER TABLE t ADD UNIQUE (a)--add-unique stricter-unique
ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX t_a--
ALTER TABLE t ADD PRIMARY KEY (a)--add-primary-key stricter-unique
ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&)--add-exclusion stricter-exclusion
ALTER TABLE t DROP CONSTRAINT c--
ALTER TABLE t DROP CONSTRAINT d--gone-constraint
ALTER TABLE t SET LOGGED--become-logged
ALTER TABLE t SET UNLOGGED--become-unlogged
ALTER TABLE t SET TABLESPACE x--change-tablespace
ALTER TABLE t SET ACCESS METHOD x--change-access-method
ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)--attach-partition
ALTER TABLE t DETACH PARTITION p--detach-partition partition-detached
ALTER TABLE t DETACH PARTITION p CONCURRENTLY--partition-detached
ALTER TABLE t ENABLE ROW LEVEL SECURITY--rls-enabled
ALTER TABLE t FORCE ROW LEVEL SECURITY--rls-forced
ALTER TABLE t REPLICA IDENTITY NOTHING--replica-identity
ALTER TABLE t REPLICA IDENTITY FULL--
ALTER TABLE t ENABLE TRIGGER g--trigger-enabled
ALTER TABLE t DISABLE TRIGGER g--trigger-disabled
ALTER TABLE t RENAME TO u--rename
ALTER TABLE t RENAME COLUMN a TO b--rename
ALTER TABLE t RENAME CONSTRAINT a TO b--
ALTER INDEX a RENAME TO b--
ALTER INDEX a SET TABLESPACE x--index-tablespace
ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b--change-tablespace
REASSIGN OWNED BY a TO b--owner-changed
ALTER TABLE t SET SCHEMA other--rename
DROP TABLE t--drop-table gone-table
DROP TABLE s.t CASCADE--drop-table drop-cascade gone-table
DROP SCHEMA s--drop-schema gone-schema
DROP VIEW v--gone-view
DROP MATERIALIZED VIEW v--drop-matview gone-matview
DROP SEQUENCE s--drop-sequence gone-sequence
DROP TYPE m--drop-type gone-enum
DROP DOMAIN d--gone-domain
DROP FUNCTION f(integer)--gone-function
DROP AGGREGATE f(integer)--gone-aggregate
DROP TRIGGER g ON t--gone-trigger
DROP RULE g ON t--gone-rule
DROP POLICY g ON t--policy-dropped
DROP EXTENSION x--drop-extension gone-extension
DROP CAST (integer AS text)--gone-cast
DROP OPERATOR + (integer, integer)--gone-operator
DROP DATABASE d--drop-database
TRUNCATE t, u--truncate truncate
DELETE FROM t WHERE a = 1--delete-rows
UPDATE t SET a = 1--update-all
UPDATE t SET a = 1 WHERE b = 2--
UPDATE t SET a = 1 WHERE 1 = 1--update-all
ALTER SEQUENCE s RESTART--sequence-restarted
ALTER SEQUENCE s RESTART WITH 100 MAXVALUE 200--sequence-restarted
ALTER SEQUENCE s CACHE 10--
ALTER SEQUENCE n_x_seq RESTART--
ALTER TABLE t ALTER COLUMN a RESTART WITH 5--sequence-restarted
ALTER TABLE t ALTER COLUMN a SET GENERATED ALWAYS RESTART--sequence-restarted
ALTER TABLE n ALTER COLUMN a RESTART--
SELECT setval('s', 1)--sequence-restarted
SELECT pg_catalog.setval('public.s'::regclass, 1::bigint, false)--sequence-restarted
SELECT setval('n_x_seq', 1)--
SELECT setval('s', (SELECT max(a) FROM t))--
SELECT setval('s', max(a)) FROM t--
DO $$ BEGIN PERFORM setval('s', 1); END $$--sequence-restarted
CREATE SEQUENCE made--
SELECT setval('public.made', 7, true)--
REINDEX TABLE t--reindex
REINDEX TABLE CONCURRENTLY t--
REINDEX (CONCURRENTLY off) TABLE t--reindex
VACUUM FULL t--vacuum-full
VACUUM t--
VACUUM (FULL off) t--
VACUUM (FULL 1) t--vacuum-full
CLUSTER t USING i--cluster
REFRESH MATERIALIZED VIEW v--refresh-matview
REFRESH MATERIALIZED VIEW CONCURRENTLY v--
LOCK TABLE t--lock-table
REVOKE SELECT ON t FROM u--revoke
GRANT SELECT ON t TO u--
ALTER TYPE m ADD VALUE 'x'--label-added
ALTER TYPE m RENAME VALUE 'x' TO 'y'--rename
ALTER DOMAIN d ADD CHECK (VALUE > 0)--domain-check stricter-domain
ALTER DOMAIN d ADD CHECK (VALUE > 0) NOT VALID--stricter-domain
ALTER DOMAIN d SET NOT NULL--domain-not-null domain-stricter
ALTER DOMAIN d DROP NOT NULL--domain-looser
ALTER DOMAIN d DROP CONSTRAINT c--domain-rule-gone
ALTER DOMAIN d SET DEFAULT 1--domain-default-changed
CREATE DOMAIN s.fresh AS integer--
ALTER DOMAIN s.fresh SET NOT NULL--
ALTER TYPE c ADD ATTRIBUTE a integer--attributes-changed
ALTER TYPE c DROP ATTRIBUTE a--drop-attribute attributes-changed
CREATE POLICY p ON t USING (true)--policy-added
CREATE POLICY p ON t AS RESTRICTIVE USING (true)--policy-restricts
CREATE POLICY p ON n USING (true)--
ALTER POLICY p ON t USING (false)--policy-changed
ALTER VIEW v SET (security_barrier)--view-options
ALTER TABLE t DISABLE RULE r--gone-rule
ALTER TABLE t ENABLE RULE r--rule-added
ALTER TABLE t ENABLE REPLICA TRIGGER g--trigger-disabled
REVOKE admin FROM u--revoke
GRANT admin TO u--
ALTER ROLE u SET search_path = x--setting-changed
ALTER EXTENSION x UPDATE--extension-changed
CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()--trigger-added
CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING--rule-added
CREATE VIEW v AS SELECT 1--
SELEKT 1--unparsed
ALTER TABLE t FROBNICATE--unparsed
X
sed 's/--.*/;/' cases >all.sql
exits 'all statements' 0 schema-diff -n --lint all.sql
tail -n 1 out | jq -r '.result.findings[] | "\(.line) \(.id)"' | awk '{ s[$1] = s[$1] (s[$1] ? " " : "") $2 }
	NR == FNR { next } { split($0, p, "--"); print p[1] "--" s[FNR] }' - cases >got
same 'bring their hazards' got <cases

for class in destructive blocking old-code; do
	exits "--fail-on $class" 1 schema-diff -n --lint --fail-on $class all.sql
done
cat >allow.sql <<'X'
-- handrail: allow drop-table nobody has used it since May
-- handrail: allow gone-table
DROP TABLE old;
X
exits 'a comment accepts a hazard' 0 schema-diff -n --lint --fail-on destructive,old-code allow.sql
[ "$(tail -n 1 out | jq -r '.result.findings[0].allowed')" = 'nobody has used it since May' ]; verdict $? 'and the record keeps the reason'
sed '/^--/s/drop-table/drop-schema/' allow.sql >other.sql
exits 'but only the one that it names' 1 schema-diff -n --lint --fail-on destructive other.sql
exits '--allow accepts for all' 0 schema-diff -n --lint --fail-on destructive --allow drop-table other.sql

exits 'with a reason of its own' 0 schema-diff -n --lint --fail-on destructive --allow 'drop-table:o*=nobody wants it' other.sql
[ "$(tail -n 1 out | jq -r '[.result.findings[] | select(.id == "drop-table") | .allowed][0]')" = 'nobody wants it' ]; verdict $? 'which the record keeps'
exits 'and by the names of other tools' 0 schema-diff -n --lint --fail-on destructive,old-code --allow squawk:ban-drop-table --allow gone-table other.sql
printf -- '-- handrail: allow drop-tabel\nDROP TABLE t;\n' >typo.sql
exits 'a hazard that is none' 2 schema-diff -n --lint typo.sql
grep -q 'typo.sql:2: there is no hazard .drop-tabel.' err && grep -q 'did you mean drop-table' err; verdict $? 'is refused, with the nearest'
exits '--allow of one that is none' 2 schema-diff -n --lint --allow ban-dropcolumn other.sql
printf 'BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;\nCREATE INDEX CONCURRENTLY j ON t (a);\n' >begin.sql
schema-diff -n --lint begin.sql 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.line) \(.id)"' >got
same 'what cannot stand in a transaction' got <<'X'
2 alone-in-transaction
X
printf 'CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;\nCOPY t FROM stdin;\nDROP TABLE t;\n\\.\n\\connect x\nDROP TABLE t;\n' >odd.sql
schema-diff -n --lint odd.sql 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.line) \(.id)"' >got
same 'bodies, data and lines for psql are no statements' got <<'X'
6 drop-table
6 gone-table
X

printf 'BEGIN;\nCREATE TABLE x (a integer);\nROLLBACK;\nCREATE INDEX i ON x (a);\n' >rolled.sql
schema-diff -n --lint rolled.sql 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.line) \(.id)"' >got
same 'what was rolled back has not come to be' got <<'X'
4 create-index
X
printf 'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\nUPDATE t SET b = 1 WHERE a = 1;\n' >whole.sql
schema-diff -n --lint --in-transaction whole.sql 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.line) \(.id)"' >got
same 'a file that is a transaction holds its locks to the end' got <<'X'
2 validate-in-transaction
3 work-under-lock
1 stricter-check
X
printf 'ALTER TABLE t ADD d integer;\nCREATE INDEX i ON u (a);\nALTER TABLE u ALTER a TYPE bigint;\nALTER TABLE u ADD FOREIGN KEY (a) REFERENCES v;\n' >two.sql
schema-diff -n --lint --in-transaction two.sql 2>err | tail -n 1 | jq -r '.result.findings[] | select(.id == "work-under-lock") | .line' >got
same 'also while another table is read whole or written anew' got <<'X'
2
3
4
X
exits 'one that is none lets them go' 0 schema-diff -n --lint --fail-on blocking whole.sql

mkdir dir
echo 'CREATE TABLE a (b integer);' >dir/1_a.sql
echo 'DROP TABLE a;' >dir/1_a.down.sql
echo 'CREATE INDEX ON a (b);' >dir/2_b.sql
echo 'DROP TABLE z;' >dir/10_c.sql
schema-diff -n --lint dir 2>err | tail -n 1 | jq -r '.result.findings[] | "\(.file):\(.line) \(.id)"' >got
same 'a directory is one change, in order, without the ways back' got <<'X'
dir/10_c.sql:1 drop-table
dir/10_c.sql:1 gone-table
X

exits 'github' 0 schema-diff -n --lint --format github dir
same 'annotations' out <<'X'
::error file=dir/10_c.sql,line=1,title=drop-table::z: all rows of the table are lost
::warning file=dir/10_c.sql,line=1,title=gone-table::z: old code that reads or writes it fails
X
printf 'DROP TABLE "a%%\nb";\n' >odd.sql
exits 'github with an odd name' 0 schema-diff -n --lint --format github odd.sql
[ "$(wc -l <out)" = 2 ] && grep -q 'a%25%0Ab' out; verdict $? 'is escaped'
exits 'gitlab' 0 schema-diff -n --lint --format gitlab dir
[ "$(jq -r '.[0] | "\(.check_name) \(.severity) \(.location.path) \(.location.lines.begin)"' out)" = 'drop-table blocker dir/10_c.sql 1' ]
verdict $? 'is a code quality report'
[ "$(jq -r '[.[].fingerprint] | unique | length' out)" = 2 ]; verdict $? 'with fingerprints'
printf 'DELETE FROM t;\nSELECT 1;\nDELETE FROM t;\n' >twice.sql
schema-diff -nq --lint --format gitlab twice.sql | jq -r '.[].fingerprint' | sort >first
sed -i '1i -- a line more' twice.sql
schema-diff -nq --lint --format gitlab twice.sql | jq -r '.[].fingerprint' | sort >got
same 'of the same twice each its own, wherever its line is' got <first
[ "$(sort -u first | wc -l)" = 2 ]; verdict $? 'two of them'
exits 'sarif' 0 schema-diff -n --lint --format sarif dir
[ "$(jq -r '.runs[0] | "\(.results | length) \(.results[0].ruleId) \(.tool.driver.rules | length)"' out)" = '2 drop-table 2' ]; verdict $? 'holds results and rules'
export NODE_MODULES="${NODE_MODULES-$top/build/npm/node_modules}"
mkdir 'odd dir'
printf -- '-- handrail: allow drop-table <script> & more\nDROP TABLE "a#1 <b> @all";\nALTER TABLE t DROP "c|d`e";\n' >'odd dir/a#b%.sql'
exits 'sarif of odd names' 0 schema-diff -n --lint --format sarif --write sarif=all.sarif --write markdown=odd.md 'odd dir' all.sql
[ "$(jq -r '[.runs[0].results[] | select(.suppressions) | "\(.locations[0].physicalLocation.artifactLocation.uri) \(.suppressions[0].justification)"][0]' out)" = \
	'odd%20dir/a%23b%25.sql <script> & more' ]; verdict $? 'names them as URIs, and what is accepted as suppressed'
cp out first
! grep -aq '<script>\|<b>\|@all\|a#1' odd.md; verdict $? 'in markdown nothing of them is markup, a mention or a reference' || grep -an 'script\|@' odd.md
if [ -d "$NODE_MODULES/@types/sarif" ]; then
	exits 'it is SARIF 2.1.0' 0 node "$top/t/ci/sarif-check.mjs" first all.sarif
else
	verdict 0 "it is SARIF 2.1.0 # SKIP npm's packages are not here (make npm)"
fi
exits 'markdown' 0 schema-diff -n --lint --format markdown all.sql
grep -q '<code>drop-table</code> s.t <sub>all.sql:' out; verdict $? 'names statement and place'
yes 'DROP TABLE t;' | head -n 5000 >many.sql
exits 'markdown of very many' 0 schema-diff -n --lint --format markdown many.sql
[ "$(wc -c <out)" -lt 60000 ] && grep -q 'more are in the record' out; verdict $? 'stays below 60 kB and says so'

exits 'no file' 2 schema-diff -n --lint nowhere.sql
exits 'no operand' 2 schema-diff -n --lint
printf "SELECT 'open" >open.sql
exits 'a quote without an end' 2 schema-diff -n --lint open.sql
grep -q open.sql err; verdict $? 'is named with its file'
finish
