CREATE TABLE p (a integer);
CREATE TABLE t (b text) INHERITS (p);
