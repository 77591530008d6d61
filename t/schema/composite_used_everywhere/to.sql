CREATE TYPE c AS (a int,z date,b varchar(5) COLLATE "C");
CREATE TABLE t(x c, y c[]);
CREATE FUNCTION f(c) RETURNS c LANGUAGE sql AS 'SELECT $1';
CREATE VIEW v AS SELECT (x).b FROM t;
