CREATE TABLE p (a integer);
CREATE TABLE t (b text, e integer) INHERITS (p);
CREATE TABLE u () INHERITS (p);
