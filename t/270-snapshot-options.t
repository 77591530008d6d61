#!/bin/sh
# what a snapshot of databases can be told: standing still, a copy on the server, parts, roles
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
mkdir files b
echo hello >files/greeting

# freeze and thaw
db app
sql 'CREATE TABLE notes AS SELECT i FROM generate_series(1, 100) i'
first=$DATABASE_URL
db second
sql 'CREATE TABLE things AS SELECT i FROM generate_series(1, 100) i'
frozen() { snapshot -n --freeze 'echo freeze >>trace' --thaw 'echo thaw >>trace' "$@"; }
thawed() { # thawed NAME
	printf 'freeze\nthaw\n' >both
	soon cmp -s trace both
	same "$1" trace <both
	rm -f trace
}
exits 'freeze and thaw' 0 frozen --pg "$first" --pg "$DATABASE_URL" --dir f=files -o b/
thawed 'both ran, once'
field 'the record has when' '.result.frozen | (.begun <= .ended)' true
field 'and how far the stores are apart' '(.result.skew >= 0) and (.result.skew < 60)' true
field 'each has its window' '[.result.stores[] | .begun <= .ended] | unique | @json' '[true]'
exits 'a store that fails' 2 frozen --pg "$first" --schema nothing --dir f=files -o b/
[ ! -e trace ]; verdict $? 'before: nothing stands still' || cat trace
at_first() { [ "$(psql -XAtqc "$1" "$first")" = t ]; }
mkfifo hold
psql -Xq "$first" <hold >/dev/null & exec 3>hold
echo 'BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE;' >&3
soon at_first "SELECT count(*) = 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'notes'::regclass"
exits 'a lock that cannot be had: exit 2' 2 frozen --pg "$first" --lock-timeout 200ms -o b/
thawed 'thaws'
for signal in INT TERM KILL; do
	# a killed child of ours would be told by the shell
	frozen --pg "$first" --lock-timeout 60 -o b/ >out 2>err & pid=$!
	soon test -e trace
	soon at_first "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"
	kill -s $signal "$(pgrep -P $pid -x snapshot || echo $pid)"
	wait $pid 2>/dev/null
	thawed "SIG$signal thaws"
done
echo 'COMMIT;' >&3
exec 3>&-
wait
exits 'a freeze that fails: exit 2' 2 snapshot -n --pg "$first" --freeze 'echo freeze >>trace; exit 3' --thaw 'echo thaw >>trace' -o b/
thawed 'thaws'
exits 'a thaw that fails: exit 4' 4 snapshot -n --pg "$first" --freeze true --thaw 'exit 3' -o b/thaw.tar.zst
field 'is told' '[.status, .error.code] | @json' '["failed","thaw"]'
[ ! -e b/thaw.tar.zst ]; verdict $? 'and no archive is made'
exits 'a dry run' 0 frozen --dry-run --pg "$first" -o b/
[ ! -e trace ]; verdict $? 'lets the service run'

# a copy on the server
db shop
sql "CREATE TABLE notes AS SELECT i FROM generate_series(1, 1000) i; COMMENT ON DATABASE shop IS 'ours'; ALTER DATABASE shop SET work_mem = '5MB'"
exits 'a copy' 0 snapshot -n --pg "$DATABASE_URL" --clone shop_copy -o b/
field 'is recorded' .result.stores[0].clone shop_copy
copied=$(printf '%s\n' "$DATABASE_URL" | sed 's,/shop?,/shop_copy?,')
psql -XAtqc 'SELECT count(*), current_setting($$work_mem$$) FROM notes' "$copied" >got
same 'is all there, with what belongs to the database' got <<'END'
1000|5MB
END
exits 'one that is there already: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --clone shop_copy -o b/
field 'is told' .error.code exists
psql -Xq "$DATABASE_URL" <hold >/dev/null & exec 3>hold
echo "SET application_name = 'the shop';" >&3
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'the shop'"
exits 'while somebody is connected: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --clone copy2 -o b/
says 'who it is is told' 'the shop'
exec 3>&-
wait
exits 'a snapshot that fails after it: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --exec 'bad=exit 1' --clone copy3 -o b/
gives 'drops it' "SELECT count(*) FROM pg_database WHERE datname IN ('copy2', 'copy3')" 0
for option in '--clone copy4' '--schema one' '--exclude-table-data a' --unlogged=no; do
	# shellcheck disable=SC2086 # words are meant
	exits "$option of a directory: exit 2" 2 snapshot -n --dir f=files $option -o b/
