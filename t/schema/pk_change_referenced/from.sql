CREATE TABLE t (id integer, k integer NOT NULL, PRIMARY KEY (id));
CREATE TABLE c (t integer REFERENCES t);
