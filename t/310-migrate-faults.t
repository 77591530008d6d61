#!/bin/sh
# migrate-apply when things go wrong: two at once, killed, blocked, cut off, without rights, without its history
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
now() { date +%s%N | sed 's/......$//'; }
active="SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name LIKE 'migrate-apply%' AND datname = current_database() AND state = 'active' AND query LIKE"

# two and ten at once, with an UPDATE that must happen once
db many
mkdir m
echo 'CREATE TABLE c (n int); INSERT INTO c VALUES (0);' >m/1_c.sql
for i in 2 3 4 5 6; do echo 'UPDATE c SET n = n + 1; SELECT pg_sleep(0.2);' >m/${i}_u.sql; done
for i in 1 2 3 4 5 6 7 8 9 10; do
	apply m >"out.$i" 2>"err.$i" &
	pids="${pids-} $!"
done
bad=0
for p in $pids; do wait "$p" || bad=$((bad + 1)); done
[ $bad = 0 ]
verdict $? 'ten runs at once all end with 0' || evidence err err.1
gives 'and each file was applied once' 'SELECT (SELECT n FROM c), count(*) FROM handrail.history' '5|6'
tail -qn1 out.* | jq -r .status | sort | uniq -c | sed 's/^ *//' >got
same 'one did the work, the others found it done' got <<-TEXT
	1 ok
	9 unchanged
TEXT
cat err.* | grep -q 'waiting up to 60 s for pid [0-9]* (migrate-apply '
verdict $? 'who waits is told for whom' || evidence err err.2

# a second run begins after the first one has made its history
for kind in dbmate diesel alembic; do
	db "late_$kind"
	rm -rf late
	mkdir -p late/1_a late/2_b late/3_c
	echo 'CREATE TABLE c (n int); INSERT INTO c VALUES (0);' >late/1_a/up.sql
	echo 'SELECT pg_sleep(1.5); UPDATE c SET n = n + 1;' >late/2_b/up.sql
	echo 'UPDATE c SET n = n + 1;' >late/3_c/up.sql
	apply --history $kind late >out.1 2>err.1 &
	pid=$!
	soon holds "SELECT count(*) > 0 FROM pg_tables WHERE tablename = 'c'"
	exits "$kind: the second one waits" 0 apply --history $kind late
	wait $pid
	verdict $? "$kind: the first one ends well" || evidence err err.1
	gives "$kind: each file was applied once" 'SELECT n FROM c' 2
done
mkdir same && echo 'SELECT 1;' >same/1_x.sql && echo 'SELECT 1;' >same/2_x.sql
exits 'two files that Alembic would call the same: exit 2' 2 apply --history alembic same

# killed in the middle of a statement
db killed
mkdir k
echo 'CREATE TABLE c (n int); INSERT INTO c VALUES (0);' >k/1_c.sql
echo 'UPDATE c SET n = n + 1; SELECT pg_sleep(30);' >k/2_u.sql
if since 14; then # an older one looks for its client only when it has ended its work
	migrate-apply -n k >out 2>err &
	pid=$!
	soon holds "$active '%pg_sleep%'"
	kill -9 $pid
	wait $pid 2>/dev/null
	begun=$(now)
	sql 'UPDATE c SET n = n' >/dev/null
	took=$(($(now) - begun))
	[ $took -lt 4000 ]
	verdict $? "after kill -9 the server stops the work by itself ($took ms)"
fi
echo 'UPDATE c SET n = n + 1;' >k/2_u.sql
exits 'and the next run does it' 0 apply k
gives 'once' 'SELECT n FROM c' 1

# asked to stop
echo 'UPDATE c SET n = n + 1; SELECT pg_sleep(30);' >k/3_u.sql
migrate-apply -n k >out 2>err &
pid=$!
soon holds "$active '%pg_sleep%'"
begun=$(now)
kill -TERM $pid
wait $pid
got=$? took=$(($(now) - begun))
[ $got = 143 ]
verdict $? 'SIGTERM: exit 143' || evidence err err
[ $took -lt 2000 ]
verdict $? "at once ($took ms)"
field 'cancelled' '[.status, .error.code] | @json' '["cancelled","cancelled"]'
gives 'rolled back' 'SELECT n FROM c' 1
# another run waits for its time only
migrate-apply -n k >out.1 2>err.1 &
pid=$!
soon holds "$active '%pg_sleep%'"
exits 'a run that holds on: exit 2' 2 apply --lock-wait 300ms k
field 'locked' .error.code locked
says 'by whom' 'another run holds the migration lock: pid '
# the backend is ended under it
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()" >/dev/null
wait $pid
[ $? = 2 ]
verdict $? 'backend terminated: exit 2' || evidence err err.1
grep -q 'rolled back: nothing of this file is in the database' err.1
verdict $? 'and it has looked what became of it' || evidence err err.1
gives 'rolled back' 'SELECT n FROM c' 1
# the server crashes and comes back
migrate-apply -n k >out.1 2>err.1 &
pid=$!
soon holds "$active '%pg_sleep%'"
kill -9 "$(sql "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()")"
wait $pid
[ $? = 2 ]
verdict $? 'server restarted in the middle: exit 2' || evidence err err.1
grep -q 'rolled back: nothing of this file is in the database' err.1
verdict $? 'it waited for it, and looked' || evidence err err.1
echo 'UPDATE c SET n = n + 1;' >k/3_u.sql
exits 'and the next run does it' 0 apply k
gives 'once' 'SELECT n FROM c' 2

