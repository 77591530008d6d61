CREATE TABLE t (a polygon, b integer, c boolean);
