CREATE TABLE t (id integer) PARTITION BY LIST (id);
