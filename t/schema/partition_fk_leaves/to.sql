CREATE TABLE r (id integer);
CREATE TABLE s (id integer PRIMARY KEY);
CREATE TABLE t (id integer , b integer REFERENCES s) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (7);
CREATE TABLE t2 (id integer, b integer);
