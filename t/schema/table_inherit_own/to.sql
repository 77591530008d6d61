CREATE TABLE p (a integer, b text, CHECK (a > 0));
CREATE TABLE q (c integer);
CREATE TABLE t (a integer, b text, c integer, x integer, CONSTRAINT p_a_check CHECK (a > 0)) INHERITS (p, q);
