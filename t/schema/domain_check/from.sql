CREATE DOMAIN d AS integer;
CREATE TABLE t (d d);
