#!/bin/sh
# real projects' migrations: applied, filled, taken, restored, compared
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
[ -d "$shared/real" ] || skip_all 'no ../shared/real here'

on() { # on DATABASE - its connection string
	printf '%s\n' "$DATABASE_URL" | sed "s,/postgres?,/$1?,"
}
model() { # model DATABASE FILE - what pg_dump makes of it, without what differs at every dump
	pg_dump --no-owner -d "$(on "$1")" | grep -v '^\\\(un\)\{0,1\}restrict ' >"$2"
}

# rows for every table: a value for each column by its type; row i of one table refers to row i of another
cat >fill.sql <<'SQL'
SET session_replication_role = replica;
DO $$
DECLARE t record; cols text; vals text; n int;
BEGIN
	FOR t IN SELECT c.oid, c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	    WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema', 'handrail', 'pg_temp')
	    AND relpersistence = 'p' LOOP
		SELECT string_agg(quote_ident(attname), ','), string_agg(CASE
			WHEN y.typname = 'uuid' THEN 'md5(i::text)::uuid'
			WHEN y.typtype = 'e' THEN format('(enum_range(NULL::%s))[1]', y.oid::regtype)
			WHEN y.typcategory = 'A' THEN format('''{}''::%s', y.oid::regtype)
			WHEN y.typname IN ('json', 'jsonb') THEN format('(''{"n":'' || i || ''}'')::%s', y.oid::regtype)
			WHEN y.typcategory = 'S' THEN format('(substr(md5(i::text), 1, 20) || E''\t\\ \n\u00e9'')::%s', y.oid::regtype)
			WHEN y.typcategory = 'N' THEN format('(i %% 90 + 1)::%s', y.oid::regtype)
			WHEN y.typcategory = 'B' THEN 'i % 2 = 0'
			WHEN y.typcategory = 'D' THEN format('(now() + i * interval ''1 s'')::%s', y.oid::regtype)
			ELSE format('NULL::%s', y.oid::regtype) END, ',')
		INTO cols, vals FROM pg_attribute a JOIN pg_type y ON y.oid = atttypid
		WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = '';
		BEGIN
			EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM generate_series(1, 40) i', t.name, cols, vals);
		EXCEPTION WHEN check_violation OR unique_violation OR string_data_right_truncation THEN
			RAISE NOTICE '% stays empty: %', t.name, SQLERRM;
		END;
		EXECUTE format('SELECT count(*) FROM %s', t.name) INTO n;
		INSERT INTO filled VALUES (t.name, n);
	END LOOP;
END $$;
SQL

# carry NAME MIGRATIONS TABLES - up, rows, a snapshot, down into another database, the same; TABLES at least get rows
carry() {
	db=$1 dir=$2 tables=$3
	psql -qX "$DATABASE_URL" -c "CREATE DATABASE $db"
	exits "$db: migrations apply" 0 migrate-apply --pg "$(on "$db")" "$dir" </dev/null
	exits "$db: a second run" 0 migrate-apply --pg "$(on "$db")" "$dir" </dev/null
	grep -q '"status":"unchanged"' out; verdict $? "$db: is unchanged"
	exits "$db: the database is what its migrations make" 0 schema-diff --fail-on any "migrations:$dir" "$(on "$db")" </dev/null
	{ echo 'CREATE TEMP TABLE filled (name text, n int);'; cat fill.sql
		echo 'COPY (SELECT count(*) FROM filled WHERE n > 0) TO STDOUT;'; } |
		psql -qX -v ON_ERROR_STOP=1 "$(on "$db")" >filled 2>psql.err
	[ "$(cat filled)" -ge "$tables" ]; verdict $? "$db: $(cat filled) tables have rows" || evidence psql psql.err
	mkdir -p files && echo "attachment of $db" >files/a.txt
	exits "$db: snapshot" 0 snapshot --pg "$(on "$db")" --dir files=files -o "$db.tar.zst" </dev/null
	exits "$db: tar reads it" 0 tar --zstd -tf "$db.tar.zst"
	exits "$db: restore into a new database" 0 snapshot-restore "$db.tar.zst" --pg-into "$(on "$db")" --create-db "${db}_back" \
		--dir-into files="$db.files" </dev/null
	exits "$db: schema-diff sees no difference" 0 schema-diff --fail-on any "$(on "$db")" "$(on "${db}_back")" </dev/null
	model "$db" before.sql
	model "${db}_back" after.sql
	same "$db: pg_dump of both is the same, rows and all" after.sql <before.sql
	same "$db: the directory is back" "$db.files/a.txt" <files/a.txt
}

carry rytask "$shared/real/rytask/migrations" 20
carry boards "$shared/real/boards/migrations" 8
finish
