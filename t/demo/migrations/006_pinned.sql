-- Only adds: version 5 can go on running.
ALTER TABLE notes ADD COLUMN pinned boolean NOT NULL DEFAULT false;
UPDATE notes_schema SET version = 6;
