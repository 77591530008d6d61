CREATE FUNCTION f(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR ==== (FUNCTION = f, LEFTARG = integer, RIGHTARG = integer, RESTRICT = eqsel, HASHES);
