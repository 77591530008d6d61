CREATE TABLE p (a bigint);
CREATE TABLE t (b text) INHERITS (p);
