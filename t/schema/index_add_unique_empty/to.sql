CREATE TABLE t (a integer, b text, c integer DEFAULT 1);
CREATE UNIQUE INDEX t_ab ON t (a, b);
CREATE UNIQUE INDEX t_c ON t (c);
CREATE UNIQUE INDEX t_upper_b ON t (upper(b));
