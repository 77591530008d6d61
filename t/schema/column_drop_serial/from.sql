CREATE TABLE t (id integer, a serial);
