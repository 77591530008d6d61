CREATE TABLE t (a text);
COMMENT ON COLUMN t.a IS 'a column';
