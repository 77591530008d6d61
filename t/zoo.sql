-- one of everything that a dump can lose
CREATE ROLE zoo_owner; CREATE ROLE zoo_reader; GRANT zoo_reader TO zoo_owner;
CREATE SCHEMA zoo AUTHORIZATION zoo_owner; CREATE SCHEMA "Odd ""schema"".with.dots";
COMMENT ON SCHEMA zoo IS 'a zoo';
CREATE TYPE zoo.mood AS ENUM ('sad', 'so so', 'it''s fine');
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
CREATE PROCEDURE zoo.nothing() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE AGGREGATE zoo.total(int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE OPERATOR zoo.<+> (leftarg = int, rightarg = int, function = int4pl);
CREATE COLLATION zoo.c FROM "C";

CREATE TABLE zoo.types (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, i2 smallint, f4 real, f8 double precision, n numeric,
	m money, b boolean, by bytea, c char(5), v varchar(10), t text COLLATE zoo.c, d date, ts timestamp,
	tz timestamptz, iv interval, tm timetz, j json, jb jsonb, u uuid, x xml, a int[], aa text[][], e zoo.mood,
	p zoo.pair, dp zoo.positive, r int4range, mr int4multirange, sp zoo.span, ip inet, mac macaddr, pt point,
	pg polygon, bt bit(3), vb bit varying, tsv tsvector, tq tsquery, o oid, ln pg_lsn, gen int GENERATED ALWAYS AS (i2 * 2) STORED);
INSERT INTO zoo.types (i2, f4, f8, n, m, b, by, c, v, t, d, ts, tz, iv, tm, j, jb, u, x, a, aa, e, p, dp, r, mr, sp, ip,
	mac, pt, pg, bt, vb, tsv, tq, o, ln) VALUES
	(-32768, 0.1, 0.1, 'NaN', 12.34, true, '\x00ff0a', 'a', '', E'tab\tnl\ncr\r\\N \\. é 🐘', '-infinity',
	'2000-01-01 00:00:00.000001', '2011-03-27 02:30:00+02', '-1 mons +2 days -00:00:00.5', '23:59:60+05:30', '{"a" :  1, "a":2}',
	'{"b": 1e400, "a": null}', '00000000-0000-0000-0000-000000000001', '<a b="c">&amp;</a>', '[0:1]={1,NULL}',
	'{{"a,b","\"q\""},{NULL,""}}', 'it''s fine', '(1,"x,y")', 5, 'empty', '{[1,3),[5,7)}', '[0.1,0.3)', '::1/64',
	'08:00:2b:01:02:03', '(1.1,-0)', '((0,0),(1,1),(2,0))', '101', '', 'a:1 ''b c'':2', 'a & !b', 4294967295, '16/B374D848'),
	(NULL, '-Infinity', 1e-300, 1e-500, NULL, NULL, '', NULL, NULL, '\.', NULL, 'infinity', NULL, NULL, NULL, NULL,
	NULL, NULL, NULL, '{}', '{}', NULL, NULL, NULL, '(,)', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE zoo.bare (); INSERT INTO zoo.bare SELECT FROM generate_series(1, 3);
CREATE TABLE zoo.dropped (a int NOT NULL, gone text, b int); INSERT INTO zoo.dropped VALUES (1, 'x', 2);
ALTER TABLE zoo.dropped DROP COLUMN gone; ALTER TABLE zoo.dropped ADD COLUMN later text DEFAULT 'quick';
CREATE TABLE "Odd ""schema"".with.dots"."Table|(x)*""?" ("Col ""umn" text, "select" int);
INSERT INTO "Odd ""schema"".with.dots"."Table|(x)*""?" VALUES ('a', 1);
CREATE TABLE zoo.wide AS SELECT i, repeat(md5(i::text), 3000) AS t FROM generate_series(1, 400) i;
CREATE TABLE zoo.huge_row AS SELECT string_agg(md5(i::text), '') AS t FROM generate_series(1, 700000) i;
CREATE UNLOGGED TABLE zoo.unlogged AS SELECT 1 AS a;
CREATE TABLE zoo.parent (a int); CREATE TABLE zoo.child (b int) INHERITS (zoo.parent);
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
CREATE FUNCTION zoo.evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PUBLICATION pub FOR TABLE zoo.parts WITH (publish = 'insert'); CREATE EVENT TRIGGER evt ON sql_drop EXECUTE FUNCTION zoo.evt();
