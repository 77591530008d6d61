CREATE TABLE p (a integer, CONSTRAINT k CHECK (a > 0));
CREATE TABLE q (a integer, CONSTRAINT k CHECK (a > 0));
CREATE TABLE c (b integer) INHERITS (p, q);
CREATE TABLE d () INHERITS (p);
