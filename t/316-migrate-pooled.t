#!/bin/sh
# migrate-apply through a proxy that gives each transaction another connection: pgbouncer
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
pgbouncer=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v pgbouncer) || skip_all 'no pgbouncer here'
socket=$(printf '%s\n' "$server" | sed 's/.*host=\([^&]*\).*/\1/; s/%2F/\//g')
as=
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || skip_all 'root, and no setpriv'
	# its socket's directory is the server's own
	user=$(stat -c %U "$socket")
	as="setpriv --reuid $user --regid $(id -g "$user") --clear-groups"
	chmod 755 "$box"
fi
mkdir pool
[ -z "$as" ] || chown "$user" pool
pid=
trap 'kill $pid 2>/dev/null; wait; cd / && rm -rf "$box"' EXIT

proxy() { # proxy SIZE: DATABASE_URL goes through it
	[ -z "$pid" ] || { kill "$pid"; wait "$pid" 2>/dev/null; }
	rm -f pool/.s.PGSQL.6432
	cat >pool/ini <<-INI
	[databases]
	* = host=$socket port=5432 user=handrail
	[pgbouncer]
	listen_addr =
	unix_socket_dir = $box/pool
	listen_port = 6432
	auth_type = any
	pool_mode = transaction
	default_pool_size = $1
	logfile = $box/pool/log
	INI
	$as "$pgbouncer" -q pool/ini 2>/dev/null &
	pid=$!
	soon test -S pool/.s.PGSQL.6432
}
# without_locks NAME: the server sees a moment later that a client is gone
without_locks() {
	soon holds "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"
	verdict $? "$1"
}
through() { printf '%s\n' "$DATABASE_URL" | sed "s,host=[^&]*,host=$(printf '%s' "$box/pool" | sed 's,/,%2F,g'),; s,port=5432,port=6432,"; }

db pooled
mkdir m
echo 'CREATE TABLE c (n int); INSERT INTO c VALUES (0);' >m/1_c.sql
for i in 2 3 4 5; do echo 'UPDATE c SET n = n + 1; SELECT pg_sleep(0.2);' >m/${i}_u.sql; done
cat >m/6_leak.sql <<'SQL'
SET search_path = pg_catalog; SET work_mem = '1234kB'; SET ROLE pg_monitor; RESET ROLE; PREPARE p AS SELECT 1; CREATE TEMP TABLE t (n int);
SQL
printf 'BEGIN ISOLATION LEVEL SERIALIZABLE;\nUPDATE c SET n = n + 1;\nCOMMIT;\n' >m/7_own.sql
printf 'CREATE TABLE i (n int);\nCREATE INDEX CONCURRENTLY i_n ON i (n);\nCOPY i FROM stdin;\n1\n2\n\\.\n' >m/8_steps.sql
seq 9 40 | while read -r i; do echo "CREATE TABLE t$i (n int); PREPARE p AS SELECT 1; DEALLOCATE p;" >"m/${i}_t.sql"; done
seq 41 80 | while read -r i; do echo "CREATE TABLE t$i (n int); SET work_mem = '${i}MB';" >"m/${i}_t.sql"; done
proxy 5
pooled=$(through)
for i in 1 2; do
	migrate-apply -n --pg "$pooled" m >"out.$i" 2>"err.$i" &
	pids="${pids-} $!"
done
bad=0
for p in $pids; do wait "$p" || bad=$((bad + 1)); done
[ $bad = 0 ]
verdict $? 'two runs at once through one proxy end with 0' || { evidence err err.1; evidence err err.2; }
gives 'each file was applied once' 'SELECT (SELECT n FROM c), count(*), (SELECT count(*) FROM i) FROM handrail.history' '5|80|2'
tail -qn1 out.1 out.2 | jq -r .status | sort | paste -sd' ' >got
same 'by one of them' got <<-TEXT
	ok unchanged
