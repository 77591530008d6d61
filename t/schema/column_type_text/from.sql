CREATE TABLE t (a varchar(50) DEFAULT 'x');
