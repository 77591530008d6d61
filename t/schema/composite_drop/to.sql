CREATE TYPE c AS (a integer, d text);
