CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE t (a m DEFAULT 'a');
