-- one of everything that a dump can lose
SELECT current_setting('server_version_num')::int >= 140000 AS v14, current_setting('server_version_num')::int >= 150000 AS v15,
	current_setting('server_version_num')::int >= 180000 AS v18 \gset
CREATE ROLE zoo_owner; CREATE ROLE zoo_reader; GRANT zoo_reader TO zoo_owner;
CREATE SCHEMA zoo AUTHORIZATION zoo_owner; CREATE SCHEMA "Odd ""schema"".with.dots";
COMMENT ON SCHEMA zoo IS 'a zoo';
CREATE TYPE zoo.mood AS ENUM ('sad', 'so so', 'it''s fine');
CREATE COLLATION zoo.icu (provider = icu, locale = 'de');
CREATE TYPE zoo.pair AS (a int, b text);
CREATE DOMAIN zoo.positive AS int CHECK (VALUE > 0);
CREATE TYPE zoo.span AS RANGE (subtype = float8);
CREATE SEQUENCE zoo.odd INCREMENT 7 MINVALUE -5 START 3 CYCLE; SELECT setval('zoo.odd', 24, false);
CREATE FUNCTION zoo.twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i * 2';
CREATE FUNCTION zoo.trap() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
	NEW.t := NEW.t || ' trapped'; -- would change rows, were it there when they are loaded

--
-- Name: not a heading; Type: TABLE; Schema: none; Owner: nobody
--
	RETURN NEW; END$$;
