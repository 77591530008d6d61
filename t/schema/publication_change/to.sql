CREATE TABLE t (a integer);
CREATE PUBLICATION publication_change FOR TABLE t WITH (publish = 'insert');
