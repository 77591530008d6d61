#!/bin/sh
# stores of other kinds, one table alone, and the retention of archives
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

# ends_with PROGRAM NAME: when the program is killed its command, which has written its number into "pid", ends, too
ends_with() {
	soon test -s pid
	kill -KILL "$1"
	wait "$1" 2>/dev/null
	soon ended "$(cat pid)"; verdict $? "$2"
	rm pid
}

# commands
exits 'a command' 0 snapshot -n --exec 'queue=printf "one\ntwo\n"' -o q.tar.zst
field 'is recorded' '.result.stores[0] | [.name, .kind, .bytes] | @json' '["queue","exec",8]'
exits 'and loaded by another' 0 snapshot-restore -n --exec-into 'queue=cat >loaded' q.tar.zst
same 'byte for byte' loaded <<'END'
one
two
END
exits 'the archive is proven' 0 snapshot-verify -n --deep q.tar.zst
says 'but cannot be tried' 'only its own command can load it'
exits 'a command that fails: exit 2' 2 snapshot -n --exec 'queue=echo some; exit 3' -o bad.tar.zst
says 'is told' 'its command ended with exit status 3'
exits 'one that reads finds nothing to read' 0 snapshot -n --exec 'queue=cat; echo end' -o read.tar.zst
snapshot -n --exec 'queue=echo $$ >pid; sleep 1000; echo end' -o killed.tar.zst >out 2>err & pid=$!
ends_with $pid 'a command ends when its snapshot is killed'
exits 'one that writes nothing: exit 2' 2 snapshot -n --exec 'queue=true' -o bad.tar.zst
[ "$(find . -name '*bad.tar.zst*')" = '' ]; verdict $? 'nothing is left behind'
snapshot-restore -n --exec-into 'queue=echo $$ >pid; sleep 1000; echo end' q.tar.zst >out 2>err & pid=$!
ends_with $pid 'one that loads ends when its restore is killed'
exits 'a loading command that fails: exit 4' 4 snapshot-restore -n --exec-into 'queue=exit 1' q.tar.zst

exits 'an archive that keeps the command, too' 0 snapshot -n --exec 'queue=echo kept' --exec-restore 'queue=cat >again' -o k.tar.zst
field 'in the record as well' .result.stores[0].restore_command 'cat >again'
exits 'is loaded by it when that is asked for' 0 snapshot-restore -n --exec-into queue k.tar.zst
says 'and told' "by the archive's own command: cat >again"
same 'byte for byte again' again <<'END'
kept
END
exits 'one that keeps none: exit 2' 2 snapshot-restore -n --exec-into queue q.tar.zst
exits 'a command for a store that is not there: exit 2' 2 snapshot -n --exec 'queue=echo kept' --exec-restore 'que=cat' -o l.tar.zst

mkdir stubs
for program in mysqldump mongodump redis-cli helm docker; do
	printf '#!/bin/sh\necho "%s $*" >>%s/trace\necho data\n' "$program" "$box" >stubs/$program
	chmod +x stubs/$program
done
PATH=$box/stubs:$PATH exits 'presets' 0 snapshot -n --mysql shop --mongo m=mongodb://h/db --redis redis://h:6379/0 --helm "o'neil" --compose c.yaml -o p.tar.zst
same 'only write commands' trace <<'END'
mysqldump --single-transaction --routines --triggers --events --hex-blob --databases shop
mongodump --quiet --archive --uri=mongodb://h/db
redis-cli -u redis://h:6379/0 --rdb /dev/stdout
helm history --max 1 --output yaml o'neil
helm get values --all --output yaml o'neil
docker compose --file c.yaml images --quiet
docker image inspect --format {"id":{{json .Id}},"tags":{{json .RepoTags}},"digests":{{json .RepoDigests}}} data
END
field 'each under its name' '[.result.stores[].name] | join(" ")' 'mysql m redis helm compose'
PATH=$box/stubs:$PATH exits 'a password in a command line: exit 2' 2 snapshot -n --mongo mongodb://u:geheim1@h/db -o bad.tar.zst
says 'is told where it goes' '--config=FILE'
! grep -q geheim out err; verdict $? 'and not repeated'
exits 'a program that is not there: exit 2' 2 snapshot -n --mysql shop -o bad.tar.zst

