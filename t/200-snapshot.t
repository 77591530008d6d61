#!/bin/sh
# snapshot: one archive of a database and directories; what it refuses; what it leaves behind when it fails: nothing
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
snap() { snapshot -n "$@"; }
nothing() { # nothing NAME DIR: no file at all is in DIR
	find "$2" -mindepth 1 >left 2>/dev/null
	[ ! -s left ]
	verdict $? "$1" || evidence left left
}

db app
sql 'CREATE TABLE notes (id int PRIMARY KEY, body text, twice int GENERATED ALWAYS AS (id * 2) STORED);
	INSERT INTO notes SELECT i, md5(i::text) FROM generate_series(1, 1000) i;
	CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES;
	CREATE TABLE void (a int); CREATE SCHEMA "we.ird/"; CREATE TABLE "we.ird/"."a""b|c" (x text);
	INSERT INTO "we.ird/"."a""b|c" VALUES (E'"'"'tab\there\nand "quotes"'"'"');
	CREATE SCHEMA handrail; CREATE TABLE handrail.history (version text); INSERT INTO handrail.history VALUES ('"'9'),('10'"');'
mkdir -p files/sub
echo one >files/a; ln files/a files/b; ln -s a files/c; echo two >"files/sub/$(printf 'd\303\251')"

exits 'a database and a directory' 0 snap --service shop --pg "$DATABASE_URL" --dir files=files -o backups/
says 'it tells what it did' 'read back and proven'
archive=$(tail -n 1 out | jq -r .result.archive)
[ "$(dirname "$archive")" = "$box/backups" ]; verdict $? 'the record has the real path'
expr "${archive##*/}" : 'shop-[0-9]\{8\}T[0-9]\{6\}Z\.tar\.zst$' >/dev/null; verdict $? 'named after the service and the time'
sum=$(sha256sum "$archive" | cut -d' ' -f1)
field 'its digest and size are those of the file' '[.result.sha256, .subject[0].digest.sha256, (.result.size|tostring)] | join(" ")' \
	"$sum $sum $(stat -c %s "$archive")"
field 'it is proven' '[.status, .result.verified, .result.format] | @json' '["ok",true,1]'
[ "$(stat -c %a "$archive")" = 600 ]; verdict $? 'nobody else may read it'
field 'the stores' '[.result.stores[] | .name + " " + .kind] | join(", ")' 'app postgres, files directory'
field 'rows per table' '[.result.stores[0].tables[] | .name + " " + (.rows|tostring)] | sort | join(", ")' \
	'"we.ird/"."a""b|c" 1, handrail.history 2, public.bare 2, public.notes 1000, public.void 0'
field 'the last migration, as numbers count' .result.stores[0].history_revision 10
field 'its schema, by the number that schema-diff has for it' .result.stores[0].schema_fingerprint \
	"$(schema-diff -nq --dump --format fingerprint "$DATABASE_URL")"
field 'where the snapshot stands' '.result.stores[0] | [(.snapshot_xmin|type), (.snapshot_xmax|type), .server_version >= 120000] | @json' \
	'["number","number",true]'

