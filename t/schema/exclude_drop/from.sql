CREATE TABLE t (d tstzrange, EXCLUDE USING gist (d WITH &&));
