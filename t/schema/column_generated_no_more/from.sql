CREATE TABLE t (a integer, b text GENERATED ALWAYS AS ('n' || a) STORED UNIQUE, c integer GENERATED ALWAYS AS (a * 2) STORED CHECK (c > 0), d integer);
CREATE VIEW v AS SELECT b FROM t;
