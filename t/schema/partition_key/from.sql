CREATE TABLE t (id integer, k integer) PARTITION BY LIST (id);
