CREATE TABLE t (a integer NOT NULL CHECK (a IS NOT NULL), b integer);
