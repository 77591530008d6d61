CREATE TYPE c AS (a integer, b text COLLATE "C");
CREATE TABLE t (c c);
