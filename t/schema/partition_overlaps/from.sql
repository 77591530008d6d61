CREATE TABLE t (id int4range, valid daterange, CONSTRAINT u UNIQUE (id, valid WITHOUT OVERLAPS)) PARTITION BY LIST (id);
CREATE TABLE t1 (id int4range, valid daterange, CONSTRAINT own UNIQUE (id, valid WITHOUT OVERLAPS));
CREATE TABLE p (id int4range, valid daterange, CONSTRAINT k PRIMARY KEY (id, valid WITHOUT OVERLAPS)) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p DEFAULT;
CREATE TABLE f (id int4range, valid daterange, FOREIGN KEY (id, PERIOD valid) REFERENCES p (id, PERIOD valid));
