CREATE TABLE p (a integer);
CREATE TABLE t (a integer, b text);
