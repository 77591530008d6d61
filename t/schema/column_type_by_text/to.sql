CREATE TABLE t (a integer, b date, c numeric);
