CREATE TABLE t (id text);
