CREATE DOMAIN phrase AS text;
CREATE TABLE t (a polygon, b integer, c boolean, d json, e time, f timestamp, g integer[], h phrase, i text[], j bit(4), k int4range);
