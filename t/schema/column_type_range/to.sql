CREATE TABLE t (a tstzrange, b int8range, c tsrange);
