CREATE FOREIGN DATA WRAPPER foreign_options_odd_w;
CREATE SERVER foreign_options_odd_s FOREIGN DATA WRAPPER foreign_options_odd_w;
CREATE FOREIGN TABLE t (a integer OPTIONS ("a b" 'x, y', c 'q')) SERVER foreign_options_odd_s OPTIONS ("te'st ""wr" 'v', d 'it''s');
CREATE FOREIGN TABLE u (a integer, b text OPTIONS (c 'q'), d text OPTIONS (c 'x, e y', f 'z')) SERVER foreign_options_odd_s;
