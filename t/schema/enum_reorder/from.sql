CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE t (m m);
CREATE INDEX t_m ON t (m);
