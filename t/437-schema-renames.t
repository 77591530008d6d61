#!/bin/sh
# schema-diff: what got another name: by identity, where both sides come from one history; else a suggestion
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=main "$@"; }
diff_of() { schema-diff -n --scratch "$DATABASE_URL" "$@"; }
changes() { tail -n 1 out | jq -r '.result.changes[] | [.action, .kind, .was // .object, .object, .from // "-", .to // "-", .old_code] | map(split("\n")[0]) | join("|")'; }
findings() { tail -n 1 out | jq -r '.result.findings[] | select(.class != "new-code") | "\(.line) \(.id) \(.object) \(.witnesses | join("+"))"'; }
suggested() { tail -n 1 out | jq -r '.result.suggestions[]? | [.kind, .rename, .several] | join("|")'; }
# alike NAME FROM TO - two schemas, and what is suggested against standard input
alike() {
	printf '%s;\n' "$2" >from.sql
	printf '%s;\n' "$3" >to.sql
	exits "$1" 0 diff_of from.sql to.sql
	suggested >got
	same '   suggested' got
}

git init -q repo && cd repo && mkdir db || exit 1
cat >db/001_start.sql <<'X'
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE note (id serial PRIMARY KEY, body varchar(20), m mood DEFAULT 'sad', code integer, UNIQUE (code));
CREATE INDEX note_body ON note (body);
CREATE TABLE swap (a integer, b integer, c integer);
CREATE TABLE heir () INHERITS (swap);
CREATE VIEW v AS SELECT body FROM note;
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TABLE other (a integer);
INSERT INTO note DEFAULT VALUES;
X
git add db && git commit -qm one && git checkout -qb branch
cat >db/002_names.sql <<'X'
ALTER TABLE note RENAME body TO text;
ALTER TABLE note RENAME TO notes;
ALTER TABLE notes RENAME CONSTRAINT note_code_key TO notes_code_key;
ALTER INDEX note_body RENAME TO notes_text;
ALTER TABLE swap RENAME a TO x;
ALTER TABLE swap RENAME b TO a;
ALTER TABLE swap RENAME x TO b;
ALTER TABLE swap RENAME c TO d;
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
ALTER FUNCTION f(integer) RENAME TO g;
CREATE SCHEMA archive;
ALTER TABLE other SET SCHEMA archive;
X
exits 'renames in a pull request' 1 diff_of --gate db
changes | sort >got
same 'are renames, by identity' got <<'X'
create|schema|archive|archive|-|-|compatible
rename|column|public.note.body|public.notes.text|character varying(20)|character varying(20)|breaking
rename|column|public.swap.a|public.swap.b|integer|integer|breaking
rename|column|public.swap.b|public.swap.a|integer|integer|breaking
rename|column|public.swap.c|public.swap.d|integer|integer|breaking
rename|constraint|public.note.note_code_key|public.notes.notes_code_key|UNIQUE (code)|UNIQUE (code)|needs-check
rename|enum|public.mood|public.mood|'sad'|'blue'|breaking
rename|function|public.f(integer)|public.g(integer)|CREATE OR REPLACE FUNCTION public.f(integer)|CREATE OR REPLACE FUNCTION public.g(integer)|breaking
rename|index|public.note.note_body|public.notes.notes_text|CREATE INDEX note_body ON public.note USING btree (body)|CREATE INDEX notes_text ON public.notes USING btree (text)|compatible
rename|table|public.note|public.notes|-|-|breaking
rename|table|public.other|archive.other|-|-|breaking
X
findings >got
tail -n 1 out | jq -r '.result | "\(.compatibility) \(.counts.destructive)"' >>got
same 'told once each, with their lines; nothing is lost' got <<'X'
1 rename note.body sql+catalog+observed
2 rename note sql+catalog+observed
5 rename swap.a sql+catalog+observed
6 rename swap.b sql+catalog+observed
8 rename swap.c sql+catalog+observed
9 rename mood sql+catalog+observed
10 rename f sql+catalog+observed
12 rename other sql+catalog+observed
3 rename-key notes.note_code_key sql+catalog+observed
breaking 0
X

