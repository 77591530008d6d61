CREATE TABLE t (a integer);
CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t WITH LOCAL CHECK OPTION;
CREATE VIEW ordered WITH (security_barrier = false, check_option = local) AS SELECT a FROM t;
