CREATE TYPE m AS ENUM ('z', 'a', 'b');
