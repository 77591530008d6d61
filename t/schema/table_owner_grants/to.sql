CREATE TABLE t (a integer);
ALTER TABLE t OWNER TO pg_monitor;
