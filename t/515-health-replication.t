#!/bin/sh
# health-wait: a primary and its standby, on real servers: role, lag, replicas, no connections left, starting up
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"
. "$top/t/cluster.sh"
few='max_connections=6 superuser_reserved_connections=0 hot_standby_feedback=off'
cluster a
a="pg:host=$box/pg port=1 user=u dbname=postgres"
b="pg:host=$box/pg port=2 user=u dbname=postgres"

health-wait -n --timeout 15 "$a" --role primary >out 2>err &
pid=$!
sleep 0.1
# shellcheck disable=SC2086 # settings are words
server a 1 -W $few
wait "$pid"
verdict $? 'a primary that starts' || evidence err err
waits 'it has no standby yet' 1 assertion-failed --timeout 0.3 "$a" --replicas 1
standby b 1
# shellcheck disable=SC2086
server b 2 -W $few
exits 'primary and standby' 0 health-wait -n --timeout 15 "$a" --role primary --replicas 1 "$b" --role standby --max-lag 5s
waits 'the standby is no primary' 1 pg-standby --timeout 0.3 "$b" --role primary

# replay stands still while the primary goes on
on 2 'select pg_wal_replay_pause()' >/dev/null
on 1 'create table t as select generate_series(1, 50000)'
sleep 0.3
waits 'the standby is behind' 1 pg-lag --timeout 0.5 "$b" --max-lag 64kB
waits 'the primary knows it' 1 pg-lag --timeout 0.5 "$a" --max-lag 64kB
on 2 'select pg_wal_replay_resume()' >/dev/null
waits 'it catches up' 0 ok --timeout 9 "$b" --max-lag 64kB --role standby
stop a immediate
waits 'a standby without its primary: its lag is not known' 1 pg-lag --timeout 2 "$b" --max-lag 1GB
(sleep 0.5; on 2 'select pg_promote()' >/dev/null) &
exits 'promotion is seen' 0 health-wait -n --timeout 9 "$b" --role primary
wait "$!"

# all slots are taken
for i in 1 2 3 4 5 6; do
	psql -XAtqh "$box/pg" -p 2 -U u -c 'select 1' -c "\! touch taken.$i" -c 'select pg_sleep(60)' postgres >/dev/null 2>&1 &
	takers="${takers-} $!"
	soon test -e "taken.$i"
done
waits 'no slots left' 1 pg-too-many --timeout 0.4 "$b"
# shellcheck disable=SC2086 # a list
kill -INT $takers
exits 'until some are free' 0 health-wait -n --timeout 9 "$b"
wait
finish
