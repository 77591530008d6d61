CREATE TYPE r;
CREATE FUNCTION canonical(r) RETURNS r LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE FUNCTION apart(integer, integer) RETURNS float8 LANGUAGE internal IMMUTABLE STRICT AS 'int4range_subdiff';
CREATE TYPE r AS RANGE (subtype = integer, canonical = canonical, subtype_diff = apart);
CREATE TABLE t (x r DEFAULT '[1,2)');
