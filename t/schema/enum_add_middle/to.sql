CREATE TYPE m AS ENUM ('a', 'x, y', 'it''s', 'b');
