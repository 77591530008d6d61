CREATE TYPE c AS (a integer, b text);
COMMENT ON COLUMN c.b IS 'old';
