CREATE TABLE p (id int, a int); CREATE TABLE p1 (id int, a int);
