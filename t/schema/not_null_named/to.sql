CREATE TABLE t (a integer CONSTRAINT a_is_there NOT NULL, b integer CONSTRAINT "b is" NOT NULL);
