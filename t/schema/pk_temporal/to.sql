CREATE TABLE t (id int4range, valid_at daterange, CONSTRAINT t_pk PRIMARY KEY (id, valid_at WITHOUT OVERLAPS));
