CREATE TABLE "My Table" ("A b" bigint, "select" text);
CREATE INDEX "My Index" ON "My Table" ("select");
