#!/bin/sh
# schema-diff: the main case on a live database, files and migrations; the gate; bad input; what follows from something else
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

# field FILTER - of the closing record in out
field() { tail -n 1 out | jq -rc ".$1"; }
# changes - one line each: action kind object path old_code new_code hazards of the closing record in out
changes() {
	tail -n 1 out | jq -r '.result.changes[] | [.action, .kind, .object, .path // "-", .old_code, .new_code,
	    ([.hazards[] | select(.class != "new-code") | .id] | join(",") | if . == "" then "-" else . end)] | join("|")'
}
is() { [ "$2" = "$3" ]; verdict $? "$1" || printf '#   got %s\n#   want %s\n' "$2" "$3"; }

exits 'help' 0 schema-diff --help
is 'help is at most 80 columns wide' "$(awk 'length > 80' out | wc -l)" 0
exits 'version' 0 schema-diff --version
exits 'a bad option' 2 schema-diff --no-such-option a b
grep -q -e --no-such-option err; verdict $? 'and it is named'

# one server for all: only the first test of files starts its own
compare() { schema-diff -n --scratch "$DATABASE_URL" "$@"; }
psql -Xq "$DATABASE_URL" -c 'CREATE DATABASE live'
live=$(printf %s "$DATABASE_URL" | sed 's,/[^/?]*\(?\|$\),/live\1,')
cat >old.sql <<'X'
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE person (id integer PRIMARY KEY, name text, note varchar(20) DEFAULT 'x', age integer NOT NULL);
CREATE TABLE gone (a integer);
CREATE INDEX person_name ON person (name);
CREATE VIEW names AS SELECT name FROM person;
CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 1';
X
cat >new.sql <<'X'
CREATE TYPE mood AS ENUM ('sad', 'so-so', 'happy');
CREATE TABLE person (id bigint PRIMARY KEY, name text NOT NULL, note varchar(30), age integer, mood mood DEFAULT 'sad', must text NOT NULL);
CREATE TABLE pet (id integer PRIMARY KEY, person bigint REFERENCES person);
CREATE UNIQUE INDEX pet_person ON pet (person);
CREATE VIEW names AS SELECT name, age FROM person;
CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 2';
ALTER TABLE person ADD CHECK (age > 0);
X
psql -Xqf old.sql "$live"
psql -Xq "$live" -c 'CREATE SCHEMA handrail; CREATE TABLE handrail.history (v text)'

exits 'a live database equals the file it was made from' 0 schema-diff -n --fail-on any "$live" old.sql
is 'that is unchanged' "$(field status)" unchanged
is 'and fully compatible' "$(field result.compatibility) $(field result.rollback)" 'full code'
is 'and the fingerprints are the same' "$(field result.from_fingerprint)" "$(field result.to_fingerprint)"

echo 'CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p)' >heir.sql
echo 'CREATE TABLE p (a int); CREATE TABLE c (a int) INHERITS (p)' >own.sql
exits "an heir's column that is also its own" 0 schema-diff -n --scratch "$DATABASE_URL" heir.sql own.sql
[ "$(field result.from_fingerprint)" != "$(field result.to_fingerprint)" ]; verdict $? 'makes another fingerprint'

exits 'live against file' 0 schema-diff -n "$live" new.sql
changes >got
same 'each change with what it means for old and new code, and its hazards' got <<'X'
alter|enum|public.mood|labels|needs-check|breaking|label-added
alter|function|public.add(integer)|definition|needs-check|compatible|function-changed
drop|table|public.gone|-|breaking|compatible|drop-table,gone-table
create|table|public.pet|-|compatible|breaking|-
alter|column|public.person.age|not_null|needs-check|breaking|nulls-allowed
alter|column|public.person.id|type|breaking|breaking|rewrite-table,type-change
create|column|public.person.mood|-|compatible|breaking|-
create|column|public.person.must|-|breaking|breaking|required-column
alter|column|public.person.name|not_null|breaking|compatible|set-not-null,not-null
alter|column|public.person.note|type|compatible|breaking|-
alter|column|public.person.note|default|needs-check|compatible|default-dropped
create|constraint|public.person.person_age_check|-|breaking|compatible|add-check,stricter-check
alter|view|public.names|definition|needs-check|compatible|view-changed
alter|view|public.names|columns|compatible|breaking|-
drop|index|public.person.person_name|-|compatible|compatible|drop-index
X
is 'the sum' "$(field result.compatibility) $(field result.rollback)" 'breaking restore'
is 'the counts' "$(field result.counts)" '{"changes":15,"destructive":1,"blocking":4,"old_code":10,"new_code":8}'

