CREATE TABLE t (id integer NOT NULL, a integer NOT NULL, PRIMARY KEY (id, a)) PARTITION BY LIST (id);
