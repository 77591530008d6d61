CREATE TABLE p (a integer, b integer, c integer NOT NULL);
CREATE TABLE n (a integer);
CREATE TABLE h (x integer, CONSTRAINT first NOT NULL b) INHERITS (p);
