CREATE TABLE t (id integer NOT NULL, a integer, b integer, c integer);
CREATE UNIQUE INDEX t_pkey ON t (id);
CREATE UNIQUE INDEX i ON t (a, b) WITH (fillfactor=70);
COMMENT ON INDEX i IS 'x';
CREATE UNIQUE INDEX k ON t (b, a);
CREATE UNIQUE INDEX part ON t (c) WHERE a > 0;
CREATE TABLE r (id integer REFERENCES t (id), b integer, a integer, FOREIGN KEY (b, a) REFERENCES t (b, a));
