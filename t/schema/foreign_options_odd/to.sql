CREATE FOREIGN DATA WRAPPER foreign_options_odd_w;
CREATE SERVER foreign_options_odd_s FOREIGN DATA WRAPPER foreign_options_odd_w;
CREATE FOREIGN TABLE t (a integer OPTIONS ("a b" 'x, z', "c d" 'q')) SERVER foreign_options_odd_s OPTIONS ("te'st ""wr" 'w', "d e" 'it''s');
CREATE FOREIGN TABLE u (a integer OPTIONS (c 'q'), b text, d text OPTIONS (e 'y', f 'z''s')) SERVER foreign_options_odd_s;
