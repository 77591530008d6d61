CREATE SCHEMA extension_moved_old;
CREATE EXTENSION ltree SCHEMA extension_moved_old;
CREATE TYPE extension_moved_old.own AS ENUM ('a');
CREATE TABLE t (id int, path extension_moved_old.ltree DEFAULT 'a.b'::extension_moved_old.ltree,
	root text DEFAULT extension_moved_old.ltree2text('a'), own extension_moved_old.own, said text DEFAULT 'extension_moved_old.',
	CHECK (extension_moved_old.nlevel(path) > 0));
CREATE INDEX ON t USING gist (path);
CREATE VIEW v AS SELECT extension_moved_old.subpath(path, 1) FROM t;
CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT extension_moved_old.nlevel(extension_moved_old.text2ltree(x))';
