CREATE TABLE t (id integer, k integer) PARTITION BY HASH (k);
