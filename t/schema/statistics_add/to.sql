CREATE TABLE t (a integer, b integer);
CREATE STATISTICS s (ndistinct, mcv) ON a, b FROM t;
