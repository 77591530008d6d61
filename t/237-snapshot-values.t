#!/bin/sh
# larger tables are loaded in binary form: each value of each type that has one comes back as it was
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

db app
psql -Xq "$DATABASE_URL" <<-'SQL' >/dev/null
	CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN code AS varchar(9); CREATE DOMAIN plate AS char(12);
	CREATE TABLE numbers (i2 smallint, i4 int, i8 bigint, o oid, f4 real, f8 double precision, n numeric, money numeric(12,2), p positive, b boolean);
	INSERT INTO numbers SELECT (random() * 65535 - 32768)::int, (random() * 4294967295 - 2147483648)::bigint,
		((random() * 2 - 1) * 9.2e18)::bigint, (random() * 4294967295)::bigint::oid, ((random() * 2 - 1) * 10 ^ (random() * 70 - 35))::real,
		(random() * 2 - 1) * 10 ^ (random() * 600 - 300), round(((random() * 2 - 1) * 10 ^ (random() * 40 - 12))::numeric, (random() * 30)::int),
		((random() * 2 - 1) * 1e9)::numeric, 1 + (random() * 1e9)::int, random() < 0.5
		FROM generate_series(1, 20000);
	INSERT INTO numbers (i2, i4, i8, o, p) VALUES (-32768, -2147483648, -9223372036854775808, 0, 1),
		(32767, 2147483647, 9223372036854775807, 4294967295, 2147483647), (0, 0, 0, 1, NULL), (NULL, NULL, NULL, NULL, NULL);
	INSERT INTO numbers (f4, f8) VALUES ('NaN', 'NaN'), ('Infinity', '-Infinity'), ('-Infinity', 'Infinity'), ('-0', '-0'), ('1e-45', '5e-324'),
		('3.4028235e38', '1.7976931348623157e308'), ('1.17549435e-38', '2.2250738585072014e-308'), (0.1, 0.1), ('1e-42', '1e-310');
	INSERT INTO numbers (n) SELECT n::numeric FROM unnest(ARRAY['NaN', '0', '0.00', '0.000000', '1', '-1', '10', '10000', '99999999', '100000000',
		'12345678901234567890.123456789', '0.0001', '0.00001', '-0.000000001', '1.50', '10000.0001', '-10000.00010000', '5000', '0.5000',
		'100000000.00000001', '1e1000', '-1e-1000', '1e131071', '1e-16383', '9999', '9999.9999', '0.09999']) n;
	SELECT current_setting('server_version_num')::int >= 140000 AS v14 \gset
	\if :v14
	INSERT INTO numbers (n) VALUES ('Infinity'), ('-Infinity');
	\endif

	CREATE TABLE times (d date, t timestamp, t3 timestamp(3), z timestamptz);
	INSERT INTO times SELECT '-infinity'::date, t, t, t AT TIME ZONE 'UTC' FROM (
		SELECT timestamp '4713-02-01 BC' + random() * 298000 * interval '365.24 days' AS t FROM generate_series(1, 20000)) x WHERE isfinite(t);
	UPDATE times SET d = t::date;
	INSERT INTO times SELECT date '0005-01-01 BC' + i, timestamp '0005-01-01 BC' + i * interval '1 day', timestamp '1896-01-01' + i * interval '1 day',
		timestamptz '1999-12-28 00:00+00' + i * interval '1 minute' - interval '1 microsecond' FROM generate_series(0, 4000) i;
	INSERT INTO times VALUES ('infinity', 'infinity', '-infinity', '-infinity'), ('-infinity', '-infinity', 'infinity', 'infinity'),
		('4713-01-01 BC', '4713-01-01 BC', '0001-01-01 BC', '4713-01-01 00:00+00 BC'), ('5874897-12-31', '294276-12-31 23:59:59.999999', '0001-01-01',
		'294276-12-31 23:59:59.999999+00'), ('2000-02-29', '2000-02-29', '1900-02-28 23:59:59.999', '1999-12-31 23:59:59.9+00'), (NULL, NULL, NULL, NULL);

	CREATE TABLE texts (t text, v varchar(40), c char(9), k code, p plate, w char(30), free bpchar, j json, jb jsonb, by bytea, u uuid, gone int);
	ALTER TABLE texts DROP COLUMN gone;
	INSERT INTO texts SELECT string_agg(substr(E'\b\f\n\r\t\x0b\\N.x\x01 é🐘"', 1 + (random() * 15)::int, 1), ''), md5(i::text), left(md5(i::text), i % 10),
		'k' || i % 9, repeat('é', i % 13), repeat(' ', i % 17) || repeat('x', i % 7), repeat('y', i % 5) || repeat(' ', i % 23), json_build_object('a', i, 'b', md5(i::text) || E'\\\t"'), jsonb_build_object('n', i / 7.0, 'x', ARRAY[E'\n', '\', 'é']),
		sha256(i::text::bytea), md5(i::text)::uuid FROM generate_series(1, 8000) i, generate_series(1, 20) GROUP BY i;
	INSERT INTO texts VALUES ('', '', '', '', '', '', '        ', '{ "a" :  1, "a":2}', '{"b": 1e400}', '', NULL), ('\N', '\\N', '\.', '\', '', '', ' ', '"\n"', '"\\N"', '\x00ff0a5c', NULL),
		('N', E'\\', E'\t', E'\n', E'\t', E'\\', E'\n ', 'null', 'null', '\x5c78', NULL), (repeat(E'\\\n', 400000), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, decode(repeat('5c0a', 300000), 'hex'), NULL);

	CREATE TABLE mixed (id int, a inet, t text); INSERT INTO mixed SELECT i, '10.0.0.0'::inet + i, repeat('x', 40) FROM generate_series(1, 30000) i;
	CREATE TABLE base (a int); CREATE TABLE heir (b text, a int); ALTER TABLE heir INHERIT base;
	INSERT INTO heir SELECT repeat('y', 60), i FROM generate_series(1, 20000) i;
	ALTER TABLE heir ADD COLUMN twice int GENERATED ALWAYS AS (a * 2) STORED;
SQL
sql "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_table_size(oid) > 1500000" >got
same 'tables that are large enough' got <<-'TEXT'
	heir mixed numbers texts times
TEXT
exits 'taken' 0 snapshot -n -j2 --pg "$DATABASE_URL" -o app.tar.zst
exits 'restored, and read again' 0 snapshot-restore -n -j2 --pg-into "$DATABASE_URL" --create-db back --check-content app.tar.zst
back=$(printf '%s\n' "$server" | sed "s,/postgres?,/back?,")
# the columns of an heir change their places
for table in numbers times texts mixed 'heir (a, b, twice)'; do
	for from in "$DATABASE_URL" "$back"; do
		psql -Xqc "COPY (SELECT $(echo "$table" | sed 's/.*(\(.*\))/\1/; t; s/.*/*/') FROM ${table%% *}) TO STDOUT (FORMAT binary)" "$from" | sha256sum
	done >sums
	[ "$(uniq sums | wc -l)" = 1 ] && [ "$(wc -l <sums)" = 2 ]
	verdict $? "$table: bit by bit the same, row by row"
done

# texts that become booleans on their way: the server reads words that a boolean is not written as
db odd
sql "CREATE TABLE large (id int, odd text); INSERT INTO large SELECT i, CASE WHEN i > 150000 THEN 'yes' ELSE 't' END FROM generate_series(1, 200000) i"
exits 'taken' 0 snapshot -n -q --pg "$DATABASE_URL" -o odd.tar.zst
mkdir other
printf '#!/bin/sh\n"%s" "$@" >out.$$ || exit; sed "s/ odd text/ odd boolean/" out.$$; rm out.$$\n' "$(command -v pg_restore)" >other/pg_restore
chmod +x other/pg_restore
exits 'what is not written as we know it goes as text' 0 env HANDRAIL_PG_BINDIR="$PWD/other" snapshot-restore -n --pg-into "$DATABASE_URL" --create-db even odd.tar.zst
psql -XAtqc "SELECT count(*), count(*) FILTER (WHERE odd), pg_typeof(min(odd::int)::bool) FROM large" "$(printf '%s\n' "$server" | sed "s,/postgres?,/even?,")" >got
same 'and is all there' got <<-'TEXT'
	200000|200000|boolean
TEXT
finish