done

# parts
db parts
sql "CREATE SCHEMA one; CREATE SCHEMA \"T wo\"; CREATE TABLE one.a AS SELECT 1 AS i; CREATE TABLE \"T wo\".b AS SELECT 2 AS i;
	CREATE TABLE one.\"Lo\"\"gs\" AS SELECT i FROM generate_series(1, 5000) i; CREATE UNLOGGED TABLE one.cache AS SELECT 3 AS i;
	CREATE TABLE one.p (i int) PARTITION BY RANGE (i); CREATE TABLE one.p1 PARTITION OF one.p FOR VALUES FROM (0) TO (9); INSERT INTO one.p VALUES (1)"
back() { # back ARCHIVE DATABASE: restore, then DATABASE_URL names it
	snapshot-restore -n -q --pg-into "$server" --create-db "$2" --check-content "$1" >out 2>err || evidence err err
	restored=$(printf '%s\n' "$server" | sed "s,/postgres?,/$2?,")
}
counts() { for table in "$@"; do psql -XAtqc "SELECT '$table', count(*) FROM $table" "$restored" 2>&1 | grep -v -e LINE -e '\^'; done; }
exits 'a schema' 0 snapshot -n --pg "$DATABASE_URL" --schema 'T wo' -o two.tar.zst
field 'is recorded' '.result.stores[0] | [.schemas, [.tables[].name]] | @json' '[["T wo"],["\"T wo\".b"]]'
back two.tar.zst two
counts '"T wo".b' one.a >got
same 'comes back alone' got <<'END'
"T wo".b|1
ERROR:  relation "one.a" does not exist
END
exits 'tables without rows' 0 snapshot -n --pg "$DATABASE_URL" --exclude-table-data 'one."Lo""gs"' --exclude-table-data one.p -o few.tar.zst
field 'are recorded' '.result.stores[0].exclude_table_data | length' 2
exits 'it is sound' 0 snapshot-verify -n --deep few.tar.zst
back few.tar.zst few
counts 'one."Lo""gs"' one.p one.a one.cache >got
same 'they come back empty, partitions, too' got <<'END'
one."Lo""gs"|0
one.p|0
one.a|1
one.cache|1
END
exits 'without unlogged ones' 0 snapshot -n --pg "$DATABASE_URL" --unlogged=no -o logged.tar.zst
back logged.tar.zst logged
counts one.cache one.a >got
same 'these come back empty' got <<'END'
one.cache|0
one.a|1
END
exits 'with them' 0 snapshot -n --pg "$DATABASE_URL" --unlogged -o all.tar.zst
exits 'a table that is not there: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --exclude-table-data nothing -o no.tar.zst
says 'is told' '--exclude-table-data nothing'
# each start of pg_dump costs milliseconds
mkdir programs
printf '#!/bin/sh\necho "$@" >>'"'$box/calls'"'\nexec '"'%s'"'/pg_dump "$@"\n' "$(pg_config --bindir)" >programs/pg_dump
chmod +x programs/pg_dump
exits 'with a pg_dump that counts' 0 env HANDRAIL_PG_BINDIR="$box/programs" snapshot -n --no-verify -o counted.tar.zst
[ "$(grep -c -e --version calls),$(wc -l <calls)" = 1,2 ]; verdict $? 'it is asked for its version, and to dump, once each' || evidence calls calls
field 'which is recorded' '.result.stores[0].client_version' "$(pg_dump --version | sed 's/.*) \([^ ]*\).*/\1/')"
# what each pattern of pg_dump means
sql 'CREATE TABLE log_a (i int); CREATE TABLE log_b (i int); CREATE TABLE "Log_c" (i int); CREATE TABLE one.log_d (i int); CREATE TABLE "lo.g" (i int);
	INSERT INTO log_a VALUES (1); INSERT INTO log_b VALUES (1); INSERT INTO "Log_c" VALUES (1); INSERT INTO one.log_d VALUES (1); INSERT INTO "lo.g" VALUES (1)'
