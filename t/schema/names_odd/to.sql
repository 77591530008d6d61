CREATE TYPE "E n" AS ENUM ('it''s','a, b','"q"');
CREATE TABLE "t ""q"" é" ("select" bigint, "A b" "E n", "日本" date NOT NULL DEFAULT now(), "c,d" bigint, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk" int UNIQUE, CONSTRAINT "c ON d" CHECK ("select">0));
CREATE INDEX "i ""x""" ON "t ""q"" é"("A b");
CREATE INDEX "j ON k" ON "t ""q"" é"("c,d");
CREATE VIEW "V" AS SELECT "A b" AS "X, y" FROM "t ""q"" é";
CREATE FUNCTION "F"("P q" int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TRIGGER "T r" BEFORE UPDATE ON "t ""q"" é" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
COMMENT ON COLUMN "V"."X, y" IS $$it's \ "x"$$;
GRANT SELECT ("A b") ON "t ""q"" é" TO PUBLIC;
