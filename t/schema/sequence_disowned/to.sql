CREATE SEQUENCE t_a_seq AS integer;
CREATE TABLE t (b integer);
