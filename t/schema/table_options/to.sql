CREATE TABLE t (id integer) WITH (fillfactor = 80, toast.autovacuum_enabled = false);
