CREATE TABLE t (a integer);
CREATE PUBLICATION publication_change;
