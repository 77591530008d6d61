CREATE TABLE t (id integer, a integer CHECK (a > 0));
