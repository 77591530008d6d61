#!/bin/sh
# the target of a restore: what cannot be done is refused before the work, what is undone leaves nothing
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

databases() { psql -XAtqc 'SELECT datname FROM pg_database ORDER BY 1' "$server"; }
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
restore() { snapshot-restore -n "$@"; }
same_databases() { databases >after; [ "$(cat after)" = "$before" ]; verdict $? "$1" || { evidence databases after; evidence err err; }; }
subscribe() { psql -Xqc "SET client_min_messages = error; CREATE SUBSCRIPTION $1 CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = the_one)" "$2"; }

# subscriptions keep a database from being dropped; event triggers and settings keep them from it
db app
sql 'CREATE TABLE t AS SELECT 1 AS a'
subscribe '"the ""one"' "$DATABASE_URL"
sql "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE \$\$no\$\$; END';
	CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('ALTER SUBSCRIPTION', 'DROP SUBSCRIPTION') EXECUTE FUNCTION no();
	ALTER DATABASE app SET default_transaction_read_only = on"
before=$(databases)
mkdir d && echo x >d/f
exits 'a database with a subscription, a directory and a queue' 0 snapshot -n --pg "$DATABASE_URL" --dir d=d --exec 'q=echo hi' -o app.tar.zst
exits 'a restore that is undone: exit 4' 4 restore --pg-into "$server" --create-db gone --exec-into q=false app.tar.zst
same_databases 'leaves no database behind'
gives 'nor does it touch the slot of the one that was there' 'SELECT subslotname FROM pg_subscription' 'the_one'
snapshot-restore -n --pg-into "$server" --create-db gone --exec-into 'q=touch begun; sleep 30' app.tar.zst >out 2>err &
pid=$!
soon [ -e begun ]
kill -TERM "$pid"; wait "$pid"; got=$?
[ "$got" = 4 ]; verdict $? 'one that is stopped while a command loads: exit 4' || echo "#   exit $got"
same_databases 'leaves none, either'
psql -Xqc 'CREATE DATABASE half' "$server"; subscribe other "$(at half)"
psql -Xqc 'ALTER DATABASE half CONNECTION LIMIT 1735289189' "$server"
exits 'after one that was killed' 0 restore --pg-into "$server" --create-db filled app.tar.zst
says 'the next one sweeps' 'database half dropped, which a killed restore had left'

# a copy on the server
exits 'a copy' 0 snapshot -n --pg "$DATABASE_URL" --clone app_copy -o copied.tar.zst
says 'has no subscriptions, which is told' 'not in the copy app_copy: subscriptions, which no copy has: "the ""one"'

# told before the work is done
before=$(databases)
exits 'an exchange with what is not there: exit 2' 2 restore --swap --pg-into "$(at nothing)" --create-db new app.tar.zst
says 'is told' 'the database that the connection names is not there'
same_databases 'and nothing is made'
psql -Xqc 'CREATE ROLE maker LOGIN CREATEDB' "$server"
as_maker=$(at app | sed 's,//[^@]*@,//maker@,')
exits 'an exchange with what is somebody else'"'"'s: exit 2' 2 restore --swap --no-owner --pg-into "$as_maker" app.tar.zst
says 'is told' 'and maker cannot rename it'
says 'at once' '--swap: app belongs to '

# a dry run
exits 'a dry run' 0 restore --dry-run --pg-into "$DATABASE_URL" --swap --dir-into d=new app.tar.zst
says 'tells the database it would make' 'would make the database app_restore_'
says 'and exchange' 'would exchange it with app, which would be kept as app_before_'
says 'and the directory' 'would make the directory new: 2 entries'
field 'so does its record' '[.status, .result.stores[].database // .result.stores[].path] | join(" ")' 'planned app'
[ ! -e new ]; verdict $? 'none is made'
exits 'it is refused as the restore: exit 2' 2 restore --dry-run --pg-into "$server" --create-db app app.tar.zst
exits 'also for a directory: exit 2' 2 restore --dry-run --dir-into d=d app.tar.zst

# roles that policies name: no restore can do without; said before any row is loaded
psql -Xqc 'CREATE ROLE "rea,der TO"' -c 'CREATE DATABASE guarded' "$server"
psql -Xqc 'CREATE TABLE t AS SELECT 1 AS a; CREATE POLICY "a, b" ON t FOR SELECT TO CURRENT_USER, "rea,der TO" USING (a > 0);
	CREATE POLICY p ON t USING (true); CREATE TABLE u AS SELECT 2 AS a' "$(at guarded)"
