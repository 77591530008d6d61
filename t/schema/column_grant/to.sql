CREATE TABLE t (a text, b text);
GRANT SELECT (a), UPDATE (a, b) ON t TO PUBLIC;
