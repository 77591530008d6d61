CREATE TABLE "Odd ""t" (a integer CONSTRAINT old NOT NULL);