exits 'the way there' 0 diff_of git:main:db migrations:db --format sql
grep -v '^--' out >got
same 'renames, by way of other names where two are swapped, and is verified' got <<'X'
SET check_function_bodies = off; SET search_path = '';

BEGIN;
ALTER TABLE public.swap RENAME COLUMN a TO "handrail 4";
ALTER TABLE public.swap RENAME COLUMN b TO "handrail 5";
ALTER TABLE public.note RENAME COLUMN body TO text;
ALTER TABLE public.swap RENAME COLUMN "handrail 4" TO b;
ALTER TABLE public.swap RENAME COLUMN "handrail 5" TO a;
ALTER TABLE public.swap RENAME COLUMN c TO d;
ALTER TABLE public.note RENAME CONSTRAINT note_code_key TO notes_code_key;
ALTER INDEX public.note_body RENAME TO notes_text;
ALTER TYPE public.mood RENAME VALUE 'sad' TO 'blue';
ALTER ROUTINE public.f(integer) RENAME TO g;
ALTER TABLE public.note RENAME TO notes;
CREATE SCHEMA IF NOT EXISTS archive;
ALTER TABLE public.other SET SCHEMA archive;
COMMIT;
X
exits 'and the way back' 0 diff_of migrations:db git:main:db --format sql
grep -v '^--' out | grep -c 'RENAME\|SET SCHEMA' >got
grep -v '^--' out | grep 'DROP' >>got
same 'too' got <<'X'
12
DROP SCHEMA archive;
X

# the same table under its new name is not a new one
cat >db/002_names.sql <<'X'
ALTER TABLE note DROP m;
ALTER TABLE note RENAME TO notes;
CREATE INDEX notes_code ON notes (code);
ALTER TABLE notes ALTER code TYPE bigint;
DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'notes'; END $$;
X
exits 'what comes after a rename' 1 diff_of --gate db
findings >got
same 'is work on a table that was there' got <<'X'
1 drop-column note.m sql+catalog+observed
5 delete-rows public.note observed
3 create-index notes sql+observed
3 work-under-lock notes sql+observed
4 rewrite-table notes.code sql+observed
1 gone-column public.notes.m sql+catalog
2 rename note sql+catalog+observed
4 type-change public.notes.code sql+catalog
X
cat >db/002_names.sql <<'X'
ALTER TABLE swap DROP b;
ALTER TABLE swap RENAME a TO b;
DROP TABLE other; CREATE TABLE other (a integer);
X
exits 'a name of something that went' 1 diff_of --gate db
findings | grep drop >got
same 'is told as the loss that it is' got <<'X'
1 drop-column swap.b sql+observed
3 drop-table other sql+observed
X
cd ..

n='CREATE TABLE n (id integer'
alike 'a column' "$n, body text, old integer)" "$n, text text, old integer)" <<'X'
column|public.n.body=text|false
X
alike 'of another type' "$n, body text)" "$n, text varchar)" </dev/null
alike 'elsewhere' "$n, a text, b integer, c integer)" "$n, b integer, c integer, d integer, x text)" </dev/null
alike 'two columns, each at its place' "$n, a text, b text, c text)" "$n, d text, e text, c text)" <<'X'
column|public.n.a=d|false
column|public.n.b=e|false
X
alike 'a table' "$n, a text, b text, c text); CREATE INDEX ON n (a)" \
	'CREATE TABLE m (id integer, a text, b text, d text)' <<'X'
table|public.n=m|false
X
alike 'one that has too little of it' "$n, a text, b text, c text)" 'CREATE TABLE m (id integer, a text, e text, d text)' </dev/null
alike 'two tables alike' "$n, a text)" 'CREATE TABLE m (id integer, a text); CREATE TABLE o (id integer, a text)' <<'X'
table|public.n=m|true
table|public.n=o|true
X
alike 'one of them more' "$n, a text, b text, c text)" \
	'CREATE TABLE m (id integer, a text, b text, c text); CREATE TABLE o (id integer, a text, b text)' <<'X'
