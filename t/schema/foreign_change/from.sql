CREATE FOREIGN DATA WRAPPER foreign_change;
CREATE SERVER foreign_change FOREIGN DATA WRAPPER foreign_change;
CREATE FOREIGN TABLE t (a integer, b text, d integer) SERVER foreign_change OPTIONS (x 'y', z '1');
CREATE FOREIGN TABLE gone (a integer) SERVER foreign_change;
