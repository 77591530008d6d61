CREATE TYPE r AS RANGE (subtype = float4);
CREATE TYPE m AS RANGE (subtype = text, collation = "C");
CREATE DOMAIN d AS r CHECK (NOT isempty(VALUE));
CREATE TYPE c AS (a r);
CREATE TABLE t (id integer, x r DEFAULT '[1,2)' CHECK (x <> r(3, 4)), y r[], m m, EXCLUDE USING gist (x WITH &&));
CREATE INDEX t_y ON t (y);
CREATE TABLE u (d d, c c, a d[]);
CREATE VIEW v AS SELECT x, y FROM t;
CREATE FUNCTION f(r) RETURNS r LANGUAGE sql AS 'SELECT $1';
