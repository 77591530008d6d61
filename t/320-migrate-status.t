#!/bin/sh
# migrate-status: each state a migration can be in, the check, the wait, the forms
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
status() { migrate-status -n "$@"; }
states='[.result.migrations[] | .version + " " + .state] | join(", ")'

db one
mkdir m
for i in 1 2 3; do echo "CREATE TABLE t$i (n int);" >m/${i}_t.sql; done
exits 'before anything is applied: exit 0' 0 status m
field 'all are pending' "$states" '1 pending, 2 pending, 3 pending'
exits '--check: exit 1' 1 status --check m
field 'pending' .error.code pending
gives 'nothing was made' "SELECT to_regnamespace('handrail')" ''
migrate-apply -n --release 7 --to 2 m >/dev/null 2>&1
exits 'some applied' 0 status m
field 'who, when, in which release' '.result.migrations[1] | [.state, .release, (.applied_by | length > 2), (.applied_at | length), (.seconds > 0)] | @json' \
	'["applied","7",true,24,true]'
field 'where it stands' '[.result.current, .result.pending_count] | @json' '["2",1]'
exits 'the form current' 0 status --format current m
same 'is the version alone' out <<-TEXT
	2
TEXT
exits '--current' 0 status --current m
same 'is the same' out <<-TEXT
	2
TEXT
exits '--history' 0 status --history m
[ "$(wc -l <out)" = 3 ]
verdict $? 'lists what is applied' || evidence out out
exits '--history=KIND: of which' 0 status --history=handrail --current m
exits 'both are too much: exit 2' 2 status --history --current m
exits '--current with another form: exit 2' 2 status --current --format text m
exits '--history KIND: exit 2' 2 status --history handrail m
says 'with what is meant' '--history=handrail'
exits 'the form text' 0 status --format text m
[ "$(sed -n '2p;$p' out | cut -c1-25)" = 'VERSION  STATE         NA
3        pending       t ' ]
verdict $? 'is a table' || evidence out out
exits 'the form history' 0 status --format history m
[ "$(wc -l <out)" = 3 ]
verdict $? 'lists what is applied' || evidence out out
(sleep 0.7; migrate-apply -n m >/dev/null 2>&1) &
exits '--wait: until somebody has applied it' 0 status --wait 10s m
exits '--check: exit 0 then' 0 status --check m
(sleep 0.7; psql -Xqc 'CREATE DATABASE waited' "$server") &
exits '--wait: for a database that is not there yet' 1 status --wait 2s --pg "$(printf '%s\n' "$server" | sed 's,/postgres?,/waited?,')" m
field 'it was found' .error.code pending
exits '--wait: a server that does not come: exit 2' 2 status --wait 300ms --pg 'host=/nowhere' m
exits '--wait: not for ever' 1 status --wait 300ms --pg "$server" m

printf 'CREATE TABLE t1 (n int);  \n' >m/1_t.sql
echo 'CREATE TABLE tt (n int);' >m/2_t.sql
rm m/3_t.sql
echo 'SELECT 1' >m/1.5_t.sql
exits 'changes' 0 status m
field 'each by its name' "$states" '1 respaced, 1.5 out-of-order, 2 changed, 3 future'
exits '--check: exit 1' 1 status --check m
field 'what is worst' .error.code changed-file
exits 'a database that is not there: exit 2' 2 status --pg "$(printf '%s\n' "$server" | sed 's,/postgres?,/none?,')" m
field 'no-database' .error.code no-database
finish
