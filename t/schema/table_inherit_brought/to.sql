CREATE TABLE p (a integer);
CREATE TABLE c (a integer, z integer) INHERITS (p);
ALTER TABLE p ADD COLUMN b integer NOT NULL DEFAULT 3;
