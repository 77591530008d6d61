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
