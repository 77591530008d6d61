CREATE TEXT SEARCH CONFIGURATION c (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword, word WITH english_stem, simple;
