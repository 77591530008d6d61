CREATE AGGREGATE n(*) (sfunc = int8inc, stype = bigint, initcond = '0');
COMMENT ON AGGREGATE n(*) IS 'counts';