CREATE PROCEDURE zoo.nothing(a int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE zoo.total(int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE OPERATOR zoo.<+> (leftarg = int, rightarg = int, function = int4pl);
CREATE COLLATION zoo.c FROM "C";

CREATE TABLE zoo.types (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, i2 smallint, f4 real, f8 double precision, n numeric,
	m money, b boolean, by bytea, c char(5), v varchar(10), t text COLLATE zoo.c, d date, ts timestamp,
	tz timestamptz, iv interval, tm timetz, j json, jb jsonb, u uuid, x xml, a int[], aa text[][], e zoo.mood,
	p zoo.pair, dp zoo.positive, r int4range, sp zoo.span, ip inet, mac macaddr, pt point,
	pg polygon, bt bit(3), vb bit varying, tsv tsvector, tq tsquery, o oid, ln pg_lsn, gen int GENERATED ALWAYS AS (i2 * 2) STORED);
INSERT INTO zoo.types (i2, f4, f8, n, m, b, by, c, v, t, d, ts, tz, iv, tm, j, jb, u, x, a, aa, e, p, dp, r, sp, ip,
	mac, pt, pg, bt, vb, tsv, tq, o, ln) VALUES
	(-32768, 0.1, 0.1, 'NaN', 12.34, true, '\x00ff0a', 'a', '', E'tab\tnl\ncr\r\\N \\. é 🐘', '-infinity',
	'2000-01-01 00:00:00.000001', '2011-03-27 02:30:00+02', '-1 mons +2 days -00:00:00.5', '23:59:60+05:30', '{"a" :  1, "a":2}',
	'{"b": 1e400, "a": null}', '00000000-0000-0000-0000-000000000001', '<a b="c">&amp;</a>', '[0:1]={1,NULL}',
	'{{"a,b","\"q\""},{NULL,""}}', 'it''s fine', '(1,"x,y")', 5, 'empty', '[0.1,0.3)', '::1/64',
	'08:00:2b:01:02:03', '(1.1,-0)', '((0,0),(1,1),(2,0))', '101', '', 'a:1 ''b c'':2', 'a & !b', 4294967295, '16/B374D848'),
	(NULL, '-Infinity', 1e-300, 1e-500, NULL, NULL, '', NULL, NULL, '\.', NULL, 'infinity', NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '(,)', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE zoo.bare (); INSERT INTO zoo.bare SELECT FROM generate_series(1, 3);
CREATE TABLE zoo.dropped (a int NOT NULL, gone text, b int); INSERT INTO zoo.dropped VALUES (1, 'x', 2);
ALTER TABLE zoo.dropped DROP COLUMN gone; ALTER TABLE zoo.dropped ADD COLUMN later text DEFAULT 'quick';
CREATE TABLE "Odd ""schema"".with.dots"."Table|(x)*""?" ("Col ""umn" text, "select" int);
INSERT INTO "Odd ""schema"".with.dots"."Table|(x)*""?" VALUES ('a', 1);
CREATE TABLE zoo.wide AS SELECT i, repeat(md5(i::text), 3000) AS t FROM generate_series(1, 400) i;
CREATE TABLE zoo.huge_row AS SELECT string_agg(md5(i::text), '') AS t FROM generate_series(1, 700000) i;
CREATE UNLOGGED TABLE zoo.unlogged AS SELECT 1 AS a;
CREATE TABLE zoo.parent (a int); CREATE TABLE zoo.child (b int) INHERITS (zoo.parent);
ALTER TABLE zoo.wide ADD CONSTRAINT "The ""key""" PRIMARY KEY (i), ADD CONSTRAINT wide_later UNIQUE (i) DEFERRABLE;
ALTER TABLE zoo.wide CLUSTER ON "The ""key""";
INSERT INTO zoo.parent VALUES (1); INSERT INTO zoo.child VALUES (2, 3);
CREATE TABLE zoo.parts (k int, t text) PARTITION BY RANGE (k);
CREATE TABLE zoo.parts_1 PARTITION OF zoo.parts FOR VALUES FROM (0) TO (10);
CREATE TABLE zoo.parts_2 PARTITION OF zoo.parts FOR VALUES FROM (10) TO (20) PARTITION BY LIST (t);
CREATE TABLE zoo.parts_2a (t text, k int); ALTER TABLE zoo.parts_2 ATTACH PARTITION zoo.parts_2a FOR VALUES IN ('a');
CREATE TABLE zoo.parts_rest PARTITION OF zoo.parts DEFAULT;
INSERT INTO zoo.parts VALUES (1, 'x'), (11, 'a'), (99, 'y');
CREATE TABLE zoo.hashed (e zoo.mood, n int) PARTITION BY HASH (e);
CREATE TABLE zoo.hashed_0 PARTITION OF zoo.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE zoo.hashed_1 PARTITION OF zoo.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO zoo.hashed VALUES ('sad', 1), ('so so', 2), ('it''s fine', 3);
CREATE TABLE zoo.secret (owner text, t text); INSERT INTO zoo.secret VALUES ('zoo_owner', 'mine'), ('x', 'yours');
ALTER TABLE zoo.secret ENABLE ROW LEVEL SECURITY; ALTER TABLE zoo.secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON zoo.secret TO zoo_reader USING (owner = current_user);
CREATE TABLE zoo.a (id int PRIMARY KEY, b int, t text); CREATE TABLE zoo.b (id int PRIMARY KEY, a int REFERENCES zoo.a DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE zoo.a ADD CONSTRAINT around FOREIGN KEY (b) REFERENCES zoo.b DEFERRABLE;
BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO zoo.a VALUES (1, 1, 'one'); INSERT INTO zoo.b VALUES (1, 1); COMMIT;
ALTER TABLE zoo.a ADD CONSTRAINT later CHECK (id > 100) NOT VALID;
CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON zoo.a FOR EACH ROW EXECUTE FUNCTION zoo.trap();
CREATE TRIGGER off BEFORE DELETE ON zoo.a FOR EACH ROW EXECUTE FUNCTION zoo.trap(); ALTER TABLE zoo.a DISABLE TRIGGER off;
CREATE RULE nope AS ON DELETE TO zoo.b DO INSTEAD NOTHING;
CREATE INDEX ON zoo.wide (lower(t) text_pattern_ops) WHERE i > 5; CREATE INDEX ON zoo.types USING gin (jb);
CREATE INDEX ON zoo.parts (k); CREATE UNIQUE INDEX u ON zoo.dropped (a) INCLUDE (b); ALTER TABLE zoo.dropped REPLICA IDENTITY USING INDEX u;
ALTER TABLE zoo.dropped ADD EXCLUDE USING btree (b WITH =); CREATE STATISTICS zoo.stats ON i, t FROM zoo.wide;
ALTER TABLE zoo.wide ALTER t SET STORAGE EXTERNAL, ALTER i SET STATISTICS 500, SET (fillfactor = 70, autovacuum_enabled = off);
CREATE VIEW zoo.v WITH (security_barrier) AS SELECT * FROM zoo.a; CREATE VIEW zoo.vv AS SELECT * FROM zoo.v;
CREATE MATERIALIZED VIEW zoo.mv AS SELECT count(*) FROM zoo.parts; CREATE MATERIALIZED VIEW zoo.mv2 AS SELECT * FROM zoo.mv;
CREATE MATERIALIZED VIEW zoo.empty_mv AS SELECT 1 WITH NO DATA; CREATE UNIQUE INDEX ON zoo.mv (count);
SELECT lo_from_bytea(4711, '\x00010203'), lo_from_bytea(4712, 'x'); COMMENT ON LARGE OBJECT 4711 IS 'lob';
GRANT SELECT ON LARGE OBJECT 4711 TO zoo_reader; ALTER LARGE OBJECT 4712 OWNER TO zoo_owner;
ALTER TABLE zoo.a OWNER TO zoo_owner; GRANT SELECT (id), UPDATE (t) ON zoo.a TO zoo_reader; REVOKE EXECUTE ON FUNCTION zoo.twice FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner IN SCHEMA zoo GRANT SELECT ON TABLES TO zoo_reader;

SET client_min_messages = warning;
-- the kinds of objects that pg_dump's own test knows
CREATE SCHEMA "kinds"; SET search_path = kinds;
CREATE ROLE "zoo ""quoted""";
CREATE ACCESS METHOD gist_too TYPE INDEX HANDLER gisthandler;
CREATE CAST (timestamptz AS interval) WITH FUNCTION age(timestamptz) AS ASSIGNMENT;
CREATE DEFAULT CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; COMMENT ON CONVERSION latin IS 'a conversion';
CREATE DOMAIN post AS text COLLATE "C" DEFAULT '10014' CONSTRAINT digits CHECK (VALUE ~ '^\d{5}$') NOT NULL; COMMENT ON CONSTRAINT digits ON DOMAIN post IS 'five';
CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE tongue HANDLER handler; GRANT USAGE ON LANGUAGE tongue TO zoo_reader;
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
CREATE TYPE shell; CREATE TYPE base;
CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal STRICT IMMUTABLE AS 'int4in';
CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'int4out';
CREATE TYPE base (internallength = 4, input = base_in, output = base_out, alignment = int4, default = 42, passedbyvalue);
CREATE TYPE both_of AS (f1 int, f2 base); COMMENT ON TYPE both_of IS 'two'; COMMENT ON COLUMN both_of.f1 IS 'one';
GRANT USAGE ON TYPE both_of TO zoo_reader; REVOKE USAGE ON TYPE post FROM PUBLIC;
CREATE FUNCTION helped() RETURNS int LANGUAGE sql SUPPORT varchar_support COST 7 AS 'SELECT 1';
CREATE FUNCTION many_ways(INOUT a int, VARIADIC b text[] DEFAULT '{}') RETURNS int LANGUAGE sql SECURITY DEFINER STABLE LEAKPROOF PARALLEL SAFE
	SET search_path = kinds, "$user" SET work_mem = '8MB' AS 'SELECT 1';
CREATE FUNCTION rows_of() RETURNS TABLE (a int, b text) LANGUAGE sql ROWS 5 AS $f$SELECT 1, $$;'"$$::text$f$;
CREATE AGGREGATE middle(int4) (sfunc = int4_avg_accum, stype = _int8, finalfunc = int8_avg, finalfunc_modify = shareable, initcond = '{0,0}', parallel = safe);
CREATE AGGREGATE ordered(VARIADIC "any" ORDER BY VARIADIC "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
CREATE OPERATOR === (function = int4eq, leftarg = int, rightarg = int, commutator = ===, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges);
CREATE OPERATOR !== (function = int4ne, leftarg = int, rightarg = int, commutator = !==, negator = ===);
CREATE OPERATOR FAMILY family USING btree;
CREATE OPERATOR CLASS class FOR TYPE bigint USING btree FAMILY family AS OPERATOR 1 <(bigint,bigint), OPERATOR 2 <=(bigint,bigint),
	OPERATOR 3 =(bigint,bigint), OPERATOR 4 >=(bigint,bigint), OPERATOR 5 >(bigint,bigint), FUNCTION 1 btint8cmp(bigint,bigint);
ALTER OPERATOR FAMILY family USING btree ADD OPERATOR 1 <(bigint,int), FUNCTION 1 btint84cmp(bigint,int);
CREATE TYPE own_order AS RANGE (subtype = bigint, subtype_opclass = class); CREATE TYPE words AS RANGE (subtype = text, collation = "C");
CREATE TEXT SEARCH TEMPLATE template (lexize = dsimple_lexize);
CREATE TEXT SEARCH PARSER parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
CREATE TEXT SEARCH DICTIONARY dictionary (template = simple, accept = false); CREATE TEXT SEARCH CONFIGURATION conf (copy = english);
ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH dictionary, simple; COMMENT ON TEXT SEARCH CONFIGURATION conf IS 'words';
CREATE FOREIGN DATA WRAPPER dummy OPTIONS (debug 'true'); CREATE SERVER far TYPE 't' VERSION '1' FOREIGN DATA WRAPPER dummy OPTIONS (host 'nowhere');
CREATE USER MAPPING FOR zoo_reader SERVER far OPTIONS (password 'x''y'); GRANT USAGE ON FOREIGN SERVER far TO zoo_reader;
GRANT USAGE ON FOREIGN DATA WRAPPER dummy TO zoo_owner WITH GRANT OPTION;
CREATE FOREIGN TABLE outside (c1 int OPTIONS (column_name 'C') NOT NULL, c2 text DEFAULT 'x', CHECK (c1 > 0)) SERVER far OPTIONS (schema_name 'x1');
CREATE TABLE master (id serial PRIMARY KEY, t text DEFAULT 'a' || 'b', d post, CHECK (id <= 1000)) WITH (autovacuum_enabled = false, fillfactor = 80);
COMMENT ON CONSTRAINT master_id_check ON master IS 'bounds'; COMMENT ON COLUMN master.t IS E'a\nb'; COMMENT ON INDEX master_pkey IS 'pk';
INSERT INTO master (t, d) SELECT i, 10000 + i FROM generate_series(1, 9) i; ALTER TABLE master ALTER t SET (n_distinct = -0.5);
CREATE INDEX by_text ON master ((t || 'x') COLLATE "C" DESC NULLS LAST, lower(t)); ALTER INDEX by_text ALTER COLUMN 1 SET STATISTICS 400;
ALTER TABLE master CLUSTER ON master_pkey; CREATE INDEX by_brin ON master USING brin (id) WITH (pages_per_range = 4);
CREATE INDEX by_hash ON master USING hash (t); CREATE INDEX by_gist ON master USING gist (int4range(id, id + 1));
ALTER TABLE master ADD CONSTRAINT twice UNIQUE (id, t) INCLUDE (d) WITH (fillfactor = 90) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE detail (id int PRIMARY KEY REFERENCES master ON DELETE CASCADE ON UPDATE SET NULL, m int); ALTER TABLE detail ADD FOREIGN KEY (m) REFERENCES master MATCH FULL NOT VALID;
INSERT INTO detail VALUES (1, 2); ALTER TABLE detail REPLICA IDENTITY FULL;
CREATE TABLE counted (a int GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 3 CACHE 4) PRIMARY KEY, g1 int, "G2" int GENERATED ALWAYS AS (g1 * 3) STORED);
INSERT INTO counted (g1) VALUES (1), (2); CREATE TABLE heir1 () INHERITS (counted); CREATE TABLE heir2 (a int, own text) INHERITS (counted);
INSERT INTO heir1 VALUES (7, 8); INSERT INTO heir2 (a, g1, own) VALUES (9, 10, 'x');
CREATE TABLE of_type OF both_of (PRIMARY KEY (f1)); INSERT INTO of_type VALUES (1, '7');
CREATE TABLE measured (city int, at date NOT NULL, peak int CHECK (peak >= -460), sales int DEFAULT 3) PARTITION BY RANGE (at);
CREATE TABLE measured_2 PARTITION OF measured (sales DEFAULT 0 CHECK (sales >= 0)) FOR VALUES FROM ('2006-02-01') TO ('2006-03-01');
CREATE TABLE measured_3 PARTITION OF measured FOR VALUES FROM ('2006-03-01') TO (MAXVALUE);
ALTER TABLE measured ADD PRIMARY KEY (city, at); CREATE TABLE points (city int, at date, FOREIGN KEY (city, at) REFERENCES measured);
INSERT INTO measured VALUES (1, '2006-02-12', 35, 1), (2, '2007-01-01', NULL, NULL); INSERT INTO points VALUES (1, '2006-02-12');
CREATE FUNCTION pull() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER pulled AFTER INSERT ON measured FOR EACH ROW EXECUTE FUNCTION pull(); ALTER TABLE measured_2 DISABLE TRIGGER pulled;
ALTER TABLE measured_3 ENABLE ALWAYS TRIGGER pulled; COMMENT ON TRIGGER pulled ON measured IS 'pulled';
CREATE TRIGGER a_few AFTER DELETE ON master REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION pull('a', 'b''c');
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON master DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id > 10) EXECUTE FUNCTION pull();
CREATE POLICY p1 ON master USING (true) WITH CHECK (id > 0); CREATE POLICY p2 ON master AS RESTRICTIVE FOR UPDATE TO zoo_reader USING (false);
CREATE POLICY p3 ON master FOR INSERT TO "zoo ""quoted""" WITH CHECK (true); ALTER TABLE master ENABLE ROW LEVEL SECURITY; COMMENT ON POLICY p1 ON master IS 'p';
CREATE VIEW checked WITH (security_barrier) AS SELECT id, t FROM master WHERE id > 2 WITH LOCAL CHECK OPTION; ALTER VIEW checked ALTER t SET DEFAULT 'v';
CREATE VIEW grouped AS SELECT id, t, count(*) FROM master GROUP BY id; CREATE MATERIALIZED VIEW of_grouped AS SELECT * FROM grouped;
CREATE INDEX on_grouped ON of_grouped (t); CREATE MATERIALIZED VIEW of_that TABLESPACE pg_default AS SELECT count FROM of_grouped WITH NO DATA;
CREATE RECURSIVE VIEW nums (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM nums WHERE n < 5;
CREATE RULE also AS ON INSERT TO detail WHERE NEW.id < 0 DO ALSO UPDATE master SET t = 'r' WHERE id = NEW.id; COMMENT ON RULE also ON detail IS 'r';
CREATE VIEW written AS SELECT 1 AS a; CREATE RULE instead AS ON INSERT TO written DO INSTEAD INSERT INTO detail VALUES (NEW.a);
CREATE STATISTICS deps (dependencies, ndistinct) ON id, t FROM master; COMMENT ON STATISTICS deps IS 's';
CREATE SEQUENCE own AS smallint OWNED BY master.id; SELECT nextval('own'), nextval('own'); GRANT USAGE ON SEQUENCE own TO zoo_reader;
CREATE UNLOGGED TABLE volatile (a int); INSERT INTO volatile VALUES (1);
GRANT ALL ON ALL TABLES IN SCHEMA kinds TO zoo_owner WITH GRANT OPTION; GRANT SELECT (id), INSERT (t) ON master TO "zoo ""quoted""";
GRANT CREATE ON SCHEMA kinds TO zoo_reader; GRANT EXECUTE ON FUNCTION helped TO zoo_reader; REVOKE ALL ON FUNCTION pull FROM PUBLIC;
REVOKE ALL ON detail FROM CURRENT_USER; ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
COMMENT ON VIEW checked IS 'v'; COMMENT ON MATERIALIZED VIEW of_grouped IS 'm'; COMMENT ON FUNCTION helped IS 'f'; COMMENT ON AGGREGATE middle(int) IS 'a';
COMMENT ON OPERATOR === (int, int) IS 'o'; COMMENT ON SEQUENCE own IS 'q'; COMMENT ON FOREIGN TABLE outside IS 't'; COMMENT ON SERVER far IS 'far';
CREATE EXTENSION IF NOT EXISTS plpgsql; COMMENT ON EXTENSION plpgsql IS 'ours';
RESET search_path; SET client_min_messages = error;
\if :v14
CREATE PROCEDURE kinds.atomic() LANGUAGE sql BEGIN ATOMIC SELECT 1 AS a; SELECT ';' AS b; END;
CREATE TABLE kinds.newer (m int4multirange, c text COMPRESSION pglz, w kinds.words[]); INSERT INTO kinds.newer VALUES ('{[1,3),[5,7)}', 'c', '{"[a,b)"}');
ALTER STATISTICS kinds.deps SET STATISTICS 77; CREATE STATISTICS kinds.sums ON (id + 1), (t || 'x') FROM kinds.master;
\endif
\if :v15
CREATE UNIQUE INDEX nulls ON kinds.points (at) NULLS NOT DISTINCT; CREATE VIEW kinds.invoked WITH (security_invoker) AS SELECT 1 AS a;
CREATE PUBLICATION some_of FOR TABLE kinds.master (id, t) WHERE (id > 0), kinds.detail; CREATE PUBLICATION within FOR TABLES IN SCHEMA kinds;
\endif
\if :v18
CREATE TABLE kinds.newest (a int NOT NULL, v int GENERATED ALWAYS AS (a * 2) VIRTUAL, q int4range, r int4range, CONSTRAINT named PRIMARY KEY (q, r WITHOUT OVERLAPS));
INSERT INTO kinds.newest VALUES (1, DEFAULT, '[3,4)', '[1,2)'); ALTER TABLE kinds.points ADD CONSTRAINT soft CHECK (city > 0) NOT ENFORCED, ADD CONSTRAINT must NOT NULL city NOT VALID;
\endif
CREATE PUBLICATION pub FOR TABLE zoo.parts_1 WITH (publish = 'insert'); CREATE PUBLICATION all_of FOR ALL TABLES WITH (publish = ''); COMMENT ON PUBLICATION pub IS 'p';
CREATE SUBSCRIPTION sub CONNECTION 'dbname=doesnotexist' PUBLICATION pub WITH (connect = false); COMMENT ON SUBSCRIPTION sub IS 's';
CREATE FUNCTION zoo.evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER evt ON sql_drop EXECUTE FUNCTION zoo.evt();
CREATE EVENT TRIGGER begins ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION zoo.evt(); ALTER EVENT TRIGGER begins DISABLE;
COMMENT ON EVENT TRIGGER evt IS 'e';
-- what depends on the numbers of an enum, on another server, on policies, or forbids what a restore does
CREATE DOMAIN zoo.temper AS zoo.mood; CREATE TYPE zoo.moods AS (m zoo.mood, i int);
CREATE TABLE zoo.hashed_list (k zoo.mood[], n int) PARTITION BY HASH (k);
CREATE TABLE zoo.hashed_domain (k zoo.temper, n int) PARTITION BY HASH (k);
SELECT format('CREATE TABLE zoo.%s_%s PARTITION OF zoo.%1$s FOR VALUES WITH (MODULUS 2, REMAINDER %2$s)', t, i)
	FROM unnest(ARRAY['hashed_list', 'hashed_domain']) t, generate_series(0, 1) i \gexec
INSERT INTO zoo.hashed_list SELECT ARRAY[m, k], 1 FROM unnest(enum_range(NULL::zoo.mood)) m, unnest(enum_range(NULL::zoo.mood)) k;
\if :v14
CREATE TABLE zoo.hashed_row (k zoo.moods, n int) PARTITION BY HASH (k);
CREATE TABLE zoo.hashed_row_0 PARTITION OF zoo.hashed_row FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE zoo.hashed_row_1 PARTITION OF zoo.hashed_row FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO zoo.hashed_row SELECT ROW(m, i)::zoo.moods, i FROM unnest(enum_range(NULL::zoo.mood)) m, generate_series(1, 9) i;
\endif
INSERT INTO zoo.hashed_domain SELECT m, 1 FROM unnest(enum_range(NULL::zoo.mood)) m;
CREATE TABLE zoo.partly (a int) PARTITION BY LIST (a); CREATE FOREIGN TABLE zoo.partly_far PARTITION OF zoo.partly FOR VALUES IN (1) SERVER far;
CREATE TABLE zoo.partly_here PARTITION OF zoo.partly DEFAULT; INSERT INTO zoo.partly VALUES (2);
CREATE MATERIALIZED VIEW zoo.far_away AS SELECT * FROM kinds.outside WITH NO DATA;
CREATE TABLE zoo.forced (a int); INSERT INTO zoo.forced VALUES (1), (2); ALTER TABLE zoo.forced OWNER TO zoo_owner;
ALTER TABLE zoo.forced ENABLE ROW LEVEL SECURITY; ALTER TABLE zoo.forced FORCE ROW LEVEL SECURITY; CREATE POLICY one ON zoo.forced USING (a = 1);
CREATE MATERIALIZED VIEW zoo.of_forced AS SELECT * FROM zoo.forced; ALTER MATERIALIZED VIEW zoo.of_forced OWNER TO zoo_owner;
CREATE FUNCTION zoo.no() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$;
CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('REFRESH MATERIALIZED VIEW', 'CREATE INDEX') EXECUTE FUNCTION zoo.no(); COMMENT ON EVENT TRIGGER no IS 'no';
