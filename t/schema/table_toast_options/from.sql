CREATE TABLE t (id text) WITH (toast.autovacuum_enabled = false);