# a table that somebody reads for long
db blocked
mkdir b
echo 'CREATE TABLE big (n int); INSERT INTO big VALUES (1);' >b/1_c.sql
apply b >/dev/null 2>&1
echo 'ALTER TABLE big ADD COLUMN m int;' >b/2_a.sql
psql -Xqc "BEGIN; SELECT * FROM big; SELECT pg_sleep(30); COMMIT" "$DATABASE_URL" >/dev/null 2>&1 &
reader=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'BEGIN%pg_sleep%' AND pid <> pg_backend_pid()"
migrate-apply -n b >out 2>err &
pid=$!
soon grep -qF 'blocked by pid ' err
# as the server sees it: on a busy machine a client may take longer to begin than to wait
psql -Xqc "DO \$\$ DECLARE since timestamptz; worst interval := '0';
	BEGIN
		FOR i IN 1..100 LOOP
			since := clock_timestamp();
			PERFORM count(*) FROM big;
			worst := greatest(worst, clock_timestamp() - since);
			COMMIT;
			PERFORM pg_sleep(0.02);
		END LOOP;
		RAISE NOTICE '%', round(1000 * extract(epoch FROM worst));
	END \$\$" "$DATABASE_URL" 2>waited
worst=$(sed -n 's/^NOTICE:  //p' waited)
sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN%pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
wait $reader
wait $pid
verdict $? 'behind a long reader it gets through in the end' || evidence err err
[ "$worst" -ge 100 ] && [ "$worst" -lt 800 ]
verdict $? "and nobody waits longer than lock_timeout and 0.3 s ($worst ms)" || evidence waited waited
says 'who is in the way is told' 'blocked by pid '
says 'with the query' 'SELECT * FROM big; SELECT pg_sleep(30)'
gives 'done once' 'SELECT count(*) FROM handrail.history' 2
echo 'ALTER TABLE big ADD COLUMN o int;' >b/3_a.sql
psql -Xqc "BEGIN; SELECT * FROM big; SELECT pg_sleep(5); COMMIT" "$DATABASE_URL" >/dev/null 2>&1 &
reader=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'BEGIN%pg_sleep%' AND pid <> pg_backend_pid()"
exits 'past its budget: exit 1' 1 apply --lock-timeout 100ms --lock-budget 700ms b
field 'lock-timeout' .error.code lock-timeout
sql "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN%pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
wait $reader
exits 'and then it goes' 0 apply b

# the history itself
db history
mkdir h
echo 'CREATE TABLE a (n int);' >h/1_a.sql
apply h >/dev/null 2>&1
echo 'DROP SCHEMA handrail CASCADE;' >h/2_d.sql
exits 'a migration that drops the history: exit 1' 1 apply h
says 'with the reason' 'the migration removed the history'
gives 'rolled back' 'SELECT count(*) FROM handrail.history' 1
echo 'CREATE TABLE p (n int PRIMARY KEY); CREATE TABLE f (n int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO f VALUES (1);' >h/2_d.sql
exits 'a failure at COMMIT: exit 1' 1 apply h
says 'is told as one' 'its COMMIT failed: insert or update on table "f" violates foreign key'
gives 'rolled back' "SELECT to_regclass('p'), count(*) FROM handrail.history" '|1'
rm h/2_d.sql

# what is tried again without a lock in the way is told as what it is
db again
mkdir g
echo 'CREATE TABLE c (n int); INSERT INTO c VALUES (1);' >g/1_c.sql
exits 'a row' 0 apply g
echo 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM c; SELECT pg_sleep(1); UPDATE c SET n = n + 1; COMMIT;' >g/2_u.sql
apply g >out 2>err &
pid=$!
soon holds "$active '%pg_sleep(1)%'"
sql 'UPDATE c SET n = n + 10'
wait $pid
verdict $? 'a row that another one changed meanwhile: tried again' || evidence err err
says 'told as what it is' 'could not serialize access due to concurrent update (SQLSTATE 40001); trying again in'
gives 'and done once' 'SELECT n FROM c' 12
# cut off outside of a transaction: the record says in which statement
printf -- '-- handrail: no-transaction\nCREATE TABLE a (n int);\nSELECT pg_sleep(30);\n' >g/3_s.sql
apply g >out 2>err &
pid=$!
soon holds "$active '%pg_sleep(30)%'"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
wait $pid
[ $? = 4 ]
verdict $? 'cut off between statements: exit 4' || evidence err err
field 'the record says where' '[.error.code, .result.failed.line, .result.failed.statement] | @json' '["half-applied",3,"SELECT pg_sleep(30)"]'

# without rights
sql "CREATE ROLE weak LOGIN" >/dev/null
weak=$(printf '%s\n' "$DATABASE_URL" | sed 's,//[^@/]*@,//weak@,')
echo 'CREATE TABLE b (n int);' >h/2_b.sql
exits 'a user that may not read the history: exit 2' 2 apply --pg "$weak" h
says 'tells which' 'cannot look for the history: permission denied for schema handrail'
db fresh
weak=$(printf '%s\n' "$DATABASE_URL" | sed 's,//[^@/]*@,//weak@,')
exits 'a user that may not create it: exit 2' 2 apply --pg "$weak" h
says 'tells what to grant' 'GRANT CREATE ON DATABASE'
gives 'nothing is there' "SELECT to_regnamespace('handrail')" ''
sql "ALTER DATABASE fresh SET default_transaction_read_only = on" >/dev/null
exits 'a server that is read-only: exit 2' 2 apply h
says 'says so' 'read-only transaction'
finish
