CREATE TABLE t (a integer, b text);
CREATE INDEX t_a ON t (a);
COMMENT ON INDEX t_a IS 'kept';
