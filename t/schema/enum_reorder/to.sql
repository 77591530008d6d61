CREATE TYPE m AS ENUM ('b', 'a');
CREATE TABLE t (m m);
CREATE INDEX t_m ON t (m);
