CREATE TABLE t (id integer, a integer, b text, j jsonb);
CREATE INDEX t_a ON t (a) WITH (fillfactor = 60);
CREATE INDEX t_b ON t (b, lower(b)) WHERE b > ' WITH ';
CREATE INDEX t_brin ON t USING brin (a) WITH (pages_per_range = 64);
CREATE INDEX t_gin ON t USING gin (j) WITH (fastupdate = off);
ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id) WITH (fillfactor = 80);
CREATE UNIQUE INDEX t_u ON t (id);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_u;
