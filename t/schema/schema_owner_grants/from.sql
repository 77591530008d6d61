CREATE SCHEMA schema_owner_grants1;
