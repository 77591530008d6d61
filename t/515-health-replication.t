#!/bin/sh
# health-wait: a primary and its standby, on real servers: role, lag, replicas, no connections left, starting up
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"
bin=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb)" 2>/dev/null)
[ -x "$bin/pg_basebackup" ] || skip_all 'no Postgres server here'
as=
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id postgres >/dev/null 2>&1 || user=nobody
	command -v setpriv >/dev/null || skip_all 'root, and no setpriv'
	as="setpriv --reuid $user --regid $(id -g "$user") --clear-groups"
	chmod 755 "$box"
	mkdir pg && chown "$user" pg
else
	mkdir pg
fi
end() {
	for cluster in a b; do $as "$bin/pg_ctl" -D "pg/$cluster" -m immediate stop >/dev/null 2>&1; done
	cd / && rm -rf "$box"
}
trap end EXIT
server() { # server NAME OPTIONS: begin to start it
	$as "$bin/pg_ctl" -D "pg/$1" -l "pg/$1.log" -W -o "-k $box/pg -p $2 -c listen_addresses= -c fsync=off -c max_connections=6 -c superuser_reserved_connections=0 -c hot_standby_feedback=off" start >/dev/null
}
$as "$bin/initdb" -D pg/a -U u -A trust -N >/dev/null 2>&1 || skip_all 'initdb failed'
printf 'local replication all trust\n' >>pg/a/pg_hba.conf
a="pg:host=$box/pg port=1 user=u dbname=postgres"
b="pg:host=$box/pg port=2 user=u dbname=postgres"

health-wait -n --timeout 15 "$a" --role primary >out 2>err &
pid=$!
sleep 0.1
server a 1
wait "$pid"
verdict $? 'a primary that starts' || evidence err err
waits 'it has no standby yet' 1 assertion-failed --timeout 0.3 "$a" --replicas 1
$as "$bin/pg_basebackup" -c fast -R -X stream -D pg/b -h "$box/pg" -p 1 -U u >/dev/null 2>err
verdict $? 'a standby is made' || evidence err err
server b 2
exits 'primary and standby' 0 health-wait -n --timeout 15 "$a" --role primary --replicas 1 "$b" --role standby --max-lag 5s
waits 'the standby is no primary' 1 pg-standby --timeout 0.3 "$b" --role primary

# replay stands still while the primary goes on
psql -XAtqh "$box/pg" -p 2 -U u -c 'select pg_wal_replay_pause()' postgres >/dev/null
psql -XAtqh "$box/pg" -p 1 -U u -c 'create table t as select generate_series(1, 50000)' postgres
sleep 0.3
waits 'the standby is behind' 1 pg-lag --timeout 0.5 "$b" --max-lag 64kB
waits 'the primary knows it' 1 pg-lag --timeout 0.5 "$a" --max-lag 64kB
psql -XAtqh "$box/pg" -p 2 -U u -c 'select pg_wal_replay_resume()' postgres >/dev/null
waits 'it catches up' 0 ok --timeout 9 "$b" --max-lag 64kB --role standby
$as "$bin/pg_ctl" -D pg/a -m immediate stop >/dev/null
waits 'a standby without its primary: its lag is not known' 1 pg-lag --timeout 2 "$b" --max-lag 1GB
(sleep 0.5; psql -XAtqh "$box/pg" -p 2 -U u -c 'select pg_promote()' postgres >/dev/null) &
exits 'promotion is seen' 0 health-wait -n --timeout 9 "$b" --role primary
wait "$!"

# all slots are taken
for i in 1 2 3 4 5 6; do
	psql -XAtqh "$box/pg" -p 2 -U u -c 'select 1' -c "\! touch taken.$i" -c 'select pg_sleep(3)' postgres >/dev/null 2>&1 &
	tries=0
	while [ ! -e "taken.$i" ] && [ "$tries" -lt 200 ]; do sleep 0.02 && tries=$((tries + 1)); done
done
waits 'no slots left' 1 pg-too-many --timeout 0.4 "$b"
exits 'until some are free' 0 health-wait -n --timeout 9 "$b"
wait
finish
