CREATE TABLE t (a serial, b integer);
