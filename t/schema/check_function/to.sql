CREATE FUNCTION f(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE TABLE t (a integer CHECK (f(a)));
