CREATE TABLE p (a integer, c text DEFAULT 'x');
CREATE TABLE t (b text) INHERITS (p);
