CREATE TABLE base (a integer, "b b" numeric(10,2));
