#!/bin/sh
# migrate-apply on servers in trouble: a standby, a full disk, one that is stopped and started in the middle
. "$(dirname "$0")/lib.sh"
bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb)" 2>/dev/null)
[ -x "$bin/pg_basebackup" ] || skip_all 'no Postgres server here'
as=
mkdir pg pg/full
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id postgres >/dev/null 2>&1 || user=nobody
	command -v setpriv >/dev/null || skip_all 'root, and no setpriv'
	as="setpriv --reuid $user --regid $(id -g "$user") --clear-groups"
	chmod 755 "$box"
	mount -t tmpfs -o size=96m tmpfs pg/full 2>/dev/null && mounted=yes
	chown -R "$user" pg
fi
end() {
	for cluster in a b full/c; do $as "$bin/pg_ctl" -D "pg/$cluster" -m immediate stop >/dev/null 2>&1; done
	[ -z "${mounted-}" ] || umount pg/full
	cd / && rm -rf "$box"
}
trap end EXIT
server() { # server NAME PORT: start it
	$as "$bin/pg_ctl" -D "pg/$1" -l "pg/$2.log" -w -o "-k $box/pg -p $2 -c listen_addresses= -c fsync=off -c wal_keep_size=16MB" start >/dev/null
}
new() { $as "$bin/initdb" -D "pg/$1" -U u -A trust -N --wal-segsize=1 >/dev/null 2>&1; }
at() { printf 'postgres://u@/postgres?host=%s&port=%s' "$(printf %s "$box/pg" | sed 's,/,%2F,g')" "$1"; }
gives() { # gives NAME PORT SQL WANTED
	psql -XAtqc "$3" "$(at "$2")" >got 2>&1
	same "$1" got <<-TEXT
	$4
	TEXT
}
says() {
	grep -qF -- "$2" err
	verdict $? "$1" || { printf '#   wanted: %s\n' "$2"; evidence err err; }
}
word() {
	tail -n 1 out | jq -r .error.code >got
	same "$1" got <<-TEXT
	$2
	TEXT
}
new a || skip_all 'initdb failed'
printf 'local replication all trust\n' >>pg/a/pg_hba.conf
server a 1

# a standby
mkdir m
echo 'CREATE TABLE t (n int);' >m/1_t.sql
$as "$bin/pg_basebackup" -c fast -R -X stream -D pg/b -h "$box/pg" -p 1 -U u >/dev/null 2>err
verdict $? 'a standby is made' || evidence err err
server b 2
exits 'a standby without a history: exit 2' 2 migrate-apply -n --pg "$(at 2)" m
says 'says what it is' 'is a standby'
word 'read-only' read-only
exits 'its primary' 0 migrate-apply -n --pg "$(at 1)" m
i=0
until [ "$(psql -XAtqc 'SELECT count(*) FROM handrail.history' "$(at 2)" 2>/dev/null)" = 1 ] || [ $i -gt 100 ]; do sleep 0.05 && i=$((i + 1)); done
exits 'nothing pending on the standby: exit 0' 0 migrate-apply -n --pg "$(at 2)" m
exits 'migrate-status reads it there' 0 migrate-status -n --check --pg "$(at 2)" m
echo 'ALTER TABLE t ADD m int;' >m/2_t.sql
exits 'pending on the standby: exit 2' 2 migrate-apply -n --pg "$(at 2)" m
says 'says to where it belongs' 'connect to the primary'
$as "$bin/pg_ctl" -D pg/b -m immediate stop >/dev/null

# stopped and started while a statement runs
migrate-apply -nq --pg "$(at 1)" m >/dev/null 2>&1
echo 'INSERT INTO t VALUES (1); SELECT pg_sleep(30);' >m/3_s.sql
migrate-apply -n --pg "$(at 1)" m >out 2>err &
pid=$!
i=0
until [ "$(psql -XAtqc "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" "$(at 1)")" = 1 ] || [ $i -gt 100 ]; do sleep 0.05 && i=$((i + 1)); done
$as "$bin/pg_ctl" -D pg/a -m fast -w restart >/dev/null
wait $pid
[ $? = 2 ]
verdict $? 'a server that is restarted: exit 2' || evidence err err
says 'it was looked what became of it' 'rolled back: nothing of this file is in the database'
gives 'and so it is' 1 'SELECT (SELECT count(*) FROM t), count(*) FROM handrail.history' '0|2'
migrate-apply -n --pg "$(at 1)" m >out 2>err &
pid=$!
i=0
until [ "$(psql -XAtqc "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" "$(at 1)")" = 1 ] || [ $i -gt 100 ]; do sleep 0.05 && i=$((i + 1)); done
kill -9 $pid
wait $pid 2>/dev/null
begun=$(date +%s%N)
i=0
until [ "$(psql -XAtqc "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" "$(at 1)")" = 0 ] || [ $i -gt 200 ]; do sleep 0.05 && i=$((i + 1)); done
took=$((($(date +%s%N) - begun) / 1000000))
[ $took -lt 4000 ]
verdict $? "after kill -9 the backend ends by itself ($took ms)"
gives 'with what it did' 1 'SELECT count(*) FROM t' 0
echo 'INSERT INTO t VALUES (1);' >m/3_s.sql
exits 'the next run goes on' 0 migrate-apply -n --pg "$(at 1)" m
$as "$bin/pg_ctl" -D pg/a -m immediate stop >/dev/null

# a full disk
if [ -z "${mounted-}" ]; then
	echo "ok $((tap_n += 1)) # SKIP a full disk needs a tmpfs, and mounting one needs root"
	finish
fi
new full/c
server full/c 3
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
