#!/bin/sh
# The indexes of the model are what pg_get_indexdef says of them, also those that it is not asked about.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
db indexes

sql "
CREATE SCHEMA \"My Schema\";
CREATE DOMAIN word AS text;
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TYPE pair AS (a int, b int);
CREATE TABLE \"My Schema\".\"T 1\" (id int, \"a b\" int, \"select\" text, c text COLLATE \"C\", v varchar(9), p char(3), x \"char\",
    n name, w word, m mood, l int[], j jsonb, u uuid, t timestamptz, f float4, z numeric, y bytea, i inet, o oid, r pair, k int4range);
CREATE INDEX ON \"My Schema\".\"T 1\" (id);
CREATE UNIQUE INDEX \"Unique ' one\" ON \"My Schema\".\"T 1\" (\"a b\", \"select\", id);
CREATE INDEX ON \"My Schema\".\"T 1\" (t, u, f, z, y, i, o, x);
CREATE INDEX ON \"My Schema\".\"T 1\" (id DESC);
CREATE INDEX ON \"My Schema\".\"T 1\" (id NULLS FIRST, \"a b\" DESC NULLS LAST);
CREATE INDEX ON \"My Schema\".\"T 1\" (id) INCLUDE (\"a b\");
CREATE UNIQUE INDEX ON \"My Schema\".\"T 1\" (id) WHERE id > 3;
CREATE INDEX ON \"My Schema\".\"T 1\" (lower(\"select\"), id);
CREATE INDEX ON \"My Schema\".\"T 1\" (\"select\" text_pattern_ops);
CREATE INDEX ON \"My Schema\".\"T 1\" (\"select\" text_ops, v text_ops, v varchar_ops, v varchar_pattern_ops, v bpchar_ops);
CREATE INDEX ON \"My Schema\".\"T 1\" (\"select\" COLLATE \"C\", c, c COLLATE \"default\", n);
CREATE INDEX ON \"My Schema\".\"T 1\" (v, p);
CREATE INDEX ON \"My Schema\".\"T 1\" (w, m, l, r, k);
CREATE INDEX ON \"My Schema\".\"T 1\" (id) WITH (fillfactor = 50);
CREATE INDEX ON \"My Schema\".\"T 1\" USING hash (id);
CREATE INDEX ON \"My Schema\".\"T 1\" USING gin (j, l);
CREATE INDEX ON \"My Schema\".\"T 1\" USING brin (id);
CREATE INDEX ON \"My Schema\".\"T 1\" USING gist (k, i inet_ops);
CREATE INDEX ON \"My Schema\".\"T 1\" (o, f);
ALTER TABLE \"My Schema\".\"T 1\" RENAME f TO \"F\";
CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=,
    OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
CREATE INDEX ON \"My Schema\".\"T 1\" (id backwards, \"a b\");
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one, 'x'::text AS two;
CREATE UNIQUE INDEX ON mv (one, two);
CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (2);
CREATE INDEX ON parts (a, b);
CREATE INDEX ON ONLY parts (b);
" >/dev/null
! since 15 || sql 'CREATE UNIQUE INDEX ON "My Schema"."T 1" (id, u) NULLS NOT DISTINCT' >/dev/null

compare_all() { # NAME
	schema-diff -n --dump "$DATABASE_URL" 2>err | tail -n 1 |
	    jq -r '.result.model.objects[] | select(.kind == "index") | .definition + (.options // "")' | sort >got
	sql "SET search_path = ''; SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index
	    WHERE indrelid >= 16384 AND indrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind <> 't')" |
	    sed "s/ WITH (\(.*\)='\([0-9]*\)')/\1=\2/" | sort >wanted
	same "$1" got <wanted
}
compare_all 'indexes as the server writes them'
[ "$(wc -l <got)" -gt 20 ]
verdict $? 'all of them'

# a varchar that has an operator class of its own is no text any more
sql "CREATE OPERATOR CLASS mine DEFAULT FOR TYPE varchar USING btree AS OPERATOR 1 <(text, text), OPERATOR 2 <=(text, text),
    OPERATOR 3 =(text, text), OPERATOR 4 >=(text, text), OPERATOR 5 >(text, text), FUNCTION 1 bttextcmp(text, text)" >/dev/null
compare_all 'and where a type has got a default class of its own'

# what a failed CREATE INDEX CONCURRENTLY leaves
db invalid
sql 'CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 1); CREATE INDEX other ON t (b)' >/dev/null
sql 'CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)' >/dev/null 2>&1
gives 'an index is INVALID' 'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid' t_a
sql 'DELETE FROM t'
compare() { schema-diff -n --scratch "$server" "$@"; }
says_sql() { grep -qF "$2" out; verdict $? "$1" || evidence out out; }
printf 'CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX t_a ON t (a); CREATE INDEX more ON t (b);' >valid.sql
printf 'CREATE TABLE t (a int, b int)' >none.sql
exits 'INVALID here, valid there' 0 compare --format sql "$DATABASE_URL" valid.sql
says_sql 'it is built anew' 'REINDEX INDEX CONCURRENTLY public.t_a;'
cp out anew.sql
exits 'by plain statements' 0 compare --plain --format sql "$DATABASE_URL" valid.sql
says_sql 'it is, too' 'REINDEX INDEX public.t_a;'
exits 'valid here, INVALID there: told, and all else is done' 0 compare --format sql valid.sql "$DATABASE_URL"
says_sql 'and said that it stays valid' 'not done: public.t.t_a: no SQL makes an index INVALID'
says_sql 'another index comes' 'CREATE INDEX CONCURRENTLY other'
exits 'not here, INVALID there' 0 compare --format text none.sql "$DATABASE_URL"
says_sql 'it is told' 'new-index-invalid'
exits 'and made' 0 compare --format sql none.sql "$DATABASE_URL"
says_sql 'as a valid one' 'CREATE UNIQUE INDEX CONCURRENTLY t_a'
exits 'INVALID here, not there' 0 compare --format sql "$DATABASE_URL" none.sql
says_sql 'it goes' 'DROP INDEX CONCURRENTLY public.t_a;'
exits 'psql takes it' 0 psql -Xqv ON_ERROR_STOP=1 -f anew.sql "$DATABASE_URL"
exits 'and nothing is left' 0 compare --fail-on any "$DATABASE_URL" valid.sql
finish
