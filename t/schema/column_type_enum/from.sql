CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE t (a text DEFAULT 'a');
