#!/bin/sh
# health-wait: Postgres targets, on a real server and on one that refuses by script
# shellcheck disable=SC2154 # fixture sets the ports
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/fixture.sh"

exits 'a real server' 0 health-wait -n --timeout 10 pg:env:DATABASE_URL
shows 'healthy' '[.healthy, .targets[0].kind]' '[true,"postgres"]'
exits 'by its URI' 0 health-wait -n --timeout 10 "$DATABASE_URL"
exits 'a statement and its row' 0 health-wait -n --timeout 5 pg:env:DATABASE_URL --sql "SELECT 1, NULL, 'x'" --expect-row '1||x'
waits 'another row' 1 assertion-failed --timeout 0.3 pg:env:DATABASE_URL --sql 'SELECT 2' --expect-row 1
waits 'a broken statement' 1 query-failed --timeout 0.3 pg:env:DATABASE_URL --sql 'SELECT nothing'
shows 'with its SQLSTATE' '.targets[0].last.sqlstate' '"42703"'
waits 'a slow statement is cut' 1 timeout --timeout 0.5 pg:env:DATABASE_URL --sql 'SELECT pg_sleep(9)'
shows 'at the deadline' '.seconds < 0.6' true
waits 'a primary' 0 ok --timeout 5 pg:env:DATABASE_URL --role primary --max-lag 1MB
waits 'no standby' 1 assertion-failed --timeout 0.3 pg:env:DATABASE_URL --role standby
waits 'no replicas' 1 assertion-failed --timeout 0.3 pg:env:DATABASE_URL --replicas 1

socket=$(psql -XAtc 'show unix_socket_directories' "$DATABASE_URL")
user=$(psql -XAtc 'select current_user' "$DATABASE_URL")
port=$(psql -XAtc 'show port' "$DATABASE_URL")
waits 'no such database' 1 pg-no-database --timeout 0.3 "pg:host=$socket port=$port user=$user dbname=none"
waits 'no such user' 1 pg-auth --timeout 0.3 "pg:host=$socket port=$port user=nobody_here dbname=postgres"
waits 'no socket' 1 not-found --timeout 0.3 "pg:host=$box port=$port dbname=postgres"
waits 'a lazy target: the database is made while it waits' 0 ok --timeout 5 "pg:host=$socket port=$port user=$user dbname=postgres" \
	--sql 'SELECT 1'
(sleep 0.5; createdb -h "$socket" -p "$port" -U "$user" born) &
exits 'a database that appears' 0 health-wait -n --timeout 5 "pg:host=$socket port=$port user=$user dbname=born"
wait "$!"

fixture starting 0.5@pg:57P03 pg:28P01
fixture starting2 pg:57P03
fixture slots pg:53300
fixture shut closed
fixture quiet hang
fixture ssh 'say:SSH-2.0-OpenSSH_9.2\r\n'
waits 'starting' 1 pg-starting --timeout 0.4 "postgres://u@127.0.0.1:$starting2/d"
shows 'with its SQLSTATE' '.targets[0].last.sqlstate' '"57P03"'
waits 'no slots left' 1 pg-too-many --timeout 0.3 "postgres://u@127.0.0.1:$slots/d"
waits 'wrong password' 1 pg-auth --timeout 1 "postgres://u:secret@127.0.0.1:$starting/d"
! grep -q secret out err
verdict $? 'the password is told nowhere' || evidence out out
waits 'wrong password ends --fail-fast' 1 pg-auth --timeout 9 --fail-fast "postgres://u:secret@127.0.0.1:$starting/d"
waits 'refused' 1 refused --timeout 0.3 "postgres://u@localhost:$shut/d"
waits 'silent' 1 connect-timeout --timeout 0.5 "postgres://u@127.0.0.1:$quiet/d"
waits 'something else listens there' 1 reset --timeout 0.3 "postgres://u@127.0.0.1:$ssh/d?sslmode=disable"
waits 'unknown host' 1 dns-failed --timeout 0.5 "postgres://u@nothing.invalid/d"
waits 'two unknown hosts' 1 dns-failed --timeout 0.5 "postgres://u@nothing.invalid,nowhere.invalid/d"
waits 'of two hosts one answers' 1 pg-too-many --timeout 0.3 "postgres://u@127.0.0.1:$shut,localhost:$slots/d"
finish
