CREATE DOMAIN d AS varchar(10); CREATE TABLE t (a varchar(10), b varchar, c varchar, x varchar); CREATE INDEX ON t (c);
