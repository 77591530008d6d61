#!/bin/sh
# snapshot and restore on servers in trouble: a standby, one that cancels us, full disks on both sides
. "$(dirname "$0")/lib.sh"
. "$top/t/cluster.sh"
word() {
	tail -n 1 out | jq -r .error.code >got
	same "$1" got <<-TEXT
	$2
	TEXT
}
gives() { # gives NAME PORT SQL WANTED
	on "$2" "$3" >got 2>&1
	same "$1" got <<-TEXT
	$4
	TEXT
}
cluster a --wal-segsize=1
server a 1 max_prepared_transactions=2
on 1 "CREATE TABLE notes AS SELECT i AS id, repeat(md5(i::text), 20) AS t FROM generate_series(1, 60000) i; ALTER TABLE notes ADD PRIMARY KEY (id);
	CREATE UNLOGGED TABLE cache AS SELECT 1 AS a; CREATE SEQUENCE s; SELECT nextval('s'); SELECT lo_from_bytea(4711, 'lob')" >/dev/null

# prepared transactions: what they will have done is not there yet; one that holds a lock is named
on 1 "BEGIN; INSERT INTO cache VALUES (2); PREPARE TRANSACTION 'one'"
exits 'one that only writes' 0 snapshot -n --pg "$(at 1)" -o prepared.tar.zst
tail -n 1 out | jq -c '[.result.stores[0].tables[] | select(.name == "public.cache") | .rows]' >got
same 'is not in it' got <<'END'
[1]
END
on 1 "ROLLBACK PREPARED 'one'"
on 1 "BEGIN; LOCK TABLE cache; PREPARE TRANSACTION 'it''s'"
exits 'one that locks a table: exit 2' 2 snapshot -n --lock-timeout 200ms --pg "$(at 1)" -o no.tar.zst
grep -qF "prepared transaction it's holds it" err && grep -qF "COMMIT PREPARED 'it''s'" err; verdict $? 'is named, and what ends it' || evidence err err
on 1 "ROLLBACK PREPARED 'it''s'"

standby b 1
server b 2 max_prepared_transactions=2 hot_standby=on max_standby_streaming_delay=0
soon answers 2 "SELECT count(*) FROM notes" 60000

# a standby
exits 'a hot standby' 0 snapshot -n --pg "$(at 2)" -o standby.tar.zst
tail -n 1 out | jq -c '.result.stores[0] | [(.lsn | length > 2), .tables[0].name, .tables[0].rows, (.tables | length), (.schema_fingerprint | length)]' >got
same 'its record: where it stood, and all but unlogged tables' got <<'END'
[true,"public.notes",60000,1,64]
END
says 'whose absence is told' 'not in the archive: rows of public.cache: a standby has none of what is unlogged'
exits 'is restored elsewhere' 0 snapshot-restore -n --pg-into "$(at 1)" --create-db back --check-content standby.tar.zst
psql -XAtqc "SELECT count(*), (SELECT last_value FROM s), convert_from(lo_get(4711), 'UTF8'), (SELECT count(*) FROM cache) FROM notes" "$(at 1 | sed 's,/postgres,/back,')" >got
same 'as it was' got <<'END'
60000|1|lob|0
END
exits 'not into the standby: exit 2' 2 snapshot-restore -n --pg-into "$(at 2)" standby.tar.zst
exits 'nor a copy on it: exit 2' 2 snapshot -n --pg "$(at 2)" --clone copy -o no.tar.zst

# a conflict: the primary removes what we read, and the standby does not wait
snapshot -n -j1 --max-rate 5m --pg "$(at 2)" -o conflict.tar.zst >out 2>err & pid=$!
soon answers 2 "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY%'" t
on 1 'ALTER TABLE notes ADD gone int'
wait $pid
[ $? = 2 ]; verdict $? 'a conflict with recovery: exit 2' || evidence err err
grep -q 'conflict with recovery' err; verdict $? 'is told in those words' || evidence err err
grep -q 'hint: .*max_standby' err; verdict $? 'with what helps' || evidence err err
[ -z "$(find . -name '*conflict*')" ]; verdict $? 'nothing is left behind'
stop b immediate

# a server that is slow to write its log: what we call done outlives a crash
stop a
server a 1 synchronous_commit=off wal_writer_delay=10s
psql -Xq "$(at 1)" -c 'CREATE DATABASE little' -c 'CREATE DATABASE there' -c 'CHECKPOINT'
psql -Xqc 'CREATE TABLE t AS SELECT 1 AS a; GRANT SELECT ON t TO PUBLIC' "$(at 1 | sed 's,/postgres,/little,')"
snapshot -n -q --pg "$(at 1 | sed 's,/postgres,/little,')" -o little.tar.zst >/dev/null
exits 'into a database that is there' 0 snapshot-restore -n --pg-into "$(at 1)" --create-db there little.tar.zst
exits 'and into a new one' 0 snapshot-restore -n --pg-into "$(at 1)" --create-db new little.tar.zst
stop a immediate
server a 1
for db in there new; do
	psql -XAtqc "SELECT a, has_table_privilege('public', 't', 'SELECT'), (SELECT datconnlimit FROM pg_database
		WHERE datname = current_database()) FROM t" "$(at 1 | sed "s,/postgres,/$db,")"
done >got 2>&1
same 'both outlive a crash of the server' got <<'END'
1|t|-1
1|t|-1
END

# full disks
full=pg/full
if ! small full 120m; then
	echo "ok $((tap_n += 1)) # SKIP a full disk needs a tmpfs, and mounting one needs root"
	finish
fi
exits 'a sound archive' 0 snapshot -n --pg "$(at 1)" -o a.tar.zst
stop a immediate
# its log is elsewhere: a server that cannot write that one gives up altogether
cluster full/c --waldir="$PWD/pg/log"
server full/c 3
free=$(df --output=avail -k $full | tail -n 1)
$as dd if=/dev/zero of=$full/filler bs=1k count=$((free - 16000)) 2>/dev/null
exits 'no space on the server: exit 2' 2 snapshot-restore -n --pg-into "$(at 3)" a.tar.zst
word 'is told' no-space
gives 'the half-made database is dropped' 3 "SELECT count(*) FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')" 0
rm $full/filler
exits 'with space again' 0 snapshot-restore -n --pg-into "$(at 3)" --create-db back --check-content a.tar.zst
stop full/c

mkdir files && head -c 30000000 /dev/urandom >files/random && echo small >files/a
snapshot -n -q --dir f=files -o f.tar.zst >/dev/null
rm -rf $full/c
dd if=/dev/zero of=$full/filler bs=1M count=100 2>/dev/null
mkdir $full/there
exits 'no space for a directory: exit 2' 2 snapshot-restore -n --dir-into f=$full/there f.tar.zst
word 'is told' no-space
[ -d $full/there ] && [ -z "$(ls -A $full/there)" ]; verdict $? 'it is empty again'
exits 'nor for a new one: exit 2' 2 snapshot-restore -n --dir-into f=$full/new f.tar.zst
[ ! -e $full/new ]; verdict $? 'which is gone again'
TMPDIR=$full exits 'nor for the temporary file of a dump: exit 2' 2 snapshot -n --dir f=files -o -
says 'what helps is told' 'by TMPDIR for what is piped'
chmod 755 "$box" pg $full
TMPDIR=$PWD/$full exits 'nor for the server of a trial: exit 2' 2 snapshot-verify -n --deep a.tar.zst
says 'what helps is told, too' 'TMPDIR names another place'
finish
