CREATE TABLE one (a int);
CREATE TABLE two (b int);
CREATE TABLE t (c int) INHERITS (one, two);
CREATE TABLE turned () INHERITS (two, one);
