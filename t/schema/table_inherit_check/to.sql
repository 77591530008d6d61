CREATE TABLE p (a integer CHECK (a > 0));
CREATE TABLE t (b text) INHERITS (p);
