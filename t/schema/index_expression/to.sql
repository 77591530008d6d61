CREATE TABLE t (a text);
CREATE INDEX t_a ON t (lower(a) text_pattern_ops);
ALTER INDEX t_a ALTER COLUMN 1 SET STATISTICS 300;
