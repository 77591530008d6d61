#!/bin/sh
# snapshot: what is left to pg_dump is counted and summed, too: extensions' configuration, partitions by the hash of an enum, other access methods
top=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${BOX-}" ]; then
	# a server of our own: only it has our extension
	BOX=$(mktemp -d "${TMPDIR:-/tmp}/t.XXXXXX") || exit 1
	chmod 755 "$BOX"
	trap 'rm -rf "$BOX"' EXIT
	# shellcheck disable=SC2016 # the inner shell's
	BOX=$BOX scratch-pg -- sh -c '
		psql -XAtqc "SELECT setting FROM pg_config WHERE name IN ('\''BINDIR'\'', '\''SHAREDIR'\'', '\''PKGLIBDIR'\'') ORDER BY name" "$DATABASE_URL"' >"$BOX/places"
	{ read -r bin; read -r lib; read -r share; } <"$BOX/places"
	mkdir -p "$BOX/root${bin%/*}" "$BOX/root${lib%/*}" "$BOX/root$share/extension"
	cp -RL "$bin" "$BOX/root$bin"
	for f in "$lib" "${bin%/*}"/lib/* "$share"/* "$share"/extension/*; do [ -e "$BOX/root$f" ] || ln -s "$f" "$BOX/root$f"; done
	for v in 1.0 1.1; do
		printf "CREATE TABLE config (k text PRIMARY KEY, v text, seed bool DEFAULT false);
			INSERT INTO config VALUES ('one', 'brought', true);
			SELECT pg_extension_config_dump('config', 'WHERE NOT seed');\n" >"$BOX/root$share/extension/shopcfg--$v.sql"
	done
	printf 'default_version = 1.0\nrelocatable = true\n' >"$BOX/root$share/extension/shopcfg.control"
	export BOX
	HANDRAIL_PG_BINDIR=$BOX/root$bin${HANDRAIL_PG_BINDIR+:$HANDRAIL_PG_BINDIR} PATH=$BOX/root$bin:$PATH scratch-pg -- sh "$0"
	exit
fi
. "$top/t/lib.sh"
. "$top/t/pg.sh"

db app
sql "CREATE EXTENSION shopcfg; CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad'); CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler"
sql "INSERT INTO config VALUES ('ours', E'a\\tb', false), ('more', NULL, false);
	CREATE TABLE by_mood (n int, m mood, twice int GENERATED ALWAYS AS (n * 2) STORED) PARTITION BY HASH (m);
	CREATE TABLE mood_0 PARTITION OF by_mood FOR VALUES WITH (MODULUS 2, REMAINDER 0);
	CREATE TABLE mood_1 (twice int GENERATED ALWAYS AS (n * 2) STORED, m mood, n int); ALTER TABLE by_mood ATTACH PARTITION mood_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	INSERT INTO by_mood SELECT i, (enum_range(NULL::mood))[1 + i % 3] FROM generate_series(1, 1000) i;
	CREATE TABLE \"Odd\" (a int, b text) USING heap_too; INSERT INTO \"Odd\" SELECT i, 'x' || i FROM generate_series(1, 50) i;
	CREATE TABLE no_columns () USING heap_too; INSERT INTO no_columns DEFAULT VALUES;
	CREATE TABLE ours (a int); INSERT INTO ours VALUES (1)"

exits 'a snapshot' 0 snapshot -n -o a.tar.zst
field 'the record counts them: one divided by a hash as a whole, but not parts of an extension' \
	'[.result.stores[0].tables[] | .name + " " + (.rows|tostring)] | sort | join(", ")' \
	'public."Odd" 50, public.by_mood 1000, public.no_columns 1, public.ours 1'
tar --zstd -xOf a.tar.zst MANIFEST.json | jq -r '.stores[0].tables[] | [.name, .rows, .from, .extension] | @csv' >got
same 'the manifest tells where they are' got <<'END'
"public.ours",1,,
"public.""Odd""",50,"ONLY ""public"".""Odd""",
"public.by_mood",1000,"""public"".""by_mood""",
"public.config",2,"ONLY ""public"".""config"" WHERE NOT seed","shopcfg"
"public.no_columns",1,"ONLY ""public"".""no_columns""",
END
exits 'it is sound' 0 snapshot-verify -n a.tar.zst
exits 'and can be restored' 0 snapshot-verify -n --deep a.tar.zst
exits 'restored, and compared' 0 snapshot-restore --check-content --create-db back --pg-into "$DATABASE_URL" a.tar.zst
cp out restored
exits 'database-swap finds all of it' 0 database-swap --dry-run <restored
psql -Xqc 'DROP DATABASE back' "$server"
exits 'a partition without its rows' 0 snapshot -n --exclude-table-data public.mood_1 -o part.tar.zst
field 'is not counted' '.result.stores[0].tables[] | select(.name == "public.by_mood").rows' "$(sql 'SELECT count(*) FROM mood_0')"
exits 'nor is it when that is restored' 0 snapshot-verify -n --deep part.tar.zst


# one name for a table of ours in one schema, and for what pg_dump takes in others
db names
sql "CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler; CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA c; CREATE SCHEMA d; CREATE SCHEMA e;
	CREATE TABLE a.items (i int); INSERT INTO a.items VALUES (1), (2); CREATE MATERIALIZED VIEW b.items AS SELECT 3 AS i; CREATE SEQUENCE c.items;
	CREATE TABLE d.items (i int) USING heap_too; INSERT INTO d.items VALUES (4); CREATE VIEW e.items AS SELECT 5 AS i; CREATE TABLE e.only_here (i int)"
sql "SELECT nextval('c.items') FROM generate_series(1, 7)" >got
for i in $(seq 40); do echo "CREATE SCHEMA s$i CREATE TABLE tenant (n int); INSERT INTO s$i.tenant VALUES ($i);"; done | psql -Xq "$DATABASE_URL"
real=$(sql "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
mkdir wrapped && printf '#!/bin/sh\ncase $* in *--snapshot*) for a; do echo "$a"; done >%s/argv;; esac\nexec %s/pg_dump "$@"\n' "$box" "$real" >wrapped/pg_dump
[ -x "$real/pg_dump" ] || sed -i "s,exec .*/pg_dump,exec $(command -v pg_dump)," wrapped/pg_dump
chmod +x wrapped/pg_dump
HANDRAIL_PG_BINDIR=$box/wrapped:$HANDRAIL_PG_BINDIR exits 'a snapshot of many schemas' 0 snapshot -n -o names.tar.zst
grep exclude argv >got
same 'tables of the same name are one pattern, by as much of their names as tells them from others; what is shared with others is named with its schema' got <<'END'
--exclude-table-data="a".("items")
--exclude-table-data=*.("o"|"t")*
END
exits 'restored, and compared' 0 snapshot-restore -n --check-content --create-db names2 --pg-into "$DATABASE_URL" names.tar.zst
DATABASE_URL=$(printf '%s\n' "$server" | sed 's,/postgres?,/names2?,')
gives 'each has its own' "SELECT (SELECT count(*) FROM a.items), (SELECT i FROM b.items), (SELECT last_value FROM c.items), (SELECT i FROM d.items), (SELECT n FROM s40.tenant)" \
	'2|3|7|4|40'
