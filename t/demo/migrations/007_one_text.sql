-- One text in place of title and body. What is dropped here only a snapshot can bring back.
ALTER TABLE notes ADD COLUMN note text;
UPDATE notes SET note = left(title || ': ' || body, 20);
ALTER TABLE notes ALTER COLUMN note SET NOT NULL;
ALTER TABLE notes DROP COLUMN title, DROP COLUMN body;
UPDATE notes_schema SET version = 7, oldest_code = 7;
