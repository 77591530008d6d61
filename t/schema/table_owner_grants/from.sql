CREATE TABLE t (a integer);
GRANT SELECT ON t TO pg_monitor;
