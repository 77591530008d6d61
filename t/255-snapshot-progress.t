#!/bin/sh
# how far a snapshot is: each second on a terminal, every ten elsewhere; --max-rate
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
command -v script >/dev/null || skip_all 'no script(1), which makes a terminal'

db slow
sql "CREATE TABLE large AS SELECT repeat(md5(i::text), 10) AS t FROM generate_series(1, 40000) i"
begun=$(date +%s)
script -qec "snapshot -n --no-verify -j1 --max-rate 3m --pg '$DATABASE_URL' -o rate.tar.zst >/dev/null" /dev/null </dev/null >terminal 2>&1 & pid=$!
exits 'not faster than --max-rate' 0 snapshot -n -j1 --no-verify --max-rate 1m --pg "$DATABASE_URL" --exec 'more=head -c 1000 /dev/zero' -o rate10.tar.zst
[ $(($(date +%s) - begun)) -ge 10 ]; verdict $? 'takes its time'
grep -cE '^snapshot: slow: [0-9]+ MB of about [0-9]+ MB copied, [0-9]+ MB/s, about [0-9]+ s left$' err >got
same 'after ten seconds there is a line of it' got <<'END'
1
END
grep -cE '^snapshot: slow: [1-9][0-9]* MB of .*, [1-9]' err >got
same 'which counts what is on its way' got <<'END'
1
END
wait $pid
[ "$(grep -c 'slow: [0-9]* MB of about .* s left' terminal)" -ge 3 ]; verdict $? 'on a terminal one each second' || evidence terminal terminal
# a restore
sql 'CREATE TABLE checked (id int CHECK (pg_sleep(0.01) IS NOT NULL)); INSERT INTO checked SELECT generate_series(1, 300)'
snapshot -n -q --no-verify --pg "$DATABASE_URL" -o back.tar.zst >/dev/null
script -qec "snapshot-restore -n -j1 --pg-into '$server' --create-db back back.tar.zst >/dev/null" /dev/null </dev/null >terminal 2>&1
[ "$(grep -cE '^snapshot-restore: slow: [0-9]+ of [0-9]+ MB of rows loaded.*; [0-9]+ of [0-9]+ jobs done' terminal)" -ge 2 ]
verdict $? 'a restore tells how far it is' || evidence terminal terminal
# its server stands still in the middle
copying() { sql "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%large%' AND state = 'active' AND pid <> pg_backend_pid()" | grep . >backend; }
snapshot -n -j1 --level 19 -o still.tar.zst >out 2>still & pid=$!
soon copying
kill -STOP "$(cat backend)"
sleep 15 # and 15 more
soon grep 'nothing for' still
kill -CONT "$(cat backend)"
wait $pid; verdict $? 'one that stands still and goes on is taken all the same' || evidence err still
grep -q 'slow: .* copied, .*, nothing for [23][0-9] s: does its server stand still' still
verdict $? 'and after half a minute it is told' || evidence err still
finish
