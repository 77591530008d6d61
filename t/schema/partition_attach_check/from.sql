CREATE TABLE t (id integer, CHECK (id < 9)) PARTITION BY LIST (id);
CREATE TABLE has (id integer, CONSTRAINT t_id_check CHECK (id < 9));
CREATE TABLE lacks (id integer);
CREATE TABLE other (id integer, CONSTRAINT t_id_check CHECK (id < 8));
CREATE TABLE leaves PARTITION OF t FOR VALUES IN (4);
CREATE TABLE keeps PARTITION OF t FOR VALUES IN (5);
