CREATE TYPE m AS ENUM ('a', 'b');
CREATE TABLE t (m m DEFAULT 'b', CHECK (m > 'a'));