mkdir x
exits 'tar opens it' 0 tar --zstd -xf "$archive" -C x
exits 'zstd takes it for sound' 0 zstd -qt "$archive"
diff -r files x/stores/files/files >diff.out && [ "$(stat -c %h x/stores/files/files/a)" = 2 ]
verdict $? 'the directory is in it, links too' || evidence diff diff.out
tar --zstd -tf "$archive" >list
[ "$(sed -n '1p;$p' list | paste -sd ' ')" = 'HANDRAIL-ARCHIVE MANIFEST.json' ]; verdict $? 'first the format, last the manifest'
jq -r '.stores[0].encoding + " " + .tool' x/MANIFEST.json >got
same 'the manifest tells of the database' got <<END
UTF8 handrail $(cat "$top/VERSION")
END
cat x/stores/app/data/handrail.history/*.copy >got
same 'rows in the form of COPY' got <<'END'
9
10
END
pg_restore -l x/stores/app/rest.dump >list && ! grep 'TABLE DATA' list >still
verdict $? 'pg_dump did not copy them again' || evidence list still

exits 'an explicit file, not verified' 0 snap --no-verify -o one.tar.zst
field 'says so' .result.verified false
field 'the only store is DATABASE_URL, named as the database' '[.result.stores[].name] | join(" ")' app
exits 'it never overwrites: exit 2' 2 snap -o one.tar.zst
says 'and says why' 'one.tar.zst: it is there already'
before=$(schema-diff -nq --dump --format fingerprint "$DATABASE_URL")
exits 'a view that is made after the point in time' 0 snap --no-verify --thaw "psql -Xqc 'CREATE VIEW late AS SELECT 1 AS a' '$DATABASE_URL'" -o three.tar.zst
field 'the number is of the snapshot, without it' .result.stores[0].schema_fingerprint "$before"
tar --zstd -xOf three.tar.zst stores/app/rest.dump | pg_restore -l | grep -c ' late ' >got
same 'as is the dump' got <<'END'
0
END
mkdir alone && cp "$(command -v snapshot)" alone/
exits 'without schema-diff' 0 env PATH="$box/alone:/usr/bin:/bin" snapshot -n --no-verify -o two.tar.zst
field 'there is no number' '.result.stores[0] | has("schema_fingerprint")' false
says 'which is told' 'without a fingerprint: schema-diff: No such file'
exits 'dry run' 0 snap --dry-run -o dry/
nothing 'writes nothing' dry

# what it refuses
exits 'no such directory: exit 2' 2 snap --dir files=no/such -o bad/
exits 'a name twice: exit 2' 2 snap --dir a=files --dir a=. -o bad/
says 'is told' "two stores are called 'a'"
exits 'no server: exit 2' 2 snap --pg 'postgres://u:geheim123@localhost:1/x' -o bad/
! grep -q geheim out err; verdict $? 'no password in any message'
printf '{"handrail":1,"id":"A","step":"x","status":"failed"}\n' >bad.jsonl
exits 'a failure upstream: exit 3' 3 snapshot -o bad/ <bad.jsonl
[ ! -e bad ]; verdict $? 'nothing done'

# rows that a policy hides must never be missing silently
db other
sql "CREATE ROLE reader LOGIN; CREATE TABLE t (a int); INSERT INTO t VALUES (1); GRANT SELECT ON t TO reader;
	ALTER TABLE t ENABLE ROW LEVEL SECURITY"
url=$(printf '%s\n' "$DATABASE_URL" | sed s,//[a-z]*@,//reader@,)
exits 'a policy that hides rows: exit 2' 2 snap --pg "$url" -o rls/
says 'is told' 'row-level security'
nothing 'nothing is left behind' rls

sql 'ALTER TABLE t DISABLE ROW LEVEL SECURITY; REVOKE ALL ON t FROM reader'
exits 'a table that may not be read: exit 2' 2 snap --pg "$url" -o rls/
says 'is named' 'permission denied for table t'
nothing 'nothing is left behind' rls

mkfifo hold
psql -Xq "$DATABASE_URL" <hold >/dev/null & exec 3>hold
echo 'BEGIN; LOCK TABLE t;' >&3
soon holds "SELECT count(*) = 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 't'::regclass"
exits 'a lock that cannot be had: exit 2' 2 snap --lock-timeout 200ms -o locked/
says 'names who holds it' 'LOCK TABLE t'
field 'the word' .error.code lock-timeout
nothing 'nothing is left behind' locked
exec 3>&-
wait

# killed, and what comes after
sql "CREATE TABLE wide AS SELECT repeat(md5(i::text), 40) AS t FROM generate_series(1, 60000) i"
mkdir killed
for round in 1 2 3; do
	snapshot -n -j1 -o killed/ </dev/null >/dev/null 2>&1 & pid=$!
	sleep 0.$((round * 6))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
done
find killed -name 'other-*' >left
while read -r file; do zstd -qt "$file" || echo "$file"; done <left >bad.list
[ ! -s bad.list ]; verdict $? 'after kill -9 nothing is there under a final name that is not whole'
exits 'the next run' 0 snap -o killed/
find killed -name '.*.handrail-*' >left
[ ! -s left ]; verdict $? 'sweeps what killed ones left' || evidence left left

snapshot -n -j1 --max-rate 1MB -o two/ </dev/null >/dev/null 2>&1 & pid=$!
begun() { find two -name '.*.handrail-*' | grep -q .; }
soon begun
exits 'a second run at the same time: exit 2' 2 snap -o two/
field 'is told' .error.code busy
kill -TERM $pid
wait $pid
[ $? = 143 ]; verdict $? 'SIGTERM: exit 143'
nothing 'and nothing is left behind' two

# one who wants a table for himself comes after our lock, and keeps those who copy it waiting
sql 'CREATE TABLE later (a int); INSERT INTO later VALUES (1)'
timeout 60 snapshot -n -j1 --max-rate 20MB --lock-timeout 500ms -o queue/ </dev/null >out 2>err & pid=$!
soon holds "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%wide%' AND pid <> pg_backend_pid()"
psql -Xqc 'ALTER TABLE later ADD b int' "$DATABASE_URL" 2>/dev/null & alter=$!
wait $pid
verdict $? 'an ALTER TABLE beside it: the leader, for whom it waits, reads that table' || evidence err err
field 'it has its rows' '[.result.stores[0].tables[] | select(.name == "public.later") | .rows] | @json' '[1]'
wait $alter; verdict $? 'then the table is altered'

# it comes before pg_dump has locked what it dumps
real=$(sql "SELECT setting FROM pg_config WHERE name = 'BINDIR'")/pg_dump
[ -x "$real" ] || real=$(command -v pg_dump)
mkdir slow && cat >slow/pg_dump <<SH
#!/bin/sh
case \$* in *--snapshot*)
	[ -e once ] || psql -Xqc 'TRUNCATE later' "$DATABASE_URL" &
	n=0
	while [ ! -e once ] && [ \$((n += 1)) -lt 500 ] && ! psql -XAtqc "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'later'::regclass" "$DATABASE_URL" | grep -q .; do sleep .05; done
	[ -e always ] || : >once ;;
esac
exec $real "\$@"
SH
chmod +x slow/pg_dump
waiting() { HANDRAIL_PG_BINDIR=$PWD/slow:${HANDRAIL_PG_BINDIR-} snapshot -n --lock-timeout 3s -o queue/ "$@"; }
exits 'a TRUNCATE before pg_dump: it is let go first, and the snapshot is taken anew' 0 waiting
says 'who that was is told' "taken anew after this: public.later: process"
field 'and what was emptied is empty' '[.result.stores[0].tables[] | select(.name == "public.later") | .rows] | @json' '[0]'
exits 'it holds nothing twice' 0 snapshot-verify -n "$(tail -n 1 out | jq -r .result.archive)"
rm -f once queue/*; : >always
exits 'it comes each time: exit 2' 2 waiting
says 'and tells who' 'waits for this snapshot to have it for himself'
nothing 'nothing is left behind' queue
rm -f once
exits 'where --freeze has chosen the moment there is no other: exit 2' 2 waiting --freeze true --thaw true
[ "$(grep -c 'taken anew' err)" = 0 ]; verdict $? 'and it is not tried again' || evidence err err

for i in 1 2 3; do snap -q --dir files=files -o same/ >out 2>err || echo failed; done >fails
[ ! -s fails ] && [ "$(find same -name '*.tar.zst' | wc -l)" = 3 ]; verdict $? 'snapshots of one second have names of their own' ||
	evidence err err
says 'a database that is left out is told' 'DATABASE_URL names a database that this snapshot leaves out'

if mkdir small && mount -t tmpfs -o size=2m tmpfs small 2>/dev/null; then
	mkdir big && head -c 4000000 /dev/urandom >big/random
	exits 'a full disk: exit 2' 2 snap --dir big=big -o small/
	field 'is told' .error.code no-space
	nothing 'and nothing is left behind' small
	umount small
fi
finish
