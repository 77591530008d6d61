CREATE TABLE t(a text[] DEFAULT '{}', b int, c int[]);
