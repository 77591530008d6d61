CREATE TABLE t (id integer PRIMARY KEY, b integer UNIQUE);
COMMENT ON INDEX t_pkey IS 'new';
COMMENT ON INDEX t_b_key IS 'b';
