CREATE TABLE t (id integer, a text);
CREATE INDEX t_a ON t (a, id);
