CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (p integer);
