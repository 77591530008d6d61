CREATE FOREIGN DATA WRAPPER foreign_server_change OPTIONS (a '1', b '2');
CREATE SERVER foreign_server_change VERSION '1' FOREIGN DATA WRAPPER foreign_server_change OPTIONS (host 'a', dbname 'd');
CREATE SERVER "foreign_server_change more" FOREIGN DATA WRAPPER foreign_server_change;
CREATE USER MAPPING FOR PUBLIC SERVER foreign_server_change OPTIONS (user 'u', password 'kept');
CREATE FOREIGN TABLE t (a integer) SERVER foreign_server_change;
CREATE VIEW v AS SELECT a FROM t;
