CREATE TABLE t (id integer, CHECK (id < 9)) PARTITION BY LIST (id);
