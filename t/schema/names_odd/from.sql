CREATE TABLE "t ""q"" é" ("select" int, "A b" text, "日本" date, "c,d" int);
CREATE INDEX "i ""x""" ON "t ""q"" é"("select");
