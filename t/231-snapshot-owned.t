#!/bin/sh
# who owns what, and who gave what to whom: of the database itself, of what only a superuser can own
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
grants() { psql -XAtqc "SELECT datdba::regrole, unnest(datacl) FROM pg_database WHERE datname = current_database()" "$(at "$1")"; }

db app
psql -Xq "$server" <<'SQL'
CREATE ROLE mine; CREATE ROLE first; CREATE ROLE second; CREATE ROLE boss SUPERUSER;
ALTER DATABASE app OWNER TO mine; REVOKE CREATE ON DATABASE app FROM mine; REVOKE TEMP ON DATABASE app FROM PUBLIC;
GRANT CONNECT, TEMP ON DATABASE app TO first WITH GRANT OPTION;
SET ROLE first; GRANT CONNECT ON DATABASE app TO second WITH GRANT OPTION; GRANT TEMP ON DATABASE app TO second;
SET ROLE second; GRANT CONNECT ON DATABASE app TO boss;
SQL
sql "SET client_min_messages = error; CREATE TABLE t (i int PRIMARY KEY); CREATE FUNCTION evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
	CREATE EVENT TRIGGER evt ON sql_drop EXECUTE FUNCTION evt(); ALTER EVENT TRIGGER evt OWNER TO boss;
	SELECT lo_create(7); ALTER LARGE OBJECT 7 OWNER TO mine; GRANT SELECT ON LARGE OBJECT 7 TO first WITH GRANT OPTION; SET ROLE first;
	GRANT SELECT ON LARGE OBJECT 7 TO second; RESET ROLE; CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false); ALTER SUBSCRIPTION sub OWNER TO boss"
exits 'taken' 0 snapshot -n --pg "$DATABASE_URL" -o app.tar.zst
exits 'a trial knows who is a superuser' 0 snapshot-verify -n --deep app.tar.zst
exits 'restored' 0 snapshot-restore -n --pg-into "$server" --create-db back app.tar.zst
grants app >want.rows
grants back >got
[ "$(wc -l <want.rows)" = 6 ]; same 'each has what is his from whom he had it' got <want.rows
psql -XAtqc 'SELECT lomacl FROM pg_largeobject_metadata' "$(at back)" >got
same 'of a large object, too' got <<'TEXT'
{mine=rw/mine,first=r*/mine,second=r/first}
TEXT
psql -XAtqc 'SELECT evtowner::regrole, subowner::regrole FROM pg_event_trigger, pg_subscription WHERE subdbid = (SELECT oid FROM pg_database
	WHERE datname = current_database())' "$(at back)" >got
same 'so have a trigger and a subscription' got <<'TEXT'
boss|boss
TEXT

db shut
sql 'REVOKE ALL ON DATABASE shut FROM PUBLIC; REVOKE ALL ON DATABASE shut FROM CURRENT_USER'
exits 'of a database that nobody has a grant on' 0 snapshot -n --pg "$DATABASE_URL" -o shut.tar.zst
exits 'restored' 0 snapshot-restore -n --pg-into "$server" --create-db shut2 shut.tar.zst
psql -XAtqc "SELECT datname, datacl FROM pg_database WHERE datname ~ '^shut' ORDER BY 1" "$server" >got
same 'there is none either' got <<'TEXT'
shut|{}
shut2|{}
TEXT
finish
