CREATE TABLE t (id integer, k integer NOT NULL, PRIMARY KEY (id));
