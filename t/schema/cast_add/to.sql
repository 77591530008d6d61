CREATE TYPE m AS ENUM ('a');
CREATE FUNCTION f(integer) RETURNS m LANGUAGE sql IMMUTABLE AS $$SELECT 'a'::cast_add.m$$;
CREATE CAST (integer AS m) WITH FUNCTION f(integer);