table|public.n=m|false
X
alike 'constraints, indexes' \
	"$n, a text, CONSTRAINT k CHECK (id > 0), CONSTRAINT l CHECK (id > 1)); CREATE INDEX i ON n (a); CREATE INDEX a ON n (id)" \
	"$n, a text, CONSTRAINT m CHECK (id > 0), CONSTRAINT o CHECK (id > 2)); CREATE INDEX j ON n (a); CREATE INDEX id ON n (a, id)" <<'X'
constraint|public.n.k=m|false
index|public.n.i=j|false
X
alike 'labels' "CREATE TYPE t AS ENUM ('a', 'b''s', 'c'); CREATE TYPE u AS ENUM ('a', 'b')" \
	"CREATE TYPE t AS ENUM ('x', 'b''s', 'c'); CREATE TYPE u AS ENUM ('b', 'c')" <<'X'
enum|public.t.a=x|false
X
alike 'sequences, views, functions, types' \
	"CREATE SEQUENCE s START 3; CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
	CREATE DOMAIN d AS text CHECK (VALUE <> ''); CREATE TYPE c AS (a integer); CREATE DOMAIN e AS text CHECK (VALUE <> 'e')" \
	"CREATE SEQUENCE s2 START 3; CREATE VIEW w AS SELECT 1 AS a; CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
	CREATE DOMAIN d2 AS text CHECK (VALUE <> ''); CREATE TYPE c2 AS (a integer); CREATE DOMAIN e2 AS text" <<'X'
domain|public.d=d2|false
composite type|public.c=c2|false
sequence|public.s=s2|false
function|public.f()=g|false
view|public.v=w|false
X

cat >from.sql <<'X'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE note (id serial PRIMARY KEY, body text, m mood);
INSERT INTO note (body, m) VALUES ('a', 'sad');
X
cat >to.sql <<'X'
CREATE TYPE mood AS ENUM ('it''s blue', 'ok');
CREATE TABLE notes (id serial PRIMARY KEY, body text, m mood);
X
exits 'nothing of it is done' 0 diff_of from.sql to.sql --format sql --write text=text --write markdown=page
grep -c '^DROP TABLE public.note;\|^-- public.note looks like a rename: --rename public.note=notes$' out >got
grep -h -e '--rename' text page >>got
same 'it is told' got <<'X'
2
      looks like a rename: --rename 'public.mood.sad=it'\''s blue'
      looks like a rename: --rename public.note=notes
- <code>public.mood</code> looks like a rename: --rename 'public.mood.sad=it'&#92;''s blue'
- <code>public.note</code> looks like a rename: --rename public.note=notes
X
exits 'and then asked for' 0 diff_of from.sql to.sql --rename public.note=notes --rename "public.mood.sad=it's blue"
suggested >got
same 'what was hidden by the table is suggested next' got <<'X'
sequence|public.note_id_seq=notes_id_seq|false
constraint|public.notes.note_pkey=notes_pkey|false
X
exits 'by the names that they have then' 0 diff_of from.sql to.sql --rename public.note=notes --rename "public.mood.sad=it's blue" \
	--rename public.notes.note_pkey=notes_pkey --rename public.note_id_seq=notes_id_seq --write sql=up.sql
changes | cut -d '|' -f 1 | sort | uniq -c | sed 's/^ *//' >got
grep -v '^--\|^SET\|^$' up.sql >>got
same 'nothing else is left' got <<'X'
4 rename
BEGIN;
ALTER TYPE public.mood RENAME VALUE 'sad' TO 'it''s blue';
ALTER TABLE public.note RENAME CONSTRAINT note_pkey TO notes_pkey;
ALTER TABLE public.note RENAME TO notes;
ALTER SEQUENCE public.note_id_seq RENAME TO notes_id_seq;
COMMIT;
X
exits 'a label that is not there' 2 diff_of from.sql to.sql --rename public.mood.glad=blue
finish
