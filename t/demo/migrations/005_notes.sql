CREATE TABLE notes (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	title text NOT NULL,
	body text NOT NULL
);
-- which versions of the service may run on this schema: oldest_code to version
CREATE TABLE notes_schema (version int NOT NULL, oldest_code int NOT NULL);
INSERT INTO notes_schema VALUES (5, 5);
