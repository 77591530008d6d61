CREATE TYPE c AS (a int,b text,d date);
CREATE TABLE t OF c (PRIMARY KEY(a), b NOT NULL DEFAULT 'x');