# several stores: when one fails, those before it are undone, or told to be changed
db app
sql 'CREATE TABLE t (a int)'
snapshot -n -q --pg "$DATABASE_URL" --exec queue=date --dir d=stubs -o s.tar.zst >/dev/null
psql -Xqc 'CREATE DATABASE filled TEMPLATE app' "$server"
exits 'a database that is not empty: exit 2' 2 snapshot-restore -n --dir-into d=new --extract t=t.csv --exec-into 'queue=cat >loaded2' --pg-into "$server" --create-db filled s.tar.zst
[ ! -e new ] && [ ! -e t.csv ] && [ ! -e loaded2 ]; verdict $? 'no other store has been restored'
exits 'a command that fails: exit 4' 4 snapshot-restore -n --dir-into d=new --exec-into 'queue=false' --pg-into "$server" --create-db fresh s.tar.zst
[ ! -e new ] && [ "$(psql -XAtqc "SELECT count(*) FROM pg_database WHERE datname = 'fresh'" "$server")" = 0 ]; verdict $? 'neither has anything else'
snapshot-restore -n --exec-into 'queue=echo $$ >pid2; sleep 1000' s.tar.zst >out 2>err & pid=$!
soon test -s pid2
kill -TERM $pid
wait $pid
[ $? = 4 ]; verdict $? 'a command that is stopped: exit 4' || evidence err err
psql -Xqc 'DROP DATABASE app' -c 'DROP DATABASE filled' "$server"

# one table
db app
sql "CREATE TABLE notes (id int, \"Some \"\"body\" text); INSERT INTO notes VALUES (1, E'a,b\t\"c\"\nd\\\\e'), (2, ''), (3, NULL), (4, E'\\\\N');
	CREATE SCHEMA s; CREATE TABLE s.notes (a int); CREATE TABLE big AS SELECT i, md5(i::text) FROM generate_series(1, 30000) i"
snapshot -n --pg "$DATABASE_URL" -o app.tar.zst >/dev/null 2>&1
exits 'what is in it' 0 snapshot-restore -n --list app.tar.zst
says 'with rows' 'public.big 30000 rows'
field 'in the record, too' '[.status, (.result.stores[0].tables | length)] | @json' '["unchanged",3]'
exits 'one table' 0 snapshot-restore -n --extract public.notes=notes.csv app.tar.zst
psql -Xqc "\\copy notes TO want.csv WITH (FORMAT csv, HEADER, FORCE_QUOTE *)" "$DATABASE_URL"
sed '1s/.*/"id","Some ""body"/' want.csv >want2.csv
same 'as CSV' notes.csv <want2.csv
sql 'CREATE TABLE again (LIKE notes)'
psql -Xqc "\\copy again FROM notes.csv WITH (FORMAT csv, HEADER)" "$DATABASE_URL"
gives 'which the server reads back the same' 'SELECT count(*) FROM (TABLE notes EXCEPT TABLE again) x' 0
exits 'a large one by its name alone' 0 snapshot-restore -n --extract big=big.csv app.tar.zst
[ "$(wc -l <big.csv)" = 30001 ]; verdict $? 'all of it'
exits 'a name that two have: exit 2' 2 snapshot-restore -n --extract notes=x.csv app.tar.zst
exits 'no such table: exit 2' 2 snapshot-restore -n --extract nothing=x.csv app.tar.zst
says 'is told' "it has no table 'nothing'"
exits 'a file that is there: exit 2' 2 snapshot-restore -n --extract big=big.csv app.tar.zst

