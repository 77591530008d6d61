CREATE TYPE m AS ENUM ('a', 'b');
