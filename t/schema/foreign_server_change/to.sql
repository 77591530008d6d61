CREATE FOREIGN DATA WRAPPER foreign_server_change OPTIONS (b '3', c 'it''s');
CREATE SERVER foreign_server_change FOREIGN DATA WRAPPER foreign_server_change OPTIONS (host 'b', port '1');
CREATE SERVER "foreign_server_change more" VERSION '2' FOREIGN DATA WRAPPER foreign_server_change OPTIONS (host 'b');
CREATE USER MAPPING FOR PUBLIC SERVER foreign_server_change OPTIONS (user 'v', password 'kept');
CREATE FOREIGN TABLE t (a integer) SERVER foreign_server_change;
CREATE VIEW v AS SELECT a FROM t;
