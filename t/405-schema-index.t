#!/bin/sh
# The indexes and constraints of the model are what pg_get_indexdef and pg_get_constraintdef say of them, also those that
# they are not asked about.
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
db indexes
sql 'ALTER DATABASE indexes SET search_path = public' # not handrail, which is its user and our schema

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
CREATE INDEX ON \"My Schema\".\"T 1\" (c);
CREATE INDEX ON \"My Schema\".\"T 1\" (v bpchar_ops);
CREATE TABLE lengths (a varchar, b bpchar, c timestamp(3), d numeric(10,2), e bit(3), f interval(3), g cidr, h time(2) with time zone, i interval year);
ALTER TABLE lengths ADD gone int, ADD last int;
ALTER TABLE lengths DROP gone;
CREATE INDEX ON lengths (a, c, d, e, h, last);
CREATE INDEX ON lengths (b); CREATE INDEX ON lengths (f); CREATE INDEX ON lengths (g); CREATE INDEX ON lengths (i);
" >/dev/null
! since 15 || sql 'CREATE UNIQUE INDEX ON "My Schema"."T 1" (id, u) NULLS NOT DISTINCT' >/dev/null

sql "
CREATE TABLE \"Ref\" (\"Id\" bigint, b text, \"odd \"\"name\" int, c int, d int, PRIMARY KEY (\"Id\"), UNIQUE (b, \"odd \"\"name\"),
    UNIQUE (\"odd \"\"name\") INCLUDE (b), CONSTRAINT \"u x\" UNIQUE (b) WITH (fillfactor = 70), UNIQUE (d, c) DEFERRABLE,
    CONSTRAINT late UNIQUE (c) DEFERRABLE INITIALLY DEFERRED, UNIQUE (c, \"Id\"));
CREATE SCHEMA handrail;
CREATE TABLE handrail.own (id bigint PRIMARY KEY);
CREATE TABLE \"My Schema\".keys (id bigint, b text, o int, c int, FOREIGN KEY (id) REFERENCES \"Ref\",
    FOREIGN KEY (b, o) REFERENCES \"Ref\" (b, \"odd \"\"name\") MATCH FULL, FOREIGN KEY (o, b) REFERENCES \"Ref\" (\"odd \"\"name\", b),
    FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON DELETE CASCADE,
    FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON UPDATE CASCADE ON DELETE SET NULL,
    FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON UPDATE SET DEFAULT ON DELETE SET DEFAULT,
    FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON UPDATE RESTRICT ON DELETE RESTRICT DEFERRABLE,
    FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (id) REFERENCES handrail.own, CHECK (id > 0), CHECK (o < 5 AND b IS NOT NULL) NO INHERIT);
ALTER TABLE \"My Schema\".keys ADD FOREIGN KEY (o) REFERENCES \"Ref\" (\"odd \"\"name\") ON DELETE CASCADE NOT VALID, ADD CHECK (c <> 3) NOT VALID;
CREATE TABLE self (id int PRIMARY KEY, up int REFERENCES self);
CREATE TABLE split (a int REFERENCES self, b bigint, PRIMARY KEY (a)) PARTITION BY LIST (a);
CREATE TABLE split1 PARTITION OF split FOR VALUES IN (1);
CREATE TABLE ranges (r int4range, k int4range, EXCLUDE USING gist (r WITH &&), EXCLUDE USING gist (k WITH &&) WHERE (NOT isempty(k)) DEFERRABLE);
" >/dev/null
! since 15 || sql 'ALTER TABLE "Ref" ADD UNIQUE NULLS NOT DISTINCT (c, d);
    ALTER TABLE "My Schema".keys ADD FOREIGN KEY (c, id) REFERENCES "Ref" (c, "Id") ON DELETE SET NULL (c)' >/dev/null
! since 18 || sql 'CREATE TABLE spans (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
    CREATE TABLE parts_of (id int4range, during daterange, FOREIGN KEY (id, PERIOD during) REFERENCES spans (id, PERIOD during));
    CREATE TABLE loose (a int, b int REFERENCES self NOT ENFORCED, CHECK (a > 0) NOT ENFORCED)' >/dev/null

compare_all() { # NAME
	schema-diff -n --dump "$DATABASE_URL" 2>err | tail -n 1 |
	    jq -r '.result.model.objects[] | select(.kind == "index") | .definition + (.options // "")' | sort >got
	sql "SET search_path = ''; SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index
	    WHERE indrelid >= 16384 AND indrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind <> 't' AND
	    relnamespace <> 'handrail'::regnamespace) AND indexrelid NOT IN (SELECT conindid FROM pg_catalog.pg_constraint)" |
	    sed "s/ WITH (\(.*\)='\([0-9]*\)')/\1=\2/" | sort >wanted
	same "$1" got <wanted
}
compare_all 'indexes as the server writes them'
[ "$(wc -l <got)" -gt 30 ]
verdict $? 'all of them'
schema-diff -n --dump "$DATABASE_URL" | tail -n 1 |
    jq -r '.result.model.objects[] | select(.kind == "constraint") | "\(.id) \(.definition) \(.references // "")"' | sort >got
sql "SET search_path = ''; SELECT pg_catalog.concat(conrelid::regclass, '.', pg_catalog.quote_ident(conname), ' ',
    pg_catalog.pg_get_constraintdef(oid), ' ', CASE WHEN confrelid <> 0 THEN confrelid::regclass END)
    FROM pg_catalog.pg_constraint k WHERE conrelid <> 0 AND contype IN ('p', 'u', 'c', 'f', 'x')
    AND connamespace::regnamespace::text !~ '^(pg_catalog|information_schema|handrail)$'
    AND (contype IN ('p', 'u', 'x') OR conparentid = 0)" | sort >wanted
same 'constraints as well' got <wanted
[ "$(wc -l <got)" -gt 25 ]
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
