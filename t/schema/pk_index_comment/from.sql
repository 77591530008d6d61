CREATE TABLE t (id integer PRIMARY KEY);
COMMENT ON INDEX t_pkey IS 'old';
