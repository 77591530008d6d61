CREATE TABLE t (id integer, a timestamptz NOT NULL DEFAULT now());
