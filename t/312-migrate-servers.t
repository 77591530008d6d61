#!/bin/sh
# migrate-apply on servers in trouble: a standby, a full disk, one that is stopped and started in the middle
. "$(dirname "$0")/lib.sh"
. "$top/t/cluster.sh"
gives() { # gives NAME PORT SQL WANTED
	on "$2" "$3" >got 2>&1
	same "$1" got <<-TEXT
	$4
	TEXT
}
word() {
	tail -n 1 out | jq -r .error.code >got
	same "$1" got <<-TEXT
	$2
	TEXT
}
cluster a --wal-segsize=1
server a 1

# a standby
mkdir m
echo 'CREATE TABLE t (n int);' >m/1_t.sql
standby b 1
server b 2
exits 'a standby without a history: exit 2' 2 migrate-apply -n --pg "$(at 2)" m
says 'says what it is' 'is a standby'
word 'read-only' read-only
exits 'its primary' 0 migrate-apply -n --pg "$(at 1)" m
soon answers 2 'SELECT count(*) FROM handrail.history' 1
exits 'nothing pending on the standby: exit 0' 0 migrate-apply -n --pg "$(at 2)" m
exits 'migrate-status reads it there' 0 migrate-status -n --check --pg "$(at 2)" m
echo 'ALTER TABLE t ADD m int;' >m/2_t.sql
exits 'pending on the standby: exit 2' 2 migrate-apply -n --pg "$(at 2)" m
says 'says to where it belongs' 'connect to the primary'
stop b immediate

# stopped and started while a statement runs
migrate-apply -nq --pg "$(at 1)" m >/dev/null 2>&1
echo 'INSERT INTO t VALUES (1); SELECT pg_sleep(30);' >m/3_s.sql
migrate-apply -n --pg "$(at 1)" m >out 2>err &
pid=$!
soon answers 1 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" 1
$as "$bin/pg_ctl" -D pg/a -m fast -w restart >/dev/null
wait $pid
[ $? = 2 ]
verdict $? 'a server that is restarted: exit 2' || evidence err err
says 'it was looked what became of it' 'rolled back: nothing of this file is in the database'
gives 'and so it is' 1 'SELECT (SELECT count(*) FROM t), count(*) FROM handrail.history' '0|2'
migrate-apply -n --pg "$(at 1)" m >out 2>err &
pid=$!
soon answers 1 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" 1
kill -9 $pid
wait $pid 2>/dev/null
begun=$(date +%s%N)
soon answers 1 "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" 0
took=$((($(date +%s%N) - begun) / 1000000))
[ $took -lt 4000 ]
verdict $? "after kill -9 the backend ends by itself ($took ms)"
gives 'with what it did' 1 'SELECT count(*) FROM t' 0
echo 'INSERT INTO t VALUES (1);' >m/3_s.sql
exits 'the next run goes on' 0 migrate-apply -n --pg "$(at 1)" m

# cut off while its COMMIT, which is done, waits for a standby that is not there
waiting="SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'migrate-apply%'"
n=3
for mode in --single-transaction --fingerprint=never; do
	for i in 1 2; do
		n=$((n + 1))
		echo "CREATE TABLE s$n (n int);" >m/${n}_s.sql
	done
	on 1 "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" && on 1 'SELECT pg_reload_conf()' >/dev/null
	on 1 CHECKPOINT # the checkpointer is who tells all others of it
	migrate-apply -n $mode --pg "$(at 1)" m >out 2>err &
	pid=$!
	soon answers 1 "SELECT count(*) FROM ($waiting) x" 1
	on 1 "SELECT pg_terminate_backend(pid) FROM ($waiting) x" >/dev/null
	on 1 'ALTER SYSTEM RESET synchronous_standby_names' && on 1 'SELECT pg_reload_conf()' >/dev/null
	wait $pid
	verdict $? "$mode: exit 0" || evidence err err
	tail -n 1 out | jq -c '[.status, [.result.applied[].version], .result.after, .result.pending_count]' >got
	same "$mode: what was committed is told as applied" got <<-TEXT
	["ok",["$((n - 1))","$n"],"$n",0]
	TEXT
done
stop a immediate

# a full disk
if ! small full 96m; then
	echo "ok $((tap_n += 1)) # SKIP a full disk needs a tmpfs, and mounting one needs root"
	finish
fi
cluster full/c --wal-segsize=1
server full/c 3 wal_keep_size=16MB
migrate-apply -nq --pg "$(at 3)" --to 2 m >/dev/null 2>&1
free=$(df --output=avail -k pg/full | tail -n 1)
$as dd if=/dev/zero of=pg/full/filler bs=1k count=$((free - 6000)) 2>/dev/null
echo 'CREATE UNLOGGED TABLE big AS SELECT i, repeat($$x$$, 500) t FROM generate_series(1, 40000) i;' >m/3_s.sql
exits 'no space left on the server: exit 1' 1 migrate-apply -n --pg "$(at 3)" m
word 'no-space' no-space
says 'with the place' 'm/3_s.sql:1:1: could not extend file'
says 'and what is left of it' 'rolled back: nothing of this file is in the database'
gives 'nothing' 3 "SELECT to_regclass('big'), count(*) FROM handrail.history" '|2'
rm pg/full/filler
exits 'with space again the next run does it' 0 migrate-apply -n --pg "$(at 3)" m
gives 'all of it' 3 'SELECT count(*) FROM big' 40000
finish
