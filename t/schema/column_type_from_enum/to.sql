CREATE TABLE t (a text DEFAULT 'a');
