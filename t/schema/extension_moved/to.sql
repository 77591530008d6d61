CREATE SCHEMA extension_moved_old;
CREATE EXTENSION ltree SCHEMA extension_moved;
CREATE TYPE extension_moved.own AS ENUM ('a');
CREATE TABLE t (id int, path extension_moved.ltree DEFAULT 'a.b'::extension_moved.ltree,
	root text DEFAULT extension_moved.ltree2text('a'), own extension_moved.own, said text DEFAULT 'extension_moved_old.',
	CHECK (extension_moved.nlevel(path) > 0));
CREATE INDEX ON t USING gist (path);
CREATE VIEW v AS SELECT extension_moved.subpath(path, 1) FROM t;
CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT extension_moved.nlevel(extension_moved.text2ltree(x))';
