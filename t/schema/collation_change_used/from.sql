CREATE COLLATION k (provider=icu, locale='de');
CREATE TABLE t(a text COLLATE k);
CREATE INDEX i ON t(a);
