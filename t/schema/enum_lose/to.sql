CREATE TYPE m AS ENUM ('a');
CREATE TABLE t (m m DEFAULT 'a', n m[]);
