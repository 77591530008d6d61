#!/bin/sh
# killed and cut off at many moments: never a file under its final name that does not verify, never a lost database
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

db app
sql "CREATE TABLE notes AS SELECT i AS id, repeat(md5(i::text), 20) AS t FROM generate_series(1, 40000) i; ALTER TABLE notes ADD PRIMARY KEY (id)"
mkdir files b && head -c 3000000 /dev/urandom >files/random
snapshot -n -o whole.tar.zst >/dev/null 2>&1; verdict $? 'an archive'

# kill -9 at ten moments
for i in 01 03 06 10 15 20 25 30 40 50; do
	timeout -s KILL "0.$i" snapshot -n -j1 --dir files=files --pg "$DATABASE_URL" -o "b/" >/dev/null 2>&1
	sleep .01
done
find b -name '*.tar.zst' ! -name '.*' >final
while read -r file; do snapshot-verify -n -q "$file" >/dev/null 2>&1 || echo "$file"; done <final >wrong
[ ! -s wrong ]; verdict $? "killed ten times: what has its final name verifies ($(wc -l <final) do)" || evidence wrong wrong
soon holds "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'handrail%' AND state <> 'idle'"; verdict $? 'no session and no lock is left behind'

# the server ends the connections, one after another
copying() { holds "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY%'" || ended $pid; }
snapshot -n -j2 --level 15 -o cut/ >out 2>err & pid=$!
soon copying
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'handrail%'" >/dev/null
wait $pid
[ $? = 2 ]; verdict $? 'connections ended by the server: exit 2' || evidence err err
[ -z "$(find cut -type f)" ]; verdict $? 'nothing is left behind'

# the leader alone: its locks are gone, so the copy cannot be trusted
snapshot -n -j1 --level 15 -o cut/ >out 2>err & pid=$!
soon copying
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'handrail%' AND state = 'idle in transaction' AND query NOT LIKE 'COPY%'" >/dev/null
wait $pid
[ $? = 2 ]; verdict $? 'the connection with the locks ended: exit 2' || evidence err err
[ -z "$(find cut -type f)" ]; verdict $? 'nothing is left behind'

# a restore that is killed leaves the old database as it was, and can be done again
# how many databases are marked as half made; one that was done before it could be killed is none
half() { psql -XAtqc "SELECT count(*) FROM pg_database WHERE datconnlimit > 1000000" "$server"; }
half_or_ended() { [ "$(half)" = 1 ] || ended $pid; }
left=0
for i in 04 08 12 16 20 25 30 40 50 70; do
	timeout -s KILL "0.$i" snapshot-restore -n --pg-into "$DATABASE_URL" whole.tar.zst >/dev/null 2>&1
	[ "$(sql 'SELECT count(*), min(length(t)) FROM notes')" = '40000|640' ] || echo "after 0.$i s"
	left=$((left + $(half)))
done >wrong
[ ! -s wrong ] && [ "$left" != 0 ]; verdict $? "restore killed at ten moments: the old database is as it was ($left times there was a half-made one)" || evidence wrong wrong
exits 'and again, with the swap' 0 snapshot-restore -n --pg-into "$DATABASE_URL" --swap whole.tar.zst
gives 'works' 'SELECT count(*), min(length(t)) FROM notes' '40000|640'
half >got
same 'what killed ones had left is swept' got <<'END'
0
END
# its first connection ended by the server: the one that would drop what is half made (those that were done before they
# could be killed are there)
restored() { psql -XAtqc "SELECT datname FROM pg_database WHERE datname LIKE 'app_restore%' ORDER BY 1" "$server"; }
restored >want
snapshot-restore -n -j1 --pg-into "$DATABASE_URL" whole.tar.zst >out 2>err & pid=$!
soon half_or_ended
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'handrail%' AND datname = 'postgres'" >/dev/null
wait $pid
[ $? = 2 ] && restored | cmp -s want; verdict $? 'a restore that loses its first connection drops what it had made' || evidence err err
# a living one is not in the way of another, and keeps its own
snapshot-restore -n -j1 --pg-into "$DATABASE_URL" --create-db slow whole.tar.zst >out1 2>&1 & pid=$!
soon half_or_ended
exits 'another at the same time' 0 snapshot-restore -n -j1 --pg-into "$DATABASE_URL" --create-db quick whole.tar.zst
wait $pid; verdict $? 'both are done' || evidence out out1
for i in 1 2 3; do
	timeout -s KILL "0.$i" snapshot-restore -n --pg-into "$DATABASE_URL" --swap whole.tar.zst >/dev/null 2>&1
	sleep .5
	gives "killed after 0.$i s with the swap: the database is there" 'SELECT count(*) FROM notes' 40000
done

# a table that is truncated before its lock is had would read as empty
sql "CREATE TABLE gone AS SELECT i FROM generate_series(1, 100) i; CREATE TYPE mood AS ENUM ('sad', 'fine');
	CREATE TABLE moods (m mood) PARTITION BY HASH (m); CREATE TABLE moods_0 PARTITION OF moods FOR VALUES WITH (MODULUS 1, REMAINDER 0);
	INSERT INTO moods VALUES ('fine')"
for table in gone moods; do
rm -f hold
mkfifo hold
psql -Xq "$DATABASE_URL" <hold >/dev/null & exec 3>hold
echo "BEGIN; TRUNCATE $table; INSERT INTO $table SELECT $(case $table in gone) echo 1 ;; *) echo "'sad'" ;; esac);" >&3
soon holds "SELECT count(*) = 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = '$table'::regclass"
snapshot -n -o "$table.tar.zst" >out 2>err & pid=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%' AND wait_event_type = 'Lock'"
echo 'COMMIT;' >&3
exec 3>&-
wait $pid; verdict $? "a table emptied and filled between snapshot and lock ($table)"
wait
done
tar --zstd -xOf gone.tar.zst MANIFEST.json | jq -r '.stores[0].tables[] | select(.name == "public.gone") | .rows' >got
same 'is read as it is after that, not as empty' got <<'END'
1
END
tar --zstd -xOf moods.tar.zst stores/app/rest.dump | pg_restore -f - --data-only -t moods_0 | grep -A1 '^COPY' | tail -n 1 >got
same 'one that pg_dump reads, too' got <<'END'
sad
END
finish
