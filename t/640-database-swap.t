#!/bin/sh
# database-swap: two databases change names, whole or not at all, once
[ "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
database() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
in_db() { psql -XAtqc "$2" "$(database "$1")"; }

db live
mkdir m
echo 'CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes SELECT g, g FROM generate_series(1, 50) g; CREATE TABLE "User" ();' >m/1_notes.sql
migrate-apply -n -q m >/dev/null 2>err || evidence err err
snapshot -n -q --pg live="$DATABASE_URL" -o a.tar.zst >snapped 2>err || evidence err err
sql "INSERT INTO notes SELECT g, 'late' FROM generate_series(51, 60) g"

snapshot-restore -n -q --pg-into "$DATABASE_URL" a.tar.zst >restored 2>err || evidence err err
exits '--dry-run looks' 0 database-swap --dry-run --revision 1 <restored
says 'at every table' 'rows as restored, revision 1'
gives 'and changes nothing' 'SELECT count(*) FROM notes' 60
exits 'a revision that is another: exit 1' 1 database-swap --revision 2 <restored
exits 'a store that was not restored: exit 2' 2 database-swap --store other <restored
new=$(tail -n 1 restored | jq -r '.result.stores[0].database')
in_db "$new" 'DELETE FROM notes WHERE id = 7'
exits 'rows that are missing: exit 1' 1 database-swap <restored
says 'which table' 'public.notes of '
gives 'nothing is changed' 'SELECT count(*) FROM notes' 60
in_db "$new" "INSERT INTO notes VALUES (7, '7')"

# sessions that hold on to both
mkfifo line
psql -Xq "$DATABASE_URL" <line >/dev/null 2>&1 &
holder=$!
exec 8>line
echo 'SELECT 1;' >&8
psql -Xqc 'SELECT pg_sleep(60)' "$(database "$new")" >/dev/null 2>&1 8>&- &
sleeper=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%sleep(60)%' AND pid <> pg_backend_pid()"
exits 'the exchange' 0 database-swap --keep-as kept --revision 1 <restored
exec 8>&-
wait $holder $sleeper
gives 'the restored one is live' 'SELECT count(*) FROM notes' 50
[ "$(in_db kept 'SELECT count(*) FROM notes')" = 60 ]
verdict $? 'the other one is kept'
field 'the record tells the names' '[.status, .result.database, .result.kept_as] | @csv' '"ok","live","kept"'
exits 'a second time' 0 database-swap --keep-as kept <restored
field 'nothing is done' '[.status] | @csv' '"unchanged"'
exits 'the way forth again, by name' 0 database-swap -n kept
gives 'what was kept is live' 'SELECT count(*) FROM notes' 60

exits 'a database there is not: exit 2' 2 database-swap -n nowhere
psql -Xqc 'CREATE DATABASE kept' "$server"
psql -Xqc 'CREATE DATABASE fresh' "$server"
exits 'a name that is taken: exit 2' 2 database-swap -n --keep-as kept fresh
exits 'the live one itself: exit 2' 2 database-swap -n live
exits 'none named, none upstream: exit 2' 2 database-swap -n
psql -Xqc 'CREATE DATABASE "we; ird"' -c 'CREATE ROLE reader LOGIN' "$server"
exits 'a role that may not: exit 2' 2 database-swap -n --pg "$(database live | sed 's,//[^@]*@,//reader@,')" fresh
gives 'and it is as it was' 'SELECT count(*) FROM notes' 60
exits 'a strange name' 0 database-swap -n --keep-as "it's \"kept\"" 'we; ird'
gives 'is live' 'SELECT current_database()' live

# kill -9 in every moment: the names are those before or those after
for delay in 0.00 0.01 0.02 0.03 0.05; do
	psql -Xqc 'CREATE DATABASE next' "$server" 2>/dev/null
	database-swap -n --keep-as "gone_$delay" next >/dev/null 2>&1 &
	pid=$!
	sleep $delay
	{ kill -9 $pid; wait $pid; } 2>/dev/null
	soon in_db live 'SELECT 1'
	exits "killed after $delay s, and run again" 0 database-swap -n --keep-as "gone_$delay" next
done
finish
