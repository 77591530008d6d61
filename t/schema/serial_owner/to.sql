CREATE TABLE t (a serial);
CREATE TABLE u (b integer);
ALTER TABLE t OWNER TO pg_monitor;
CREATE SEQUENCE loose;
ALTER SEQUENCE loose OWNER TO pg_monitor;
ALTER SEQUENCE loose OWNED BY t.a;
