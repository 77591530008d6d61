CREATE TYPE r AS RANGE (subtype = integer);
CREATE TABLE t (x r, m r_multirange DEFAULT '{[1,2)}');
CREATE FUNCTION f(r_multirange) RETURNS r_multirange LANGUAGE sql AS 'SELECT $1';
