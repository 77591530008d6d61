CREATE TABLE t (id integer) PARTITION BY RANGE (id);
CREATE TABLE t1 (id integer);
CREATE INDEX i ON t (id);
CREATE INDEX own ON t1 (id);
