CREATE TABLE t (id int4range, valid_at daterange);
