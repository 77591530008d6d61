CREATE TABLE p (a integer CHECK (a > 0));
CREATE TABLE q (a integer CHECK (a > 1));
CREATE TABLE t (a integer) INHERITS (q);
CREATE TABLE u (a integer) INHERITS (p);
