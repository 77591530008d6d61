CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, c integer UNIQUE);
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b) WITH (fillfactor=70);
COMMENT ON INDEX u IS 'x';
ALTER TABLE t ADD CONSTRAINT k UNIQUE (b, a);
CREATE TABLE r (id integer REFERENCES t (id), b integer, a integer, FOREIGN KEY (b, a) REFERENCES t (b, a));
