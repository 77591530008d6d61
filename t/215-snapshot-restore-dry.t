#!/bin/sh
# snapshot-restore --dry-run tells what a run would refuse; and a run refuses it before it loads anything
. "$(dirname "$0")/lib.sh"
. "$top/t/cluster.sh"
cluster a
server a 1 max_prepared_transactions=5
restore() { snapshot-restore -n "$@" app.tar.zst; }
app() { at 1 | sed "s,/postgres,/${1-app},"; }
databases() { on 1 "SELECT datname FROM pg_database ORDER BY 1"; }

on 1 'CREATE DATABASE app' && on 1 'CREATE ROLE keeper' && on 1 'CREATE ROLE reader'
psql -Xq "$(app)" -c 'CREATE TABLE notes AS SELECT i FROM generate_series(1, 9) i; ALTER TABLE notes OWNER TO keeper' \
	-c "CREATE TABLE texts AS SELECT 'TO stranger;'::text; COMMENT ON TABLE texts IS 'GRANT ALL TO stranger;'"
mkdir files && echo hello >files/greeting
on 1 'CREATE ROLE stranger'
exits 'an archive' 0 snapshot -n --pg "$(app)" --dir files=files -o app.tar.zst
psql -Xq "$(app)" -c 'GRANT SELECT ON texts TO reader'
exits 'one with a grant' 0 snapshot -n --pg "$(app)" -o granted.tar.zst
on 1 'DROP ROLE stranger'
before=$(databases)

exits 'all is well' 0 restore --dry-run --pg-into "$(app)" --swap --dir-into files=back --extract notes=notes.csv
field 'it is planned' '[.status, .result.extracted[0].rows] | @json' '["planned",9]'
says 'what would be written' 'would write notes.csv: 9 rows of notes'
[ "$(databases)" = "$before" ] && [ ! -e back ] && [ ! -e notes.csv ]
verdict $? 'nothing is made'

# each of these is refused, dry and not
refused() { # refused NAME WORD ARGUMENT...
	name=$1 word=$2
	shift 2
	exits "$name: --dry-run: exit 2" 2 restore --dry-run "$@"
	field "$name: is told" .error.code "$word"
	exits "$name: exit 2" 2 restore "$@"
	field "$name: is told, too" .error.code "$word"
	[ "$(databases)" = "$before" ]
	verdict $? "$name: nothing is left" || databases
}
refused 'a database that is not empty' not-empty --pg-into "$(app)" --create-db app
refused 'no server' no-connection --pg-into "host=$box/none dbname=app"
refused 'a swap with none' no-database --pg-into "$(app none)" --swap
mkdir full && : >full/file
refused 'a directory that is not empty' not-empty --dir-into files=full
refused 'a directory in none' not-found --dir-into files=none/back
: >notes.csv
refused 'a file that is there' exists --extract notes=notes.csv
refused 'no such table' no-table --extract nothing=nothing.csv
on 1 'CREATE ROLE small LOGIN'
refused 'a role that may make no database' auth --pg-into "$(app | sed 's,//u@,//small@,')"
on 1 'ALTER ROLE small CREATEDB'
refused 'a live database of another' not-owner --swap --no-owner --pg-into "$(app | sed 's,//u@,//small@,')"
says 'names its owner' 'app belongs to u, and small cannot rename it'
exits 'nor does database-swap: exit 2' 2 database-swap -n --dry-run --pg "$(app | sed 's,//u@,//small@,')" postgres
psql -Xq "$(app)" -c 'BEGIN; CREATE TABLE later (); PREPARE TRANSACTION '"'forgotten'"
refused 'a prepared transaction' in-use --swap --pg-into "$(app)"
says 'how to end it' "ROLLBACK PREPARED 'forgotten'"
exits 'beside it is well' 0 restore --dry-run --pg-into "$(app)"
psql -Xq "$(app)" -c "ROLLBACK PREPARED 'forgotten'"

on 1 "DROP DATABASE app"
before=$(databases)
on 1 'DROP ROLE reader'
exits 'a role in no grant' 0 restore --dry-run --pg-into "$(at 1)"
cp app.tar.zst all.tar.zst && cp granted.tar.zst app.tar.zst
refused 'a role in a grant' no-role --pg-into "$(at 1)"
says 'names it and what is granted' 'TABLE texts; Type: ACL; Schema: public; Owner: u: role "reader" does not exist'
cp all.tar.zst app.tar.zst
on 1 'DROP ROLE keeper'
refused 'an owner who is not there' no-role --pg-into "$(at 1)"
exits '--no-owner' 0 restore --dry-run --no-owner --pg-into "$(at 1)"
exits '--globals' 0 restore --dry-run --globals --pg-into "$(at 1)"
[ "$(databases)" = "$before" ] && [ "$(on 1 "SELECT count(*) FROM pg_roles WHERE rolname = 'keeper'")" = 0 ]
verdict $? 'make nothing'
exits '--globals in earnest' 0 restore --globals --pg-into "$(at 1)" --create-db back
finish
