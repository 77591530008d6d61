CREATE TABLE t (a integer);
CREATE POLICY p ON t USING (a > 0);
