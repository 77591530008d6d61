CREATE SCHEMA schema_owner_grants1 AUTHORIZATION pg_monitor;
GRANT USAGE ON SCHEMA schema_owner_grants1 TO pg_read_all_settings WITH GRANT OPTION;
