CREATE TABLE t (d tstzrange);
