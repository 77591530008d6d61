CREATE TABLE t (a integer, b text);
CREATE INDEX t_a ON t (a DESC NULLS LAST) INCLUDE (b) WITH (fillfactor = 60);
