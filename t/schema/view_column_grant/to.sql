CREATE TABLE t (a integer, b integer);
CREATE VIEW v AS SELECT a, b FROM t;
GRANT SELECT (b) ON v TO PUBLIC;
COMMENT ON COLUMN v.b IS 'of the new column';
