#!/bin/sh
# preflight: what a server of its own is needed for: a standby, slots, prepared transactions, extensions, wraparound
. "$(dirname "$0")/lib.sh"
. "$top/t/cluster.sh"
quiet='autovacuum=off autovacuum_freeze_max_age=2000000000 max_prepared_transactions=2'
sql() { on 1 "$1"; }
row() { tail -n 1 out | jq -r --arg c "$1" '.result.checks[] | select(.check == $c) | .status + ": " + .observed'; }
# is NAME EXIT CHECK WANTED OPTION...: that check alone, with its answer (a pattern of case)
is() {
	name=$1 code=$2 check=$3 wanted=$4
	shift 4
	exits "$name" "$code" preflight -n --pg "host=$box/pg port=1 user=u dbname=postgres" --check "$check" "$@"
	got=$(row "$check")
	# shellcheck disable=SC2254 # a pattern is meant
	case $got in $wanted) verdict 0 "  $wanted" ;; *) verdict 1 "  $wanted" || echo "#   got: $got" ;; esac
}

cluster a
# shellcheck disable=SC2086 # settings are words
server a 1 $quiet

is 'no prepared transaction' 0 prepared-transactions 'ok: none'
sql "BEGIN; CREATE TABLE t (i int); PREPARE TRANSACTION 'it''s forgotten'"
is 'one that somebody forgot: exit 1' 1 prepared-transactions "failed: it's forgotten"
grep -qF "COMMIT PREPARED 'it''s forgotten'; or ROLLBACK PREPARED" err
verdict $? 'with what to type' || evidence err err
sql "ROLLBACK PREPARED 'it''s forgotten'"

is 'no slots' 0 replication 'ok: 0 slots'
standby b 1 -S b -C
# shellcheck disable=SC2086
server b 2 $quiet
soon answers 1 'SELECT active FROM pg_replication_slots' t
is 'a slot that a standby uses' 0 replication 'ok: 1 slots'
sql "SELECT pg_create_physical_replication_slot('gone', true)" >/dev/null
sql "CREATE TABLE wal AS SELECT repeat('x', 500) FROM generate_series(1, 20000)"
is 'one that nobody uses any more is a warning' 0 replication 'warning: slot gone is not active and *MB behind'
sql "SELECT pg_drop_replication_slot('gone')" >/dev/null

exits 'a standby: exit 1' 1 preflight -n --pg "host=$box/pg port=2 user=u dbname=postgres" --check server-version
[ "$(row primary)" = 'failed: a standby' ]
verdict $? 'it is told' || evidence out out
stop b
is 'its slot holds back what it misses' 0 replication 'warning: slot b is not active*'

if sql "CREATE EXTENSION hstore VERSION '1.4'" 2>/dev/null; then
	is 'an extension that is behind is a warning' 0 extensions 'warning: hstore 1.4'
	grep -qF 'ALTER EXTENSION hstore UPDATE' err
	verdict $? 'with what to type' || evidence err err
	sql 'DROP EXTENSION hstore'
else
	verdict 0 'extensions # SKIP hstore is not here'
fi
sql "UPDATE pg_extension SET extname = 'no_such_extension' WHERE extname = 'plpgsql'"
is 'one whose files are not there: exit 1' 1 extensions 'failed: no_such_extension *'
sql "UPDATE pg_extension SET extname = 'plpgsql' WHERE extname = 'no_such_extension'"

# who migrates
PGAPPNAME=handrail/migrate-apply psql -Xqh "$box/pg" -p 1 -U u -c 'SELECT pg_advisory_lock(1), pg_sleep(60)' postgres >/dev/null 2>&1 &
holder=$!
soon answers 1 "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" 1
is 'somebody migrates: exit 1' 1 migration-lock 'failed: pid * (handrail/migrate-apply) holds it'
sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'" >/dev/null
wait $holder
is 'nobody does' 0 migration-lock 'ok: free'

is 'room for a copy' 0 copy-room 'ok: * free at *' --copy-room
sql "CREATE ROLE plain LOGIN"
exits 'a role that may not know where the data are' 0 preflight -n --pg "host=$box/pg port=1 user=plain dbname=postgres" --check copy-room --copy-room
[ "$(row copy-room)" = "warning: the server's disk cannot be seen from here" ]
verdict $? 'is told so'
is 'pg_restore reads what an older server dumped' 0 restore-client 'ok: pg_restore *' --restore-client 12
is 'and not what a newer one did: exit 1' 1 restore-client 'failed: pg_restore *' --restore-client 99

# wraparound: the server's next transaction id is set far ahead, while it stands still
is 'young transaction ids' 0 wraparound 'ok: *'
ahead() { # ahead XID: a multiple of 1048576, the transactions of a segment
	stop a
	$as "$bin/pg_resetwal" -f -x "$1" pg/a >/dev/null || return 1
	$as dd if=/dev/zero of="pg/a/pg_xact/$(printf '%04X' $(($1 / 1048576)))" bs=256k count=1 2>/dev/null
	# shellcheck disable=SC2086
	server a 1 $quiet
}
ahead 1200619520
is 'old ones are a warning' 0 wraparound 'warning: 1200*'
ahead 1900019712
is 'older ones: exit 1' 1 wraparound 'failed: 19000*'
grep -q 'VACUUM FREEZE' err
verdict $? 'with what to do' || evidence err err
finish
