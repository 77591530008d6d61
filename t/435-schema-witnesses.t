#!/bin/sh
# schema-diff --gate: what the statements say, what the catalogs show and what was observed, joined; history that was changed
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"

git() { command git -c user.name=t -c user.email=t@t -c init.defaultBranch=main "$@"; }
gate() { schema-diff -n --scratch "$DATABASE_URL" --gate "$@"; }
findings() { tail -n 1 out | jq -r '.result.findings[] | select(.class != "new-code") | "\(.line) \(.id) \(.object) \(.witnesses | join("+"))"'; }
# tried NAME STATUS - the migration on standard input, its findings against the file want
tried() {
	cat >db/010_new.sql
	exits "$1" "$2" gate db
	findings >got
	same '   findings' got <wanted
	rm db/010_new.sql
}

git init -q repo && cd repo && mkdir db || exit 1
top_of_repo=$PWD
cat >db/001_start.sql <<'X'
CREATE TABLE note (id integer PRIMARY KEY, body varchar(20), old text, code integer);
INSERT INTO note VALUES (1, 'a', 'b', 1), (2, 'a', 'b', 2);
CREATE TABLE other (a integer);
CREATE VIEW seen AS SELECT code FROM note;
CREATE TABLE empty (a integer);
CREATE FUNCTION empties(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'TRUNCATE ' || t; END $$;
CREATE FUNCTION clears() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM empty; END $$;
CREATE PROCEDURE fills() LANGUAGE plpgsql AS $$ BEGIN UPDATE note SET old = 'z'; END $$;
X
echo 'CREATE TABLE third (a integer);' >db/003_third.sql
git add . && git commit -qm one && git checkout -qb branch

: >wanted
tried 'a longer varchar rewrites nothing' 0 <<'X'
ALTER TABLE note ALTER body TYPE varchar(50);
X
tried 'a DO block that only adds' 0 <<'X'
DO $$ BEGIN
	CREATE TYPE mood AS ENUM ('a');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
X
tried 'what is not there is not lost' 0 <<'X'
DROP TABLE IF EXISTS nothing; DROP VIEW IF EXISTS v;
CREATE TABLE fresh (a integer REFERENCES note); CREATE INDEX ON fresh (a); DROP TABLE fresh;
X
echo '4 not-null public.note.code catalog+sql' >wanted
sed -i 's/catalog+sql/sql+catalog/' wanted
tried 'SET NOT NULL proven by a CHECK does not block' 1 <<'X'
-- handrail: no-transaction
ALTER TABLE note ADD CONSTRAINT c CHECK (code IS NOT NULL) NOT VALID;
ALTER TABLE note VALIDATE CONSTRAINT c;
ALTER TABLE note ALTER code SET NOT NULL;
ALTER TABLE note DROP CONSTRAINT c;
X
cat >wanted <<'X'
2 validate-in-transaction note.c sql+observed
X
tried 'but validated in the transaction that adds it, it does' 1 <<'X'
ALTER TABLE note ADD CONSTRAINT c CHECK (code IS NOT NULL) NOT VALID;
ALTER TABLE note VALIDATE CONSTRAINT c;
ALTER TABLE note DROP CONSTRAINT c;
X
cat >wanted <<'X'
1 drop-table other sql+observed
X
tried 'dropped and made again: the catalogs are the same, the rows are not' 1 <<'X'
DROP TABLE other; CREATE TABLE other (a integer);
X
: >wanted
tried 'CASCADE of what is not there' 0 <<'X'
DROP TABLE IF EXISTS nothing CASCADE;
X
tried 'a column of this change gets its name at last' 0 <<'X'
ALTER TABLE other ADD b integer;
ALTER TABLE other RENAME b TO c;
X
cat >wanted <<'X'
1 observed-emptied public.note observed
1 observed-lock public.note observed
X
tried 'TRUNCATE in a function' 1 <<'X'
SELECT empties('note');
X
cat >wanted <<'X'
1 dynamic-sql clears sql+observed
X
tried 'a function that writes a table which is empty here' 1 <<'X'
SELECT clears();
X
echo '1 rows-changed public.note observed' >wanted
tried 'UPDATE in a procedure' 0 <<'X'
CALL fills();
X
[ "$(tail -n 1 out | jq -r .result.compatibility)" = needs-check ]; verdict $? 'needs a look at the rows'
echo '1 rows-changed note sql+observed' >wanted
tried 'UPDATE of a column that was there' 0 <<'X'
UPDATE note SET old = 'z', body = 'y' WHERE id > 0;
X
echo '2 view-changed public.seen catalog' >wanted
tried 'a view has no lock: its place is where its name stands' 0 <<'X'
COMMENT ON TABLE other IS 'to be read by a view';
CREATE OR REPLACE VIEW seen AS SELECT code FROM note WHERE code > 1;
X
echo '1 gone-role lost sql+observed' >wanted
tried 'a role that goes' 1 <<'X'
DROP ROLE IF EXISTS lost;
X
[ "$(tail -n 1 out | jq -r .result.compatibility)" = breaking ]; verdict $? 'breaks old code though no catalog shows it'
cat >wanted <<'X'
2 delete-rows note sql+observed
1 observed-rewrite public.note observed
1 observed-lock public.note observed
1 type-change public.note.id catalog
X
tried 'what a DO block does is told once each' 1 <<'X'
DO $$ BEGIN
	DELETE FROM note WHERE id = 2;
	EXECUTE 'ALTER TABLE note ALTER id TYPE ' || 'bigint';
END $$;
X
cat >wanted <<'X'
2 delete-rows public.note observed
X
tried 'rows that a function deletes' 1 <<'X'
CREATE FUNCTION clean() RETURNS void LANGUAGE sql AS 'DELETE FROM note WHERE id = 1';
SELECT clean();
X
cat >wanted <<'X'
2 work-under-lock note sql+observed
X
tried 'rows written under the lock of ALTER TABLE' 1 <<'X'
ALTER TABLE note ADD seen boolean;
UPDATE note SET seen = false WHERE id > 0;
X
cat >wanted <<'X'
1 rename other sql+catalog+observed
X
tried 'a rename is no loss' 1 <<'X'
ALTER TABLE other RENAME TO others;
X
echo '1 rename other sql+observed' >wanted
tried 'and none at all with a view in its place' 0 <<'X'
ALTER TABLE other RENAME TO others;
CREATE VIEW other AS SELECT * FROM others;
X

mkdir db/later db/revert && echo 'DROP TABLE other;' >db/later/004_y.sql && echo 'DROP TABLE third;' >db/revert/003_third.sql
exits 'SQL that migrate-apply does not run' 1 gate db
findings >got
same 'is looked at all the same, and named; a way back is none' got <<'Y'
1 drop-table other sql
1 not-run db/later/004_y.sql sql
Y
rm -r db/later db/revert
echo 'CREATE TABLE late (a integer);' >db/002_late.sql
exits 'a migration before those that are in use' 1 gate db
[ "$(findings)" = '1 out-of-order db/002_late.sql sql' ]; verdict $? 'is a finding' || findings
rm db/002_late.sql
echo 'ALTER TABLE note ADD x integer;' >>db/001_start.sql
exits 'one that is in use is changed' 1 gate db
[ "$(findings)" = '1 changed-migration db/001_start.sql sql' ]; verdict $? 'is a finding' || findings
exits 'and can be accepted' 0 gate db --allow 'changed-migration=nobody has it yet'
git checkout -q db && git rm -q db/003_third.sql
exits 'one that is in use is gone' 1 gate db
git reset -q --hard

git mv db migrations && echo 'DROP TABLE other;' >migrations/010_drop.sql
exits 'the directory has another name now' 1 gate migrations
findings >got
same 'only what is new is a finding' got <<'X'
1 drop-table other sql+catalog+observed
1 gone-table public.other sql+catalog
X
# shellcheck disable=SC2317 # called by exits
from_root() (cd / && gate "$top_of_repo/migrations")
exits 'from elsewhere, by its whole path' 1 from_root
echo 'SELEKT;' >migrations/011_bad.sql
exits 'a migration that fails' 2 gate migrations
grep -q '011_bad.sql:1:1: syntax error' err; verdict $? 'is named, with its line' || evidence err err
rm migrations/011_bad.sql
git add . && git commit -qm two

# as GitHub checks out a pull request: a merge commit, detached, with nothing else of the history
git checkout -q main && echo text >README && git add . && git commit -qm three
git checkout -q --detach && git merge -q --no-edit branch 2>/dev/null
git clone -q --depth 2 "file://$top_of_repo" ../shallow 2>/dev/null
cd ../shallow || exit 1
exits 'a shallow clone without a base' 2 gate migrations --base origin/nowhere
grep -q 'fetch --unshallow origin' err; verdict $? 'tells how to get it' || evidence err err
exits 'the merge of a pull request' 1 env GITHUB_REF=refs/pull/7/merge GITHUB_BASE_REF=main schema-diff -n --scratch "$DATABASE_URL" --gate migrations
findings >got
same 'against its first parent' got <<'X'
1 drop-table other sql+catalog+observed
1 gone-table public.other sql+catalog
X
mkdir ../plain && echo 'SELECT 1;' >../plain/001_a.sql
exits 'no repository' 2 gate ../plain
grep -q 'no working tree of git: fatal: not a git repository' err; verdict $? 'is said' || evidence err err
exits 'no directory' 2 gate nowhere
exits 'on the base itself' 0 gate migrations --base HEAD
grep -q 'differs from HEAD, which is also the base' err; verdict $? 'it is said that there was nothing to judge' || evidence err err
if [ "$(id -u)" = 0 ]; then
	chown -R 65534 .
	exits 'a repository of somebody else, as in a container' 2 gate migrations
	says 'what git wants is handed on' 'git config --global --add safe.directory'
fi
finish
