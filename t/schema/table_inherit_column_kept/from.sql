CREATE TABLE p (a integer, e integer);
CREATE TABLE t (b text) INHERITS (p);
CREATE TABLE u () INHERITS (p);
