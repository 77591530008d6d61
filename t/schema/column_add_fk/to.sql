CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer, p integer REFERENCES p);
