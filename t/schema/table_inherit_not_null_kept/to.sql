CREATE TABLE p (a integer, b integer);
CREATE TABLE keeps (a integer CONSTRAINT p_a_not_null NOT NULL) INHERITS (p);
CREATE TABLE loses () INHERITS (p);
