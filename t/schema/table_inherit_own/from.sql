CREATE TABLE p (a integer, b text, CHECK (a > 0));
CREATE TABLE q (c integer);
CREATE TABLE t (x integer) INHERITS (p, q);
