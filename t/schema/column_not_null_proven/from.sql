CREATE TABLE t (a integer CHECK (a IS NOT NULL), b integer);
