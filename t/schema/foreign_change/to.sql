CREATE FOREIGN DATA WRAPPER foreign_change;
CREATE SERVER foreign_change FOREIGN DATA WRAPPER foreign_change;
CREATE FOREIGN TABLE t (a bigint, c text, d integer NOT NULL CHECK (d > 0)) SERVER foreign_change OPTIONS (x 'n', w '2');
