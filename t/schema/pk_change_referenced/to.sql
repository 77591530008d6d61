CREATE TABLE t (id integer, k integer NOT NULL, PRIMARY KEY (id) WITH (fillfactor = 60));
CREATE TABLE c (t integer REFERENCES t);
