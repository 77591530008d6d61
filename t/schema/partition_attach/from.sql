CREATE TABLE t (id integer) PARTITION BY LIST (id);
CREATE TABLE t1 (id integer);
