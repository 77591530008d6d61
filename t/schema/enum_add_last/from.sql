CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE t (m m);
