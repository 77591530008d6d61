CREATE TABLE "Odd ""t" (a integer NOT NULL);
