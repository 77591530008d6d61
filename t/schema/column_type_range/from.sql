CREATE TABLE t (a tsrange, b int4range, c daterange);
