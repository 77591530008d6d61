CREATE TABLE t (id integer, a uuid DEFAULT gen_random_uuid());
