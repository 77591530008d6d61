CREATE TABLE t (a integer, b text);
CREATE INDEX t_a ON t USING gin (to_tsvector('simple', b)) WHERE a > 5;
COMMENT ON INDEX t_a IS 'kept';
