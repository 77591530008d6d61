CREATE TABLE t (a varchar(9), b varchar(9) CHECK (b IN ('x', 'it''s')));
