CREATE TABLE t (a integer, b integer);
CREATE PUBLICATION publication_add FOR TABLE t (a) WHERE (a > 0);