exits 'a policy for roles' 0 snapshot -n --pg "$(at guarded)" --exclude-table-data u -o guarded.tar.zst
exits 'a role that is there' 0 restore --no-owner --pg-into "$server" --create-db guarded2 guarded.tar.zst
psql -Xqc 'DROP DATABASE guarded' -c 'DROP DATABASE guarded2' -c 'DROP ROLE "rea,der TO"' "$server"
for dry in --dry-run --no-owner; do
	exits "a role that is not ($dry): exit 2" 2 restore --no-owner $dry --pg-into "$server" --create-db guarded2 guarded.tar.zst
	says 'is told' 'role "rea,der TO" does not exist'
	says 'with what there is to do' 'hint: --globals makes those that the archive knows; policies cannot do without'
done
exits 'it is made' 0 restore --globals --no-owner --pg-into "$server" --create-db guarded2 guarded.tar.zst
exits 'what is in it' 0 snapshot-restore -n --list guarded.tar.zst
says 'tells what was left out' '  public.u without its rows'

# what people take for an archive
{ printf -- '--\n-- PostgreSQL database dump\n--\n'; seq 100; } >a.sql
{ printf PGDMP; seq 100; } >a.dump
seq 100 | gzip >a.gz
: >a.empty
while IFS='|' read -r file what; do
	exits "$file: exit 1" 1 snapshot-verify -n "$file"
	says 'is told what it is' "$file: not an archive of handrail: it is $what"
done <<'TEXT'
a.sql|SQL that pg_dump wrote
a.dump|a custom archive of pg_dump
a.gz|packed by gzip
a.empty|empty
TEXT
snapshot -nq --dir d=d -o next.tar.zst >out && sed 's/HANDRAIL ARCHIVE 1$/HANDRAIL ARCHIVE 2/' next.tar.zst >next2.tar.zst
exits 'an archive of a format to come: exit 2' 2 snapshot-verify -n next2.tar.zst
says 'is not called damaged' 'it is of format 2, of which this program knows nothing'

# what is to be taken, and where
psql -Xqc 'ALTER DATABASE app_copy ALLOW_CONNECTIONS false' "$server"
exits 'a database that is closed: exit 2' 2 snapshot -n --pg "$(at app_copy)" -o no.tar.zst
says 'which is told' 'ALLOW_CONNECTIONS true opens it'
psql -Xqc "CREATE DATABASE ascii TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C'" "$server"
PGCLIENTENCODING=SQL_ASCII psql -Xqc "CREATE TABLE \"n$(printf '\377')\" (a int)" "$(at ascii)"
exits 'a name that is no text: exit 2' 2 snapshot -n --pg "$(at ascii)" -o no.tar.zst
says 'is told' 'a name or a comment in its catalog is no UTF-8'
# two at once into one name
db slow
sql "SET app.quick = 1; CREATE TABLE checked (id int CHECK (current_setting('app.quick', true) = '1' OR pg_sleep(0.01) IS NOT NULL));
	INSERT INTO checked SELECT generate_series(1, 3000)"
snapshot -n -q --no-verify -o checked.tar.zst >/dev/null
snapshot-restore -n -q --pg-into "$server" --create-db twice checked.tar.zst >/dev/null 2>first & pid=$!
soon eval 'psql -XAtqc "SELECT datname FROM pg_database" "$server" | grep -qx twice'
exits 'a database that another restore makes: exit 2' 2 snapshot-restore -n --pg-into "$server" --create-db twice checked.tar.zst
says 'is told' 'database twice: another restore is making it'
kill -TERM $pid
wait $pid
[ $? = 143 ]; verdict $? 'which was at it all the time' || evidence first first
unset DATABASE_URL
exits 'nothing to take: exit 2' 2 snapshot -n
says 'is told' '$DATABASE_URL is not set'
DATABASE_URL='' exits 'an empty variable: exit 2' 2 snapshot -n
says 'is told' '$DATABASE_URL is empty'
exits 'an empty connection string: exit 2' 2 env -u PGHOST snapshot -n --pg '' -o no.tar.zst
says 'is told' 'the connection string is empty'
exits 'a directory that is not there: exit 2' 2 snapshot -n --dir d=d -o no/d.tar.zst
says 'is told' 'mkdir -p '
PGHOST=$(psql -XAtqc 'SHOW unix_socket_directories' "$server") PGPORT=$(psql -XAtqc 'SHOW port' "$server") \
	PGUSER=$(psql -XAtqc 'SELECT current_user' "$server") PGDATABASE=app exits "libpq's own variables" 0 snapshot -n -o vars.tar.zst
field 'name a database' .result.stores[0].database app
finish