db others
sql 'CREATE SCHEMA s2; CREATE TABLE "Users" (id int, twice int GENERATED ALWAYS AS (id * 2) STORED); INSERT INTO "Users" VALUES (7);
	CREATE TABLE s2."We.Ird" (x int); INSERT INTO s2."We.Ird" VALUES (5); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES;
	CREATE TABLE secret (a int); INSERT INTO secret VALUES (1); CREATE TABLE log (k int, v text) PARTITION BY RANGE (k);
	CREATE TABLE log1 PARTITION OF log FOR VALUES FROM (0) TO (10); CREATE TABLE log2 (v text, gone int, k int); ALTER TABLE log2 DROP gone;
	ALTER TABLE log ATTACH PARTITION log2 FOR VALUES FROM (10) TO (30) ; INSERT INTO log VALUES (1, '"'a,b'), (11, E'c\td'), (12, NULL), (13, '');
	CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE moody (m mood) PARTITION BY HASH (m); CREATE TABLE moody0 PARTITION OF moody FOR VALUES WITH (MODULUS 1, REMAINDER 0);
	INSERT INTO moody VALUES ('ok'); CREATE TABLE old (a int); INSERT INTO old VALUES (1); CREATE TABLE heir (b int) INHERITS (old); INSERT INTO heir VALUES (2, 3)"
snapshot -n --exclude-table-data public.secret -o others.tar.zst >/dev/null 2>&1
out_of() { # out_of NAME TABLE: its rows on standard output are these
	snapshot-restore -n --extract "$2=-" others.tar.zst >got 2>err || evidence err err
	same "$1" got
}
out_of 'a name in capitals, without a generated column' public.Users <<'END'
"id"
"7"
END
out_of 'in other letters' users <got
out_of 'as SQL has it' '"Users"' <got
out_of 'with a dot in it' 's2.We.Ird' <<'END'
"x"
"5"
END
out_of 'without columns' bare <<'END'


END
out_of 'one that has heirs, alone' old <<'END'
"a"
"1"
END
out_of 'what is partitioned, the columns of all in one order' log <<'END'
"k","v"
"1","a,b"
"11","c	d"
"12",
"13",""
END
exits 'a partition' 0 snapshot-restore -n --extract log2=log2.csv others.tar.zst
field 'has a number' '.result.extracted[0].rows' 3
exits 'what pg_dump has taken: exit 2' 2 snapshot-restore -n --extract moody=moody.csv others.tar.zst
says 'is told' 'pg_dump has them'
exits 'what was left out: exit 2' 2 snapshot-restore -n --extract secret=secret.csv others.tar.zst
says 'is told, too' 'were left out when it was taken'
exits 'a name with a slip: exit 2' 2 snapshot-restore -n --extract s2.We.Irf=x.csv others.tar.zst
says 'the nearest is told' 'did you mean s2."We.Ird"?'
ls ./*.csv >got
grep -q 'moody\|secret\|x.csv' got; [ $? = 1 ]; verdict $? 'no file is left of what failed'
exits 'a reader that goes away: exit 2' 2 sh -c '{ snapshot-restore -n --extract public.big=- app.tar.zst; echo $? >status; } | true; exit "$(cat status)"'

# retention
unset CI
mkdir b files
one() { snapshot -n -q --no-verify ${3+--release "$3"} --dir files=files -o "b/$1-$2.tar.zst" >/dev/null; }
mkdir b/shop-20250101T000000Z.tar.zst && mkfifo b/shop-20250102T000000Z.tar.zst && ln -s /etc/hosts b/shop-20250103T000000Z.tar.zst
one shop 20260101T000000Z 1; one shop 20260108T000000Z 1; one shop 20260109T000000Z 2; one shop 20260109T120000Z 2
one shop 20260110T000000Z; one other 20250101T000000Z
echo junk >b/shop-20260111T000000Z.tar.zst; echo mine >b/notes.tar.zst; cp b/other-20250101T000000Z.tar.zst b/shop-backup.tar.zst
prune() { snapshot-prune -n "$@" b; }
dropped() { field "$1" '[.result.removed[] | sub(".tar.zst"; "") | sub("T.*"; "")] | sort | join(" ")' "$2"; }
exits 'dry run' 0 prune --dry-run --keep-last 2
dropped 'the last two' 'shop-20260101 shop-20260108 shop-20260109'
exits 'days' 0 prune --dry-run --keep-daily 2
dropped 'the newest of each' 'shop-20260101 shop-20260108 shop-20260109'
exits 'weeks' 0 prune --dry-run --keep-weekly 2
dropped 'the newest of each week' 'shop-20260108 shop-20260109 shop-20260109'
exits 'releases' 0 prune --dry-run --keep-release 2
dropped 'the newest of each release, and the newest' 'shop-20260101 shop-20260109'
CI=true exits 'in a CI job' 0 prune --keep-last 1
[ -e b/shop-20260101T000000Z.tar.zst ]; verdict $? 'nothing is removed without --yes'
for off in '' 0 false; do CI=$off exits "CI='$off' is no job" 0 prune --keep-last 9; field 'it is not dry' .result.dry false; done
exits 'for real' 0 prune --keep-last 1
(cd b && echo *) >got
exits 'a pipe that is called like one: exit 2' 2 timeout 20 snapshot-verify -n b/shop-20250102T000000Z.tar.zst
same 'others, damaged ones without a newer one, and the newest of each name stay' got <<'END'
notes.tar.zst other-20250101T000000Z.tar.zst shop-20250101T000000Z.tar.zst shop-20250102T000000Z.tar.zst shop-20250103T000000Z.tar.zst shop-20260110T000000Z.tar.zst shop-20260111T000000Z.tar.zst shop-backup.tar.zst
END
exits 'again' 0 prune --keep-last 1
field 'there is nothing to do' .status unchanged
printf 'age-encryption.org/v1\n' >b/shop-20260107T000000Z.tar.zst.age
cp b/shop-20260107T000000Z.tar.zst.age b/shop-20260106T000000Z.tar.zst.age
touch b/shop-20260106T000000Z.tar.zst.age.sig
exits 'encrypted ones' 0 prune --keep-last 1
(cd b && echo *.age*) >got
same 'are pruned with their signatures, but for the newest' got <<'END'
shop-20260107T000000Z.tar.zst.age
END
one store 20260101T000000Z; one store 20260102T000000Z; one store 20260103T000000Z
flipped=b/store-20260103T000000Z.tar.zst
at=$(tar --zstd -xOf $flipped MANIFEST.json | jq '.frames[1] | .offset + .packed / 2 | floor')
printf '\377\377' | dd of=$flipped bs=1 seek="$at" conv=notrunc 2>/dev/null
exits 'a newest one that is damaged in its middle' 0 prune --keep-last 1
(cd b && echo store*) >got
same 'is not the one that is kept for the others' got <<'END'
store-20260102T000000Z.tar.zst store-20260103T000000Z.tar.zst
END
one late 20260101T000000Z; one late 20260102T000000Z; one late 20991231T000000Z
exits 'one that a wrong clock has named' 0 prune --keep-last 1
says 'is told' 'late-20991231T000000Z.tar.zst: its time has not come yet'
(cd b && echo late*) >got
same 'and does not count as the newest: that stays, too' got <<'END'
late-20260102T000000Z.tar.zst late-20991231T000000Z.tar.zst
END
rm -r b && mkdir b && one shop 20260101T000000Z
for i in 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19; do cp b/shop-20260101T000000Z.tar.zst "b/shop-202601${i}T000000Z.tar.zst"; done
runs=
for i in 1 2 3 4; do prune --keep-last 1 >"out.$i" 2>"err.$i" & runs="$runs $!"; done
bad=0
for run in $runs; do wait "$run" || bad=$?; done
verdict $bad 'several runs at once do no harm to each other' || cat err.?
(cd b && echo ./*) >got
same 'and leave what each of them would' got <<'END'
./shop-20260119T000000Z.tar.zst
END
exits 'no rule: exit 2' 2 prune
exits 'no directory: exit 2' 2 snapshot-prune -n --keep-last 1 no/such
finish
