-- every kind of object that the model holds
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'the application''s';
CREATE SCHEMA "Odd Name";
CREATE EXTENSION pgcrypto SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE app.address AS (street text COLLATE "C", zip varchar(10), moods app.mood[]);
CREATE TYPE app.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN app.posint AS integer DEFAULT 1 NOT NULL CONSTRAINT positive CHECK (VALUE > 0);
COMMENT ON CONSTRAINT positive ON DOMAIN app.posint IS 'more than none';
CREATE COLLATION app.german (locale = 'C');
CREATE SEQUENCE app.counter START 5 INCREMENT 2 MINVALUE 1 MAXVALUE 1000 CACHE 3 CYCLE;
CREATE FUNCTION app.next_code(prefix text DEFAULT 'x') RETURNS text LANGUAGE sql STABLE STRICT AS $$SELECT prefix || 'y'$$;
CREATE FUNCTION app.next_code(n integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = app AS $$BEGIN RETURN n + 1; END$$;
CREATE PROCEDURE app.clean() LANGUAGE plpgsql AS $$BEGIN DELETE FROM app.person; END$$;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
REVOKE EXECUTE ON FUNCTION app.next_code(integer) FROM PUBLIC;
CREATE TABLE app.person (
	id integer GENERATED ALWAYS AS IDENTITY (START WITH 10 CACHE 5) PRIMARY KEY,
	name text COLLATE "C" NOT NULL,
	email varchar(200) UNIQUE,
	mood app.mood DEFAULT 'sad',
	home app.address,
	age app.posint,
	code text DEFAULT app.next_code('p'),
	born date NOT NULL DEFAULT CURRENT_DATE,
	area app.floatrange,
	doubled integer GENERATED ALWAYS AS (length(name) * 2) STORED,
	tags text[] DEFAULT '{}',
	big numeric(12, 2) CHECK (big > 0),
	CONSTRAINT named CHECK (name <> '') NO INHERIT
) WITH (fillfactor = 80, autovacuum_enabled = false);
ALTER TABLE app.person ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 500, ALTER email SET (n_distinct = 100);
ALTER TABLE app.person ALTER code SET COMPRESSION pglz;
COMMENT ON TABLE app.person IS 'people';
COMMENT ON COLUMN app.person.name IS E'line one\nline two';
COMMENT ON CONSTRAINT named ON app.person IS 'not empty';
CREATE TABLE app.note (
	id bigserial,
	person_id integer REFERENCES app.person ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
	body text,
	during tstzrange,
	EXCLUDE USING gist (during WITH &&),
	UNIQUE NULLS NOT DISTINCT (body) WITH (fillfactor = 70)
);
ALTER TABLE app.note ADD CONSTRAINT later CHECK (body <> 'x') NOT VALID;
ALTER TABLE app.note REPLICA IDENTITY FULL;
CREATE INDEX note_body ON app.note USING btree (lower(body) DESC NULLS LAST, person_id) INCLUDE (id) WHERE body IS NOT NULL;
ALTER INDEX app.note_body ALTER COLUMN 1 SET STATISTICS 100;
COMMENT ON INDEX app.note_body IS 'an index';
CREATE UNIQUE INDEX note_hash ON app.note (id);
ALTER TABLE app.note CLUSTER ON note_hash;
CREATE UNLOGGED TABLE app.cache (k text PRIMARY KEY, v jsonb);
CREATE TABLE "Odd Name"."Table" ("Column" integer, "select" text, "a.b" text);
CREATE INDEX "Odd Index" ON "Odd Name"."Table" ("Column");
CREATE TABLE app.event (at timestamptz NOT NULL, kind text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE app.event_2025 PARTITION OF app.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.event_rest PARTITION OF app.event DEFAULT;
CREATE INDEX event_kind ON app.event (kind);
CREATE TABLE app.base (a integer NOT NULL CHECK (a > 0), b text);
CREATE TABLE app.derived (c integer) INHERITS (app.base);
CREATE TABLE app.typed OF app.address;
CREATE VIEW app.people WITH (security_barrier = true) AS SELECT id, name, app.next_code(name) AS code FROM app.person;
COMMENT ON VIEW app.people IS 'a view';
COMMENT ON COLUMN app.people.code IS 'a view''s column';
ALTER VIEW app.people ALTER COLUMN code SET DEFAULT 'none';
CREATE VIEW app.happy AS SELECT p.name, n.body FROM app.people p JOIN app.note n ON n.person_id = p.id;
CREATE MATERIALIZED VIEW app.summary AS SELECT count(*) AS n, mood FROM app.person GROUP BY mood WITH NO DATA;
CREATE UNIQUE INDEX summary_mood ON app.summary (mood);
CREATE RULE no_delete AS ON DELETE TO app.cache DO INSTEAD NOTHING;
CREATE TRIGGER touch BEFORE UPDATE OF name ON app.person FOR EACH ROW WHEN (old.name IS DISTINCT FROM new.name) EXECUTE FUNCTION app.touch();
ALTER TABLE app.person DISABLE TRIGGER touch;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON app.note DEFERRABLE FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER on_event AFTER INSERT ON app.event FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE app.person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.person AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (name = CURRENT_USER) WITH CHECK (name <> '');
CREATE STATISTICS app.person_stats (dependencies) ON name, email FROM app.person;
ALTER STATISTICS app.person_stats SET STATISTICS 200;
CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION app.same(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1 = $2$$;
CREATE OPERATOR app.=== (FUNCTION = app.same, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(app.===), RESTRICT = eqsel);
CREATE OPERATOR CLASS app.int_ops FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(integer, integer);
CREATE FUNCTION app.to_mood(integer) RETURNS app.mood LANGUAGE sql IMMUTABLE AS $$SELECT 'sad'::app.mood$$;
CREATE CAST (integer AS app.mood) WITH FUNCTION app.to_mood(integer) AS ASSIGNMENT;
CREATE CONVERSION app.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY app.simple_dict (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION app.search (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION app.search ADD MAPPING FOR asciiword, word WITH app.simple_dict, pg_catalog.simple;
CREATE FOREIGN DATA WRAPPER dummy;
CREATE SERVER elsewhere TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER dummy OPTIONS (host 'h', port '1');
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS ("user" 'u', password 'sesame-open');
CREATE FOREIGN TABLE app.far (a integer OPTIONS (x 'y') NOT NULL) SERVER elsewhere OPTIONS (table 't');
CREATE PUBLICATION part FOR TABLE app.person (id, name) WHERE (id > 5) WITH (publish = 'insert, update');
CREATE PUBLICATION all_of_it FOR ALL TABLES;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION app.watch();
ALTER EVENT TRIGGER watch DISABLE;
GRANT SELECT ON app.people TO PUBLIC;
GRANT SELECT (name), UPDATE (name, email) ON app.person TO PUBLIC;
GRANT USAGE ON SCHEMA app TO PUBLIC;
REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
CREATE FUNCTION app.atomic(x integer) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.person WHERE id > x; END;
-- types
CREATE TYPE app.shell;
CREATE TYPE app.canonic;
CREATE FUNCTION app.canonical(app.canonic) RETURNS app.canonic LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE app.canonic AS RANGE (subtype = integer, canonical = app.canonical, subtype_diff = int4range_subdiff, multirange_type_name = app.canonics);
CREATE TYPE app.collated AS RANGE (subtype = text, subtype_opclass = text_pattern_ops, collation = "C");
CREATE TYPE app.pair;
CREATE FUNCTION app.pair_in(cstring) RETURNS app.pair LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION app.pair_out(app.pair) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION app.pair_recv(internal) RETURNS app.pair LANGUAGE internal STABLE STRICT AS 'textrecv';
CREATE FUNCTION app.pair_send(app.pair) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend';
CREATE TYPE app.pair (INPUT = app.pair_in, OUTPUT = app.pair_out, RECEIVE = app.pair_recv, SEND = app.pair_send, LIKE = text, CATEGORY = 'P', PREFERRED = true, DEFAULT = 'none', DELIMITER = ';', COLLATABLE = true, STORAGE = external);
COMMENT ON TYPE app.pair IS 'a base type';
CREATE TYPE app.none AS ();
CREATE TYPE app.empty AS ENUM ();
CREATE DOMAIN app.words AS text[] COLLATE "C" CHECK (array_length(VALUE, 1) < 5);
ALTER DOMAIN app.words ADD CONSTRAINT weak CHECK (VALUE <> '{}') NOT VALID;
CREATE DOMAIN app.over AS app.posint CHECK (VALUE < 100);
CREATE TYPE app.deep AS (a app.mood[], b app.over, c numeric(5,2), d app.canonic);
COMMENT ON COLUMN app.deep.a IS 'an attribute';
ALTER TYPE app.mood OWNER TO CURRENT_USER;
-- collations
CREATE COLLATION app.swedish (provider = icu, locale = 'sv');
CREATE COLLATION app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION app.both (lc_collate = 'C', lc_ctype = 'POSIX');
CREATE COLLATION app.copied FROM "C";
COMMENT ON COLLATION app.loose IS 'a collation';
-- functions
CREATE FUNCTION app.many(IN a integer, OUT b integer, INOUT c text, VARIADIC d integer[]) RETURNS record LANGUAGE sql AS 'SELECT 1, $2';
CREATE FUNCTION app.rows(a integer) RETURNS TABLE (x integer, "Y y" text) LANGUAGE sql IMMUTABLE LEAKPROOF PARALLEL SAFE COST 5 ROWS 7 AS 'SELECT 1, ''a''';
CREATE FUNCTION app.set_of() RETURNS SETOF app.person LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY DEFINER SET work_mem = '1MB' SET search_path FROM CURRENT AS 'SELECT * FROM app.person';
CREATE FUNCTION app.poly(anyelement, b anyelement DEFAULT NULL) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION app.support(integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT SUPPORT generate_series_int4_support AS 'int4abs';
CREATE FUNCTION app.windowed(anyelement) RETURNS anyelement LANGUAGE internal WINDOW IMMUTABLE AS 'window_first_value';
CREATE FUNCTION app.returning_sql(a integer) RETURNS integer RETURN a + 1;
CREATE FUNCTION app."Odd ""f"""("A" integer) RETURNS integer LANGUAGE sql AS $_$ SELECT '$$'::text = $1::text, 1; SELECT 1 $_$;
CREATE PROCEDURE app.proc(INOUT a integer, b text DEFAULT 'x''y') LANGUAGE sql SET datestyle = iso, mdy AS 'SELECT 1';
CREATE PROCEDURE app.proc_out(OUT a integer) LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION app.rows(integer) IS 'a function';
COMMENT ON PROCEDURE app.proc(integer, text) IS 'a procedure';
GRANT EXECUTE ON FUNCTION app.next_code(integer) TO pg_monitor WITH GRANT OPTION;
CREATE AGGREGATE app.avg2(float8) (SFUNC = float8_accum, STYPE = float8[], SSPACE = 24, FINALFUNC = float8_avg, FINALFUNC_EXTRA = false, COMBINEFUNC = float8_combine, INITCOND = '{0,0,0}', PARALLEL = SAFE);
CREATE AGGREGATE app.moving(float8) (SFUNC = float8pl, STYPE = float8, MSFUNC = float8pl, MINVFUNC = float8mi, MSTYPE = float8, MINITCOND = '0', MFINALFUNC_EXTRA);
CREATE AGGREGATE app.lowest(integer) (SFUNC = int4smaller, STYPE = integer, SORTOP = <);
CREATE AGGREGATE app.anything(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE app.percentile(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE app.ranked(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
COMMENT ON AGGREGATE app.lowest(integer) IS 'an aggregate';
-- operators
CREATE FUNCTION app.not_same(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1 <> $2$$;
CREATE OPERATOR app.!=== (FUNCTION = app.not_same, LEFTARG = integer, RIGHTARG = integer, NEGATOR = OPERATOR(app.===), JOIN = neqjoinsel);
CREATE OPERATOR app.@@@@ (FUNCTION = int4um, RIGHTARG = integer);
CREATE OPERATOR app.==== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(app.====), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR app.@@@@ (NONE, integer) IS 'an operator';
CREATE OPERATOR FAMILY app.family USING btree;
ALTER OPERATOR FAMILY app.family USING btree ADD OPERATOR 1 <(integer, bigint), FUNCTION 1 (integer, bigint) btint48cmp(integer, bigint);
CREATE OPERATOR CLASS app.in_family FOR TYPE bigint USING btree FAMILY app.family AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint8cmp(bigint, bigint), FUNCTION 2 btint8sortsupport(internal);
CREATE OPERATOR CLASS app.near FOR TYPE point USING gist AS OPERATOR 15 <->(point, point) FOR ORDER BY float_ops, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal), FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal), STORAGE box;
COMMENT ON OPERATOR CLASS app.in_family USING btree IS 'a class';
COMMENT ON OPERATOR FAMILY app.family USING btree IS 'a family';
CREATE CAST (app.mood AS integer) WITH INOUT AS IMPLICIT;
CREATE CAST (app.pair AS text) WITHOUT FUNCTION;
COMMENT ON CAST (app.pair AS text) IS 'a cast';
CREATE FUNCTION app.from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'prsd_lextype';
CREATE FUNCTION app.to_sql(internal) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'int4recv';
CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION app.from_sql(internal), TO SQL WITH FUNCTION app.to_sql(internal));
COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS 'a transform';
CREATE DEFAULT CONVERSION app.other FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;
CREATE LANGUAGE other HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE TRUSTED LANGUAGE trusted HANDLER plpgsql_call_handler;
COMMENT ON LANGUAGE other IS 'a language';
GRANT USAGE ON LANGUAGE trusted TO pg_monitor;
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD gist2 TYPE INDEX HANDLER gisthandler;
COMMENT ON ACCESS METHOD heap2 IS 'a method';
-- text search
CREATE TEXT SEARCH TEMPLATE app.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH PARSER app.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH DICTIONARY app.snow (TEMPLATE = snowball, LANGUAGE = german, STOPWORDS = german);
CREATE TEXT SEARCH CONFIGURATION app.parsed (PARSER = app.parser);
CREATE TEXT SEARCH CONFIGURATION app.copied (COPY = pg_catalog.german);
COMMENT ON TEXT SEARCH CONFIGURATION app.copied IS 'a configuration';
COMMENT ON TEXT SEARCH DICTIONARY app.snow IS 'a dictionary';
COMMENT ON TEXT SEARCH PARSER app.parser IS 'a parser';
COMMENT ON TEXT SEARCH TEMPLATE app.template IS 'a template';
-- sequences
CREATE SEQUENCE app.small AS smallint INCREMENT -1 MAXVALUE -1 MINVALUE -100 START -5 NO CYCLE;
CREATE UNLOGGED SEQUENCE app.light;
CREATE SEQUENCE app.owned OWNED BY app.cache.k;
COMMENT ON SEQUENCE app.small IS 'a sequence';
GRANT USAGE ON SEQUENCE app.small TO pg_monitor;
-- tables
CREATE TABLE app.storage (a text COMPRESSION pglz, b text, c integer GENERATED BY DEFAULT AS IDENTITY (MINVALUE -5 MAXVALUE 500 CYCLE), d int4range, e app.pair, f app.canonics, g app.deep[], h interval day to second(3), i bit varying(5), j time(2) with time zone, k "char", l numeric, m app.words) USING heap2 WITH (toast.autovacuum_enabled = off, toast_tuple_target = 256, parallel_workers = 2);
ALTER TABLE app.storage ALTER a SET STORAGE MAIN, ALTER b SET (n_distinct = -0.5, n_distinct_inherited = -0.2), ALTER b SET STORAGE PLAIN;
ALTER TABLE app.storage REPLICA IDENTITY NOTHING;
ALTER TABLE app.storage ADD CONSTRAINT far_key FOREIGN KEY (c) REFERENCES app.person (id) MATCH FULL ON UPDATE SET NULL ON DELETE SET DEFAULT NOT VALID;
ALTER TABLE app.storage ADD CONSTRAINT excluded EXCLUDE USING gist (d WITH &&, int4range(c, c + 1) WITH -|-) INCLUDE (a) WITH (fillfactor = 60) WHERE (c > 0) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE app.keys (a integer, b integer, c integer, d integer, PRIMARY KEY (a, b) INCLUDE (c), UNIQUE (c) INCLUDE (d) WITH (fillfactor = 50) DEFERRABLE INITIALLY DEFERRED, UNIQUE NULLS NOT DISTINCT (d), FOREIGN KEY (a, b) REFERENCES app.keys (a, b) ON DELETE SET NULL (b));
COMMENT ON CONSTRAINT keys_pkey ON app.keys IS 'a key';
COMMENT ON INDEX app.keys_pkey IS 'its index';
CREATE UNIQUE INDEX keys_replica ON app.keys (b, a) WITH (deduplicate_items = off);
ALTER TABLE app.keys ALTER b SET NOT NULL, REPLICA IDENTITY USING INDEX keys_replica;
CREATE TABLE app.hashed (a integer, b text) PARTITION BY HASH (a, lower(b) text_ops);
CREATE TABLE app.hashed_0 PARTITION OF app.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app.hashed_1 PARTITION OF app.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY LIST (a);
CREATE TABLE app.hashed_1_null PARTITION OF app.hashed_1 (b DEFAULT 'x' NOT NULL, CHECK (b <> 'y')) FOR VALUES IN (NULL, 1, 3) WITH (fillfactor = 50);
CREATE TABLE app.listed (a app.mood, b text COLLATE "C", c integer DEFAULT 5) PARTITION BY LIST (b COLLATE "POSIX");
CREATE TABLE app.listed_a PARTITION OF app.listed (c DEFAULT 6) FOR VALUES IN ('a', 'it''s');
CREATE FOREIGN TABLE app.listed_far PARTITION OF app.listed FOR VALUES IN ('far') SERVER elsewhere OPTIONS (table 't2');
CREATE TABLE app.ranged (a integer, b date, c text) PARTITION BY RANGE (a, b);
CREATE TABLE app.ranged_low PARTITION OF app.ranged FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, '2025-01-01');
CREATE UNLOGGED TABLE app.ranged_high (c text, b date, a integer);
ALTER TABLE app.ranged ATTACH PARTITION app.ranged_high FOR VALUES FROM (5, '2025-01-01') TO (MAXVALUE, MAXVALUE);
ALTER TABLE app.ranged ADD CONSTRAINT ranged_key UNIQUE (a, b);
ALTER TABLE app.note ADD COLUMN ra integer, ADD COLUMN rb date, ADD FOREIGN KEY (ra, rb) REFERENCES app.ranged (a, b);
CREATE INDEX only_top ON ONLY app.ranged (c);
CREATE TABLE app.base2 (a integer, z text DEFAULT 'z', CHECK (z <> '') NO INHERIT);
CREATE TABLE app.twice (a integer DEFAULT 5, own text) INHERITS (app.base, app.base2);
CREATE TABLE app.third () INHERITS (app.twice) WITH (fillfactor = 90);
ALTER TABLE app.third ALTER a SET DEFAULT 9, ALTER own SET STATISTICS 7;
CREATE TABLE app.of_address OF app.address (street WITH OPTIONS NOT NULL DEFAULT 'x', PRIMARY KEY (street));
CREATE TABLE app.nothing ();
CREATE TABLE app."T ""q""" ("C 1" integer CHECK ("C 1" > 0), "ü" text DEFAULT E'a\\b');
COMMENT ON COLUMN app."T ""q"""."ü" IS 'odd';
GRANT ALL ON app.storage TO pg_monitor; GRANT SELECT ON app.storage TO pg_read_all_data WITH GRANT OPTION;
-- indexes
CREATE INDEX i_brin ON app.storage USING brin (c int4_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 8, autosummarize = on);
CREATE INDEX i_gin ON app.person USING gin (tags) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX i_hash ON app.storage USING hash (a) WITH (fillfactor = 60);
CREATE INDEX i_spgist ON app.storage USING spgist (d);
CREATE INDEX i_gist ON app.storage USING gist (d range_ops) WITH (buffering = off);
CREATE OPERATOR CLASS app.range2_ops DEFAULT FOR TYPE anyrange USING gist2 AS OPERATOR 3 &&(anyrange, anyrange), FUNCTION 1 range_gist_consistent(internal, anyrange, smallint, oid, internal), FUNCTION 2 range_gist_union(internal, internal), FUNCTION 5 range_gist_penalty(internal, internal, internal), FUNCTION 6 range_gist_picksplit(internal, internal), FUNCTION 7 range_gist_same(anyrange, anyrange, internal);
CREATE INDEX i_gist2 ON app.storage USING gist2 (d);
CREATE INDEX i_expr ON app.person ((name || email) COLLATE "C" text_pattern_ops DESC, (age + 1) NULLS FIRST);
CREATE UNIQUE INDEX i_nulls ON app.note (body) NULLS NOT DISTINCT;
ALTER MATERIALIZED VIEW app.summary CLUSTER ON summary_mood;
-- views
CREATE VIEW app.checked AS SELECT id, name FROM app.person WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW app.local_checked WITH (security_invoker = true) AS SELECT * FROM app.checked WITH LOCAL CHECK OPTION;
CREATE VIEW app.numbers (n) AS WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 5) SELECT n FROM numbers;
CREATE VIEW app.windowed_view AS SELECT id, row_number() OVER (PARTITION BY mood ORDER BY name ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS "Row" FROM app.person;
CREATE MATERIALIZED VIEW app.stored (one, "Two") USING heap2 WITH (fillfactor = 70) AS SELECT id, name FROM app.person WITH DATA;
ALTER MATERIALIZED VIEW app.stored ALTER "Two" SET STORAGE EXTERNAL, ALTER "Two" SET STATISTICS 3;
COMMENT ON MATERIALIZED VIEW app.stored IS 'a matview';
GRANT SELECT ("Two") ON app.stored TO pg_monitor;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE OR DELETE ON app.people FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE RULE to_person AS ON INSERT TO app.checked WHERE new.id > 5 DO ALSO (INSERT INTO app.cache VALUES ('a'); DELETE FROM app.cache WHERE k = new.name);
ALTER TABLE app.cache DISABLE RULE no_delete;
COMMENT ON RULE no_delete ON app.cache IS 'a rule';
-- triggers
CREATE TRIGGER statement AFTER UPDATE ON app.note REFERENCING OLD TABLE AS old_rows NEW TABLE AS "New Rows" FOR EACH STATEMENT EXECUTE FUNCTION app.touch('arg', 'it''s');
CREATE TRIGGER truncated BEFORE TRUNCATE ON app.note EXECUTE FUNCTION app.touch();
ALTER TABLE app.note ENABLE ALWAYS TRIGGER statement, ENABLE REPLICA TRIGGER truncated;
CREATE CONSTRAINT TRIGGER from_other AFTER UPDATE OF body ON app.note FROM app.person INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.touch();
COMMENT ON TRIGGER statement ON app.note IS 'a trigger';
CREATE TRIGGER on_far BEFORE INSERT ON app.far FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE app.event_2025 DISABLE TRIGGER on_event;
-- policies
CREATE POLICY readers ON app.person FOR SELECT TO pg_monitor, CURRENT_USER USING (true);
CREATE POLICY writers ON app.note FOR INSERT WITH CHECK (body <> '');
COMMENT ON POLICY readers ON app.person IS 'a policy';
ALTER TABLE app.note ENABLE ROW LEVEL SECURITY;
-- statistics
CREATE STATISTICS app.on_expressions ON (lower(name)), (length(name)) FROM app.person;
CREATE STATISTICS app.all_kinds (ndistinct, dependencies, mcv) ON name, (id % 5) FROM app.person;
COMMENT ON STATISTICS app.all_kinds IS 'statistics';
-- foreign
CREATE FUNCTION app.handled() RETURNS fdw_handler LANGUAGE c AS '$libdir/postgres_fdw', 'postgres_fdw_handler';
CREATE FOREIGN DATA WRAPPER handled HANDLER app.handled NO VALIDATOR OPTIONS (debug 'true');
COMMENT ON FOREIGN DATA WRAPPER handled IS 'a wrapper';
COMMENT ON SERVER elsewhere IS 'a server';
GRANT USAGE ON FOREIGN DATA WRAPPER dummy TO pg_monitor;
GRANT USAGE ON FOREIGN SERVER elsewhere TO pg_monitor;
CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere;
CREATE FOREIGN TABLE app.far_heir (q text OPTIONS (column_name 'B b') COLLATE "C" DEFAULT 'q', CHECK (q <> '')) INHERITS (app.base) SERVER elsewhere;
COMMENT ON FOREIGN TABLE app.far IS 'a foreign table';
-- publications and subscriptions
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA app, TABLE "Odd Name"."Table" WITH (publish = 'delete', publish_via_partition_root = true);
CREATE PUBLICATION nobody;
COMMENT ON PUBLICATION nobody IS 'a publication';
CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere dbname=x' PUBLICATION "B b", a WITH (connect = false, slot_name = 'other', binary = true, streaming = on, synchronous_commit = remote_apply, two_phase = true, disable_on_error = true);
COMMENT ON SUBSCRIPTION sub IS 'a subscription';
COMMENT ON EVENT TRIGGER watch IS 'an event trigger';
CREATE EVENT TRIGGER dropped ON sql_drop EXECUTE FUNCTION app.watch();
CREATE EVENT TRIGGER rewritten ON table_rewrite WHEN TAG IN ('ALTER TABLE', 'ALTER TYPE') EXECUTE FUNCTION app.watch();
ALTER EVENT TRIGGER rewritten ENABLE ALWAYS;
-- privileges
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO pg_monitor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT USAGE ON TYPES TO pg_monitor WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO pg_monitor;
ALTER SCHEMA "Odd Name" OWNER TO pg_database_owner;
