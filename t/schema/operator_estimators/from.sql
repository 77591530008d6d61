CREATE OPERATOR ==== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS OPERATOR 3 ====;
CREATE TYPE r AS RANGE (subtype = integer, subtype_opclass = c);
