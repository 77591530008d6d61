CREATE TYPE r AS RANGE (subtype = bigint, multirange_type_name = "Many R");
CREATE TABLE t (x r, m "Many R" DEFAULT '{[1,2)}');
CREATE FUNCTION f("Many R") RETURNS "Many R" LANGUAGE sql AS 'SELECT $1';
