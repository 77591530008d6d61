CREATE EXTENSION citext SCHEMA extension_add;
CREATE TABLE t (a citext);
