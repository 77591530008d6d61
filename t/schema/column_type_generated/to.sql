CREATE TABLE t (a smallint, b integer GENERATED ALWAYS AS (a * 2) STORED);