for class in destructive blocking old-code new-code any; do
	exits "--fail-on $class shuts the gate" 1 compare --fail-on $class old.sql new.sql
done
is 'the record says so' "$(field status) $(field error.code)" 'failed hazards'
is 'and holds the changes all the same' "$(field result.counts.changes)" 15
exits '--fail-on none leaves it open' 0 compare --fail-on none old.sql new.sql
exits '--allow accepts a hazard' 0 compare --fail-on destructive --allow drop-table:public.g* old.sql new.sql
exits 'but not that of others' 1 compare --fail-on destructive --allow drop-table:public.h* old.sql new.sql
exits 'the text form' 0 compare --format text old.sql new.sql
grep -q 'destroys \[drop-table\] all rows of the table are lost' out; verdict $? 'names the hazard and its reason'
echo "CREATE PROCEDURE tidy(n integer) LANGUAGE sql AS 'SELECT 1'" >procedure.sql
exits 'and a procedure' 0 compare --format text empty procedure.sql
grep -q 'create procedure public.tidy(integer)' out; verdict $? 'by what it is called'

cat >add.sql <<'X'
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE person (id integer PRIMARY KEY, name text, note varchar(20) DEFAULT 'x', age integer NOT NULL, extra text, n integer DEFAULT 0 NOT NULL);
CREATE TABLE gone (a integer);
CREATE TABLE more (a integer);
CREATE INDEX person_name ON person (name);
CREATE INDEX person_age ON person (age);
CREATE VIEW names AS SELECT name FROM person;
CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a + 1';
CREATE FUNCTION add(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
X
exits 'what only adds' 0 compare --fail-on destructive,old-code old.sql add.sql
is 'is old-code-ok' "$(field result.compatibility) $(field result.rollback)" 'old-code-ok code'

exits '--dump' 0 compare --dump "$live"
cp out saved.json
exits 'a saved model is a source' 0 compare --fail-on any saved.json old.sql
exits 'from empty' 0 compare empty old.sql
is 'everything is created' "$(changes | cut -d'|' -f1 | sort -u)" create
exits '--ignore leaves out a kind' 0 compare --ignore table --ignore column --ignore view --ignore index empty old.sql
is 'and no other' "$(changes | cut -d'|' -f2 | paste -sd' ')" 'enum function'
exits '--schema that is not there' 0 compare --fail-on any --schema nowhere old.sql new.sql
exits '--exclude' 0 compare --exclude 'public.*' old.sql new.sql
is 'leaves out objects' "$(field result.counts.changes)" 0

exits 'a failure upstream' 3 sh -c 'printf "%s\n" "{\"handrail\":1,\"id\":\"x\",\"step\":\"s\",\"status\":\"failed\"}" | schema-diff old.sql new.sql'
exits 'one operand' 2 compare old.sql
exits 'a file that is not there' 2 compare old.sql no.sql
echo 'CREATE TABLE t (a integer); SELEKT;' >bad.sql
exits 'SQL that fails' 2 compare empty bad.sql
grep -q 'bad.sql:1: ERROR' err; verdict $? 'with file and line'
echo 'CREATE EXTENSION no_such_thing' >ext.sql
exits 'an extension that the scratch server lacks' 2 compare empty ext.sql
grep -q no_such_thing err; verdict $? 'is named'
mkdir -p lacking
echo 'CREATE TABLE a (b integer); CREATE EXTENSION IF NOT EXISTS "other-thing"; CREATE EXTENSION plpgsql' >lacking/2.sql
cp ext.sql lacking/1.sql
exits 'several' 2 compare empty migrations:lacking
says 'are all named' 'install no_such_thing, other-thing for the scratch server'
echo '{"a":1}' >bad.json
exits 'JSON that is no model' 2 compare empty bad.json
exits 'no such class' 2 compare --fail-on dangerous old.sql new.sql
exits 'no such hazard' 2 compare --allow dangerous old.sql new.sql
exits 'no such kind' 2 compare --ignore dangerous old.sql new.sql
exits 'no connection' 2 compare postgres://nobody:sesame-x@127.0.0.1:1/no old.sql
! grep -q sesame-x out err; verdict $? 'and the password is nowhere'

printf 'CREATE ROLE "somebody here"; CREATE TABLE a (b integer); ALTER TABLE a OWNER TO someone; GRANT SELECT ON a TO "else one"' >roles.sql
exits 'roles that are missing are made, also those that both sides make' 0 schema-diff -n --fail-on any roles.sql roles.sql
mkdir mig
cp old.sql mig/001_old.sql
echo 'ALTER TABLE person ADD extra text' >mig/002_extra.sql
exits 'a directory of migrations' 0 env DATABASE_URL="$live" schema-diff -n old.sql migrations:mig
is 'is what they make of an empty database' "$(changes)" 'create|column|public.person.extra|-|compatible|breaking|-'
is 'and no other database is touched' "$(psql -XAtc 'SELECT count(*) FROM handrail.history' "$live")" 0
mv mig/002_extra.sql mig/002_bad.sql
echo 'SELEKT' >mig/002_bad.sql
exits 'a migration that fails' 2 compare old.sql migrations:mig
grep -q 002_bad.sql err; verdict $? 'is named'
exits 'a directory that is not there' 2 compare old.sql migrations:nowhere
git init -q repo 2>err && mkdir repo/db && cp mig/001_old.sql repo/db &&
    git -C repo -c user.name=t -c user.email=t@t add . && git -C repo -c user.name=t -c user.email=t@t commit -qm one
echo 'ALTER TABLE person ADD extra text' >repo/db/002_extra.sql
(cd repo && compare git:HEAD:db migrations:db >../out 2>../err)
is 'a revision of a repository against its working tree' "$(changes)" 'create|column|public.person.extra|-|compatible|breaking|-'
exits 'a revision that is not there' 2 compare git:nowhere:db old.sql

cat >was.sql <<'X'
CREATE TABLE note (id integer PRIMARY KEY, body text, old integer);
CREATE INDEX note_body ON note (body);
CREATE VIEW v AS SELECT body FROM note;
X
cat >became.sql <<'X'
CREATE TABLE remark (id integer CONSTRAINT note_id_not_null NOT NULL, text text, old bigint, CONSTRAINT note_pkey PRIMARY KEY (id));
CREATE INDEX note_body ON remark (text);
CREATE VIEW v AS SELECT text AS body FROM remark;
X
exits 'a rename that is named' 0 compare --rename public.note=remark --rename public.note.body=text --write sql=rename.sql was.sql became.sql
changes >got
same 'is one, and the rest is told of the new name' got <<'X'
alter|column|public.remark.old|type|breaking|breaking|rewrite-table,type-change
rename|table|public.remark|-|breaking|breaking|rename
rename|column|public.remark.text|-|breaking|breaking|rename
X
grep -c 'DROP\|RENAME' rename.sql >got
same 'the SQL renames and drops nothing' got <<'X'
2
X
exits 'a rename of nothing' 2 compare --rename public.nothing=x was.sql became.sql
exits 'a rename to nothing' 2 compare --rename public.note= was.sql became.sql

cat >names.sql <<'X'
CREATE COLLATION c (locale = 'C');
CREATE TEXT SEARCH CONFIGURATION s (COPY = simple);
CREATE PUBLICATION p;
X
exits 'what old queries name is gone' 0 compare names.sql empty
changes >got
same 'and they fail' got <<'X'
drop|collation|public.c|-|breaking|compatible|gone-collation
drop|text search configuration|public.s|-|breaking|compatible|gone-text-search
drop|publication|p|-|breaking|compatible|gone-publication
X

# who may use what is the system's or an extension's
echo 'CREATE EXTENSION citext' >came.sql
echo 'CREATE EXTENSION citext; REVOKE USAGE ON TYPE citext FROM PUBLIC; REVOKE EXECUTE ON FUNCTION pg_sleep FROM PUBLIC;
	GRANT SELECT (rolname) ON pg_authid TO PUBLIC' >given.sql
exits 'privileges on things of others' 0 compare --write sql=given.got came.sql given.sql
changes >got
same 'are told' got <<'X'
alter|privileges|ROUTINE pg_sleep(double precision)|acl|breaking|compatible|revoke
alter|privileges|TABLE pg_authid (rolname)|acl|compatible|breaking|-
alter|privileges|TYPE public.citext|acl|breaking|compatible|revoke
X
exits 'and taken back' 0 compare --format sql given.sql came.sql
exits 'or passed over' 0 compare --fail-on any --ignore-privileges given.sql came.sql

# everyone may use the schema public without any GRANT, and make things in it before 15
cat >usual.sql <<'X'
X
echo 'REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO pg_monitor' >shut.sql
exits 'what everyone may with the schema public' 0 compare --format sql shut.sql usual.sql
exits 'and may not any more' 0 compare --write sql=shut.got usual.sql shut.sql
changes >got
same 'is a loss' got <<'X'
alter|schema|public|acl|breaking|breaking|revoke
X
echo 'GRANT USAGE ON SCHEMA public TO pg_monitor' >one_more.sql
exits 'what one more may' 0 compare --write sql=one_more.got usual.sql one_more.sql
changes >got
same 'is none' got <<'X'
alter|schema|public|acl|compatible|breaking|-
X

# what is not compared is told
echo 'SELECT lo_create(0); CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p);
	ALTER TABLE p ADD CHECK (a > 0) NOT VALID; ALTER TABLE c VALIDATE CONSTRAINT p_a_check;' >odd.sql
exits 'large objects, and what an heir alone has proven' 0 compare odd.sql odd.sql
tail -n 1 out | jq -r '.result.uncovered[]' >got
same 'are not compared, and named' got <<'X'
large objects
which heirs have proven a CHECK that is NOT VALID in a parent
X
echo 'CREATE TABLE p (a int, b int); CREATE TABLE c (a int, b int) INHERITS (p);' >own.sql
echo 'CREATE TABLE p (a int, b int); CREATE TABLE c () INHERITS (p);' >heir.sql
echo 'CREATE TABLE p (a int, b int); CREATE TABLE c (a int) INHERITS (p);' >one.sql
exits 'a column that an heir has by itself, too' 0 compare --format sql own.sql heir.sql
grep -q "^-- not done: public.c.a: no SQL makes an heir's own column one that is only inherited" out; verdict $? 'stays so, and that is said'
exits 'one of two' 0 compare --format sql heir.sql one.sql
grep -q "^-- not done: public.c.a: no SQL makes one inherited column the heir's own, too" out; verdict $? 'does not become one alone'
if since 18; then
	echo 'CREATE TABLE p (a int NOT NULL); CREATE TABLE c (b int, NOT NULL a) INHERITS (p);' >own.sql
	echo 'CREATE TABLE p (a int NOT NULL); CREATE TABLE c (b int) INHERITS (p);' >heir.sql
	exits "an heir's NOT NULL that is its own, too" 0 compare --format sql own.sql heir.sql
	grep -q "not done: public.c.a: no SQL makes an heir's own NOT NULL one that is only its parents'" err; verdict $? 'stays so, and that is said'
	exits 'one that is not' 0 compare --format sql heir.sql own.sql
	! grep -q 'not done' err; verdict $? 'becomes so'
fi
echo 'CREATE TABLE p (a int NOT NULL); CREATE TABLE c (b int NOT NULL) INHERITS (p);' >heir.sql
exits 'heirs of a NOT NULL' 0 compare --dump heir.sql
[ "$(tail -n 1 out | jq -r '.result.fingerprint[:8]')" = 6100f3b3 ]; verdict $? 'have the same fingerprint on each version of the server'
exits 'a database that has none' 0 compare was.sql was.sql
tail -n 1 out | jq -c '.result.uncovered' >got
same 'names none' got <<'X'
null
X

since 15 && exits 'the zoo equals itself' 0 compare --fail-on any "$top/t/schema/zoo.sql" "$top/t/schema/zoo.sql"
! grep -q sesame-open out; verdict $? 'the password of a user mapping is not in the model'
finish
