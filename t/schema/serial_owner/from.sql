CREATE TABLE t (a serial);
CREATE TABLE u (b integer);
GRANT SELECT ON SEQUENCE t_a_seq TO pg_monitor;
CREATE SEQUENCE loose OWNED BY u.b;
