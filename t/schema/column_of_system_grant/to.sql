CREATE TABLE t (a integer);
GRANT SELECT (tableoid, xmin) ON t TO PUBLIC;
