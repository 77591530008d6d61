#!/bin/sh
# lock-exec: one command at a time, on whatever machine, until the last of its children is gone
[ "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
# held COUNT: so many locks are there
held() { [ "$(psql -XAtqc "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" "$server")" = "$1" ]; }
db notes

exits 'the exit status is that of the command' 7 lock-exec deploy -- sh -c 'exit 7'
echo hello >in
exits 'its words are its own' 0 lock-exec deploy sh -c 'cat; printf "%s|" "$@"; echo' sh --pg 'a b' -- <in
same 'and its input and output, too' out <<'END'
hello
--pg|a b|--|
END
exits 'a command there is not: exit 2' 2 lock-exec deploy -- no-such-command
exits 'no command: exit 2' 2 lock-exec deploy --
exits 'no name: exit 2' 2 lock-exec
exits 'no server: exit 2' 2 lock-exec --pg 'host=/nowhere' deploy -- touch ran
[ ! -e ran ]
verdict $? 'and nothing is run'
soon held 0

mkfifo line
lock-exec deploy -- cat line >/dev/null &
pid=$!
soon held 1
exits 'while it runs, another is refused: exit 1' 1 lock-exec deploy -- touch ran
says 'with who holds it' "the lock 'deploy' is held by pid "
[ ! -e ran ]
verdict $? 'and does nothing'
exits 'another name is free' 0 lock-exec other -- true
psql -XAtqc 'ALTER DATABASE notes RENAME TO renamed' "$server"
verdict $? 'nobody is connected to the database itself'
psql -XAtqc 'ALTER DATABASE renamed RENAME TO notes' "$server"
(sleep 0.5; echo >line) &
exits '--wait waits for its end' 0 lock-exec --wait 9s deploy -- true
wait $pid

lock-exec deploy -- sh -c 'sleep 60 & echo $! >child; wait' &
pid=$!
soon held 1
{ kill -9 $pid; wait $pid; } 2>/dev/null
sleep 0.2
held 1
verdict $? 'killed: what it had started still holds the lock'
kill "$(cat child)"
soon held 0
verdict $? 'and its end lets it go'
exits 'what outlives it on purpose closes descriptor 8' 0 lock-exec deploy -- sh -c 'sleep 60 8>&- >/dev/null 2>&1 & echo $! >child'
soon held 0
verdict $? 'and does not hold it'
kill "$(cat child)"
timeout -s INT 0.5 lock-exec deploy -- sleep 60
[ $? = 124 ]
verdict $? 'signals reach the command'
soon held 0
verdict $? 'and nothing is left'
exits 'an empty name, as of a variable that is not set: exit 2' 2 lock-exec -n '' -- true
says 'says so' 'the name is empty'
finish
