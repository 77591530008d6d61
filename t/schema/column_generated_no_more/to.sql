CREATE TABLE t (b text DEFAULT 'x' UNIQUE, c bigint NOT NULL CHECK (c > 0), d integer);
CREATE VIEW v AS SELECT b FROM t;
