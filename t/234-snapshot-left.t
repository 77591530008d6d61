#!/bin/sh
# what pg_dump leaves behind without a word is told, or is as it was
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }

db app
psql -Xq "$DATABASE_URL" 2>/dev/null <<'SQL'
CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'x');
CREATE UNIQUE INDEX CONCURRENTLY broken ON t (b); CREATE INDEX whole ON t (a);
CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts DEFAULT; CREATE INDEX half ON ONLY parts (a);
CREATE EXTENSION file_fdw; CREATE TABLE given (i int); INSERT INTO given VALUES (1); ALTER EXTENSION file_fdw ADD TABLE given;
CREATE TABLE nothing_in (i int); ALTER EXTENSION file_fdw ADD TABLE nothing_in;
CREATE TABLE parent (a int, b text); CREATE TABLE heir (own int, b text, a int, g int GENERATED ALWAYS AS (own * 2) STORED); ALTER TABLE heir INHERIT parent;
CREATE TABLE plain_heir (c int) INHERITS (parent); INSERT INTO heir VALUES (1, '2', 3); INSERT INTO plain_heir VALUES (4, '5', 6);
SQL
exits 'taken' 0 snapshot -n --pg "$DATABASE_URL" -o app.tar.zst
sed -n 's/.*not in the archive: //p' err >got
same 'what is not in the archive is told' got <<'TEXT'
index public.broken: it is invalid
rows of public.given: the extension file_fdw, to which it belongs, does not call them its configuration
TEXT
field 'and recorded' '.result.stores[0].left[0]' 'index public.broken: it is invalid'
exits 'restored' 0 snapshot-restore -n --pg-into "$server" --create-db back --check-content app.tar.zst
sed -n 's/.*not kept: //p' err >got
same 'columns that change their places are told' got <<'TEXT'
the order of the columns of public.heir, which has what it inherits in front now: ("a", "b", "own"); it was ("own", "b", "a")
TEXT
psql -XAtqc 'SELECT own, b, a, g FROM heir' "$(at back)" >got
same 'each has its own rows' got <<'TEXT'
1|2|3|2
TEXT
exits 'of one schema' 0 snapshot -n --schema pg_catalog --pg "$DATABASE_URL" -o none.tar.zst
[ "$(grep -c 'not in the archive' err)" = 0 ]; verdict $? 'only what is in it is told'

if since 17; then
	db shared
	sql "CREATE TABLE p (a int4range, EXCLUDE USING gist (a WITH =)) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('[1,2)'); INSERT INTO p VALUES ('[1,2)')"
	exits 'an exclusion constraint of a partitioned table' 0 snapshot -n --pg "$DATABASE_URL" -o shared.tar.zst
	exits 'restored' 0 snapshot-restore -n --pg-into "$server" --create-db shared2 shared.tar.zst
	says 'is told, as no server can join its indexes' 'not kept: p1_a_excl; Type: INDEX ATTACH; Schema: public; '
	psql -XAtqc "INSERT INTO p VALUES ('[1,2)')" "$(at shared2)" >got 2>&1
	grep -q p1_a_excl got; verdict $? 'it holds'
fi

db bare
sql 'SET client_min_messages = error; DROP SCHEMA public; DROP EXTENSION plpgsql; CREATE SCHEMA app; CREATE TABLE app.t (i int)'
exits 'a database without what each new one has' 0 snapshot -n --pg "$DATABASE_URL" -o bare.tar.zst
exits 'restored' 0 snapshot-restore -n --pg-into "$server" --create-db bare2 bare.tar.zst
psql -XAtqc "SELECT (SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname !~ '^pg_|^info'), (SELECT count(*) FROM pg_extension)" "$(at bare2)" >got
same 'has none of it either' got <<'TEXT'
app|0
TEXT

db paths
sql "CREATE SCHEMA \"my app\"; CREATE FUNCTION \"my app\".one(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
	CREATE FUNCTION late(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN one(\$1); END';
	ALTER DATABASE paths SET search_path = \"my app\", public; SET search_path = \"my app\", public; CREATE TABLE a (i int CHECK (late(i))); INSERT INTO a VALUES (1)"
exits 'a function that counts on the search_path of its database' 0 snapshot -n --pg "$DATABASE_URL" -o paths.tar.zst
exits 'cannot be called: exit 2' 2 snapshot-restore -n --pg-into "$server" --create-db paths2 paths.tar.zst
says 'what to type has that search_path' "--search-path='\"my app\", public' restores this archive"
exits 'it does' 0 snapshot-restore -n --pg-into "$server" --create-db paths2 --search-path='"my app", public' paths.tar.zst
finish