DATABASE_URL=$(printf '%s\n' "$server" | sed 's,/postgres?,/app?,')

# names that are told apart by their beginnings, their ends, or only as a whole; characters that mean something in a pattern
odd='a a| a(b a* a? a.b a$ a\\ a"b a-c a]d a^e A Äé Äè 日本 日 %s {2} [x] .+ ünd und'
lister=$real/pg_restore
[ -x "$lister" ] || lister=$(command -v pg_restore)
db odd
for n in $odd; do printf '%s\n' "$n"; done | while read -r n; do
	q=$(printf %s "$n" | sed 's/"/""/g')
	echo "CREATE TABLE \"$q\" (i serial); CREATE TABLE \"${q}x\" (i int); CREATE VIEW \"v$q\" AS SELECT 1 AS i; CREATE MATERIALIZED VIEW \"$q m\" AS SELECT 2 AS i;
		INSERT INTO \"$q\" VALUES (1), (2); SELECT nextval('\"${q}_i_seq\"'); INSERT INTO \"${q}x\" VALUES (1);"
done | PGCLIENTENCODING=UTF8 psql -Xqo /dev/null -v ON_ERROR_STOP=1 "$DATABASE_URL"
for n in "$(printf 'new\nline')" 'two words' "quo'te"; do sql "CREATE TABLE \"$n\" (i serial); INSERT INTO \"$n\" VALUES (1); SELECT nextval('\"$(printf %s "$n" | sed "s/'/''/")_i_seq\"')" >/dev/null; done
for more in '' 'CREATE TABLE zz_i_seq (i int); CREATE TABLE "q" (i int); CREATE VIEW "end m" AS SELECT 1 AS i'; do
	[ -z "$more" ] || sql "$more"
	exits "a snapshot of odd names${more:+, some of which end as sequences do}" 0 snapshot -n -o odd.tar.zst
	tar --zstd -xOf odd.tar.zst stores/odd/rest.dump | "$lister" -l >toc
	echo "$(grep -c ' TABLE DATA ' toc) $(grep -c ' SEQUENCE SET ' toc) $(grep -c ' MATERIALIZED VIEW DATA ' toc)" >got
	sql "SELECT 0 || ' ' || (SELECT count(*) FROM pg_sequences) || ' ' || (SELECT count(*) FROM pg_matviews)" >those
	same 'pg_dump takes the rows of none of our tables, but the values of all sequences, and all materialized views' got <those
	exits 'restored, it is the same' 0 snapshot-verify -n --deep odd.tar.zst
	rm odd.tar.zst
done
DATABASE_URL=$(printf '%s\n' "$server" | sed 's,/postgres?,/app?,')

# the extension of where it is restored does otherwise
extension=$(find "$BOX/root" -name shopcfg--1.0.sql)
cp "$extension" kept.sql
restore() { snapshot-restore -n --create-db back "$@" --pg-into "$DATABASE_URL" a.tar.zst; }
echo "INSERT INTO config VALUES ('new', 'one')" >>"$extension"
exits 'it brings a row of its own: exit 1' 1 restore
says 'is told' 'public.config holds 3 rows, the archive 2'
exits 'a trial, too: exit 1' 1 snapshot-verify -n --deep a.tar.zst
{
	cat kept.sql
	echo "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := upper(NEW.v); RETURN NEW; END';
		CREATE TRIGGER loud BEFORE INSERT ON config FOR EACH ROW EXECUTE FUNCTION loud();"
} >"$extension"
exits 'it changes a row: exit 1' 1 restore --check-content
says 'is told' 'the rows of public.config are not those of the archive'
sed -i 's/1[.]0/1.1/' "${extension%--*}.control"
exits 'another version of it: no comparison' 0 restore --check-content
says 'which is told' 'not compared: public.config: it is from shopcfg 1.0'
finish
