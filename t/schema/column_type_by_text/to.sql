CREATE DOMAIN phrase AS text;
CREATE TABLE t (a integer, b date, c numeric, d bytea, e timestamp, f integer[], g uuid[], h integer[], i phrase, j boolean, k int8range);