TEXT
grep -qh 'waiting up to 60 s for pid [0-9]* (migrate-apply ' err.1 err.2
verdict $? 'the other one is told for whom it waits' || evidence err err.1
without_locks 'and no lock is left'
i=0
while [ $i -lt 5 ]; do
	psql -XAtqc "BEGIN; SELECT 'setting ' || name || ' ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN ('client_encoding', 'application_name', 'DateStyle', 'TimeZone', 'standard_conforming_strings', 'extra_float_digits', 'datestyle', 'IntervalStyle');
		SELECT 'prepared ' || name FROM pg_prepared_statements; SELECT 'temporary ' || relname FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid);
		SELECT pg_sleep(0.3); COMMIT" "$pooled" >"left.$i" 2>&1 &
	i=$((i + 1))
	leavers="${leavers-} $!"
done
for p in $leavers; do wait "$p"; done
cat left.* | sed '/^$/d' >got
same 'nothing of them stays with the connections of the pool' got </dev/null

# whoever holds the lock is seen through the proxy
echo 'SELECT pg_sleep(30);' >m/90_s.sql
migrate-apply -n --pg "$pooled" m >out.1 2>err.1 &
first=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()"
exits 'a run beside it waits for its time only' 2 migrate-apply -n --lock-wait 300ms --pg "$pooled" m
field 'locked' .error.code locked
exits 'so does one past the proxy' 2 migrate-apply -n --lock-wait 300ms m
kill -TERM $first
wait $first
[ $? = 143 ]
verdict $? 'SIGTERM stops it' || evidence err err.1
without_locks 'and frees the lock'
rm m/90_s.sql

# a table that somebody reads
echo 'ALTER TABLE c ADD m int;' >m/91_a.sql
psql -Xqc 'BEGIN; SELECT * FROM c; SELECT pg_sleep(30); COMMIT' "$DATABASE_URL" >/dev/null 2>&1 &
reader=$!
soon holds "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'c'::regclass AND granted"
migrate-apply -n --pg "$pooled" m >out 2>err &
first=$!
soon grep -qF 'blocked by pid ' err
sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN%pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
wait $reader
wait $first
verdict $? 'the lock timeout holds behind a proxy, too'
says 'and who is in the way is told' 'blocked by pid '

printf -- '-- handrail: no-transaction\nSET work_mem = 1234;\nCREATE TABLE z (n int);\n' >m/92_z.sql
exits 'a SET between statements that may run anywhere: exit 2' 2 migrate-apply -n --pg "$pooled" m
rm m/92_z.sql

# what somebody has put into a schema of search_path is not called in our name
db evil
psql -Xq -v ON_ERROR_STOP=1 -f "$top/t/evil.sql" "$DATABASE_URL" || exit 1
sql 'CREATE SCHEMA app; ALTER DATABASE evil SET search_path = app, evil, pg_catalog'
evil=$(through)
mkdir o
echo 'CREATE TABLE a (n int);' >o/1_a.sql
echo 'CREATE TABLE b (n int); INSERT INTO b VALUES (1);' >o/2_b.sql
exits 'a proxy before planted things' 0 migrate-apply -n --fingerprint=never --pg "$evil" o
echo 'CREATE INDEX CONCURRENTLY b_n ON b (n);' >o/3_c.sql
echo 'INSERT INTO a VALUES (1);' >o/4_d.sql
exits 'again' 0 migrate-apply -n --fingerprint=never --pg "$evil" o
exits 'with nothing pending' 0 migrate-apply -n --fingerprint=never --pg "$evil" o
exits 'migrate-status' 0 migrate-status -n --check --pg "$evil" o
echo 'CREATE TABLE c (n int);' >o/5_e.sql
echo 'CREATE TABLE d (n int);' >o/6_f.sql
exits 'one transaction' 0 migrate-apply -n --fingerprint=never --single-transaction --pg "$evil" o
PGOPTIONS='-c search_path=pg_catalog' gives 'the migrations have the names of the connection' \
	"SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r'" a,b,c,d
exits 'preflight' 0 preflight -n --check history --pg "$evil"

echo 'SELECT 1' >m/93_a.sql
proxy 1
exits 'a pool without room for a second connection: exit 2' 2 migrate-apply -n --pg "$pooled" m
field 'pool-too-small' .error.code pool-too-small
finish
