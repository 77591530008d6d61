CREATE TABLE t (id integer NOT NULL, k integer, PRIMARY KEY (k));
