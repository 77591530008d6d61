CREATE DOMAIN d AS varchar(10); CREATE TABLE t (a d, b d, c text, x text); CREATE INDEX ON t (c);
