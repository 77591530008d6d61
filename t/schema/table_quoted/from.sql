CREATE TABLE "My Table" ("A b" integer);
