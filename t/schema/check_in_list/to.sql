CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y, z')), b varchar(9) CHECK (b IN ('x', 'it''s')));