without() { # without PATTERN...: which tables have no rows then
	# shellcheck disable=SC2046 # words are what set -- is for
	set -- $(for p; do printf -- '--exclude-table-data=%s ' "$p"; done)
	snapshot -n --no-verify --pg "$DATABASE_URL" "$@" -o p.tar.zst >out 2>err || evidence err err
	tail -n 1 out | jq -r '[.result.stores[0].tables[] | select((.name | test("lo.?g"; "i")) and .rows == 0) | .name] | sort | join(" ")'
	rm -f p.tar.zst
}
for p in 'log_*' 'LOG_A' '"Log_c"' 'public.log_?' '*.log_[ad]' '"lo.g"' 'one.*' '"log_*"x*'; do echo "$p: $(without "$p")"; done >got
same 'patterns' got <<'END'
log_*: public.log_a public.log_b
LOG_A: public.log_a
"Log_c": public."Log_c"
public.log_?: public.log_a public.log_b
*.log_[ad]: one.log_d public.log_a
"lo.g": public."lo.g"
one.*: one.log_d
"log_*"x*: 
END
says 'one that means nothing is told' '--exclude-table-data "log_*"x*: no table of'
exits 'three parts: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --exclude-table-data 'a.b.c' -o no.tar.zst
exits 'an open quote: exit 2' 2 snapshot -n --pg "$DATABASE_URL" --exclude-table-data '"a' -o no.tar.zst

# how fast
sql 'CREATE TABLE wide AS SELECT repeat(md5(i::text), 32) AS t FROM generate_series(1, 3000) i'
exits 'at most so fast' 0 snapshot -n --pg "$DATABASE_URL" --max-rate 2MB -o slow.tar.zst
field 'takes so long' '.result.raw_size / 2e6 * 0.8 < .seconds' true

# roles
sql "CREATE ROLE \"Re ader\"; CREATE ROLE ann LOGIN PASSWORD 'geheim1' CONNECTION LIMIT 3 IN ROLE \"Re ader\"; COMMENT ON ROLE ann IS 'Ann''s';
	ALTER ROLE ann SET search_path = 'one', public; ALTER ROLE ann SET \"app.x\" = 'a b'; ALTER TABLE one.a OWNER TO ann"
exits 'roles' 0 snapshot -n --pg "$DATABASE_URL" -o roles.tar.zst
tar --zstd -xOf roles.tar.zst stores/parts/globals.sql >globals.sql
grep -q 'ann' globals.sql; verdict $? 'are in globals.sql' || cat globals.sql
tar --zstd -xf roles.tar.zst && ! grep -rq geheim1 stores MANIFEST.json; verdict $? 'without passwords'
psql -Xqc 'DROP OWNED BY ann' -c 'DROP ROLE ann, "Re ader"' "$DATABASE_URL"
cat >elsewhere <<'END'
createuser -d "$DATABASE_URL" nobody 2>/dev/null
snapshot-restore -n --pg-into "$DATABASE_URL" --globals --create-db back roles.tar.zst >out 2>err || { cat err; exit 1; }
psql -XAt "$DATABASE_URL" <<'SQL'
SELECT rolname, rolcanlogin, rolconnlimit, rolconfig, shobj_description(oid, 'pg_authid'), pg_has_role(oid, 'Re ader', 'member')
FROM pg_roles WHERE rolname IN ('ann');
SELECT count(*) FROM pg_authid WHERE rolpassword IS NOT NULL;
SQL
psql -XAt "$(printf '%s\n' "$DATABASE_URL" | sed 's,/postgres?,/back?,')" -c "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'a'"
END
scratch-pg -- sh elsewhere >got 2>&1
same 'on another server they are made again, and own what was theirs' got <<'END'
ann|t|3|{"app.x=a b","search_path=one, public"}|Ann's|t
0
ann
END
says 'what has no password is told' 'role ann made, without a password'
finish
