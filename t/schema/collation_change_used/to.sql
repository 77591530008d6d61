CREATE COLLATION k (provider=icu, locale='und-u-ks-level2', deterministic=false);
CREATE TABLE t(a text COLLATE k);
CREATE INDEX i ON t(a);
COMMENT ON COLLATION k IS 'k';
