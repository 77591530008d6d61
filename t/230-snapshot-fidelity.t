#!/bin/sh
# what is restored is what was there: one of everything, real schemas, and a database that is written to meanwhile
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { # at NAME: the URI of another database
	printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"
}
# dump NAME OPTION...: all that pg_dump tells of it
dump() {
	name=$1
	shift
	pg_dump "$@" -d "$(at "$name")" | sed '/restrict/d'
}
# same_again NAME: taken, restored and compared
same_again() {
	snapshot -n -j2 --pg "$(at "$1")" -o "$1.tar.zst" >record 2>err
	verdict $? "$1: taken" || evidence err err
	exits "$1: restored, all rows as they were" 0 snapshot-restore -n -j2 --pg-into "$(at "$1")" --create-db "$1_back" --check-content "$1.tar.zst"
	dump "$1" --schema-only >old.sql
	dump "$1_back" --schema-only >new.sql
	diff old.sql new.sql >diff.out
	verdict $? "$1: pg_dump says the same of both ($(wc -l <old.sql) lines)" || sed 20q diff.out | cut -c 1-200 | sed 's/^/#   /'
	# in an order that does not depend on the OIDs of an enum, by which rows are dealt to partitions
	dump "$1" --load-via-partition-root | LC_ALL=C sort >old.sql
	dump "$1_back" --load-via-partition-root | LC_ALL=C sort >new.sql
	diff old.sql new.sql >diff.out
	verdict $? "$1: of the rows, too" || sed 20q diff.out | cut -c 1-200 | sed 's/^/#   /'
}

db zoo
psql -Xq -v ON_ERROR_STOP=1 -f "$top/t/zoo.sql" "$DATABASE_URL" >/dev/null; verdict $? 'a zoo'
same_again zoo
for what in "SELECT string_agg(concat_ws(' ', schemaname, sequencename, last_value), ', ' ORDER BY 1) FROM (SELECT * FROM pg_sequences ORDER BY 1, 2) s" \
    "SELECT oid, lomowner::regrole, lomacl FROM pg_largeobject_metadata ORDER BY 1" \
    "SELECT count(*), sum(n) FROM zoo.hashed WHERE e = 'sad'" "SELECT relname FROM pg_class WHERE relkind = 'm' AND relispopulated ORDER BY 1" \
    "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1" 'SELECT md5(t) FROM zoo.huge_row'; do
	psql -XAtqc "$what" "$(at zoo)" >want.rows
	psql -XAtqc "$what" "$(at zoo_back)" >got 2>&1
	[ -s got ] && same "$what" got <want.rows
done
tar --zstd -xOf zoo.tar.zst MANIFEST.json | jq -r '.stores[0] | [(.collations["zoo.icu"] | length > 0), .extensions.plpgsql, .sequences["zoo.types_id_seq"],
	(.lsn | length > 2), (.tables[] | select(.name == "zoo.child") | .rows)] | map(tostring) | join(" ")' >got
same 'the manifest tells of collations, extensions, sequences' got <<'END'
true 1.0 2 true 1
END
exits 'the trial restore works, too' 0 snapshot-verify -n --deep zoo.tar.zst

reals=$shared/real
for name in rytask boards; do
	real=$reals/$name
	[ -d "$real/migrations" ] || continue
	db "$name"
	for file in "$real"/migrations/*.sql; do
		case $file in *.down.sql) continue ;; esac
		psql -Xq -v ON_ERROR_STOP=1 -f "$file" "$DATABASE_URL" >/dev/null 2>>err.real
	done
	[ "$(sql "SELECT count(*) > 2 FROM pg_tables WHERE schemaname !~ '^pg_|^information'")" = t ]; verdict $? "$name: its migrations" || evidence err err.real
	same_again "$name"
done

# autovacuum keeps off large tables while they are loaded: these take rows only then, but in their first database
db loud
sql "CREATE FUNCTION quiet(name) RETURNS boolean LANGUAGE sql AS 'SELECT current_database() = ''loud'' OR EXISTS (SELECT FROM
	pg_catalog.pg_class WHERE relname = \$1 AND reloptions::text LIKE ''%autovacuum_enabled=off%'')';
	CREATE TABLE large (a text CHECK (quiet('large'))) WITH (fillfactor = 90); INSERT INTO large VALUES (repeat('x', 9000000));
	CREATE TABLE own (a text CHECK (NOT quiet('own') OR current_database() = 'loud')) WITH (autovacuum_enabled = true);
	INSERT INTO own TABLE large"
snapshot -nq -o loud.tar.zst >/dev/null
exits 'autovacuum keeps off large tables, but for one with a word of its own' 0 snapshot-restore -n --pg-into "$DATABASE_URL" --create-db back1 loud.tar.zst
psql -XAtqc "SELECT relname, reloptions FROM pg_class WHERE relname IN ('large', 'own') ORDER BY 1" "$(at back1)" >got
same 'and only while they are loaded' got <<'END'
large|{fillfactor=90}
own|{autovacuum_enabled=true}
END

# written to while it is taken: the sum over two tables, which each transaction keeps, holds in the copy
db busy
sql "CREATE TABLE a (id int PRIMARY KEY, n bigint); CREATE TABLE b (id int PRIMARY KEY, n bigint);
	INSERT INTO a SELECT i, 1000 FROM generate_series(1, 20000) i; INSERT INTO b SELECT i, 1000 FROM generate_series(1, 20000) i"
cat >move.sql <<'SQL'
\set i random(1, 20000)
\set k random(1, 20000)
\set n random(-50, 50)
BEGIN;
UPDATE a SET n = n + :n WHERE id = :i;
UPDATE b SET n = n - :n WHERE id = :k;
INSERT INTO a VALUES (-:i, 0) ON CONFLICT DO NOTHING;
END;
SQL
bench=$(dirname "$(readlink -f "$(command -v psql)")")
PATH=$PATH:/usr/lib/postgresql/15/bin:$bench
if command -v pgbench >/dev/null; then
	pgbench -n -f move.sql -c 2 -T 4 -d "$DATABASE_URL" >/dev/null 2>&1 & pid=$!
	sleep 1
	exits 'taken while it is written to' 0 snapshot -n -o busy.tar.zst
	exits 'restored' 0 snapshot-restore -n --pg-into "$DATABASE_URL" --create-db calm --check-content busy.tar.zst
	wait $pid
	[ "$(sql 'SELECT count(*) > 20000 FROM a')" = t ]; verdict $? 'it was written to'
	psql -XAtqc 'SELECT (SELECT sum(n) FROM a) + (SELECT sum(n) FROM b)' "$(at calm)" >got
	same 'the copy is of one moment' got <<-'END'
	40000000
	END
fi
finish
