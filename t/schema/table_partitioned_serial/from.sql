CREATE TABLE t (id serial, a integer, UNIQUE (id, a));
