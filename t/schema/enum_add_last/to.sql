CREATE TYPE m AS ENUM ('a', 'b', 'c');
CREATE TABLE t (m m);
