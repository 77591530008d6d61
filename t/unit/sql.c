/* sql.c - scripts are split as psql and the server would, and statements known for what they
 * are. */
#include <stdbool.h>
#include <unistd.h>

#include "../tap.h"
#include "pg/conn.h"
#include "pg/scratch.h"
#include "pg/sql.h"
#include "pg/sql_private.h"

/* The script in one line: "line kind [text] " for each statement. */
static const char *
shape(struct mem *m, const char *text, size_t len)
{
	static const char *const kinds[] = { "other", "empty", "meta", "copy", "begin", "commit",
		"rollback", "savepoint", "prepare", "alone", "strings", "enum" };
	struct mem_text out = { .m = m };
	struct sql_script script;
	struct err e;

	if (sql_split(m, text, len, &script, &e))
		return mem_fmt(m, "%s: line %d: %s", e.word, script.bad_line, e.text);
	mem_text_add(&out, "", 0);
	for (size_t i = 0; i < script.count; i++) {
		const struct sql_statement *s = script.item + i;

		mem_text_fmt(&out, "%s%d %s [%.*s]", i ? " " : "", s->line, kinds[s->kind],
		    (int)s->len, text + s->start);
		if (s->kind == SQL_COPY_IN)
			mem_text_fmt(&out, "{%.*s}", (int)s->data_len, text + s->data);
		if (s->end > len || s->start + s->len > s->end || s->lead > s->start)
			mem_text_fmt(&out, " !range %zu %zu %zu %zu", s->lead, s->start, s->len,
			    s->end);
		if (i && s->lead < s[-1].end)
			mem_text_fmt(&out, " !overlap");
	}
	return out.text;
}

static void
splits(void)
{
	static const struct { const char *text, *shape;
	} cases[] = {
		{ "", "" },
		{ " \n\t;;\r\n ;", "" },
		{ "SELECT 1", "1 other [SELECT 1]" },
		{ "SELECT 1;\nSELECT 2;\n", "1 other [SELECT 1] 2 other [SELECT 2]" },
		{ "\xef\xbb\xbfSELECT 1;", "1 other [SELECT 1]" },
		{ "SELECT 1;\r\n\r\nSELECT\r\n2;\r\n", "1 other [SELECT 1] 3 other [SELECT\r\n2]" },
		{ "-- a; b\nSELECT 1 -- c\n; -- d", "2 other [SELECT 1] 3 empty [-- d]" },
		{ "/* a; /* b; */ c; */ SELECT 1 /* d */;", "1 other [SELECT 1]" },
		{ "-- only\n/* comments */\n", "1 empty [-- only\n/* comments */]" },
		{ "-- one\n;\n-- two\n", "1 empty [-- one] 3 empty [-- two]" },
		{ "SELECT 'a;b', 'it''s;', E'\\';', e'\\\\';SELECT 2",
		    "1 other [SELECT 'a;b', 'it''s;', E'\\';', e'\\\\'] "
		    "1 other [SELECT 2]" },
		{ "SELECT 'a\\'; SELECT 2;", "1 other [SELECT 'a\\'] 1 other [SELECT 2]" },
		{ "SELECT somee'a\\'; SELECT 2;",
		    "1 other [SELECT somee'a\\'] 1 other [SELECT 2]" },
		{ "SELECT E'a'\n'\\';' ; SELECT 2",
		    "1 other [SELECT E'a'\n'\\';'] 2 other [SELECT 2]" },
		{ "SELECT E'a' -- c\n'\\';' ; SELECT 2",
		    "1 other [SELECT E'a' -- c\n'\\';'] 2 other [SELECT 2]" },
		{ "SELECT E'a' '\\'; SELECT 2", "1 other [SELECT E'a' '\\'] 1 other [SELECT 2]" },
		{ "SELECT U&'d\\0061;', N';', b'1', x'f;'; SELECT 2",
		    "1 other [SELECT U&'d\\0061;', N';', b'1', x'f;'] "
		    "1 other [SELECT 2]" },
		{ "SELECT \"a;\"\"b\"; SELECT 2",
		    "1 other [SELECT \"a;\"\"b\"] 1 other [SELECT 2]" },
		{ "SELECT $$a;$b$;$$; SELECT 2", "1 other [SELECT $$a;$b$;$$] 1 other [SELECT 2]" },
		{ "DO $x$ BEGIN $$;$$; END; $x$; SELECT 2",
		    "1 other [DO $x$ BEGIN $$;$$; END; $x$] 1 other [SELECT 2]" },
		{ "SELECT a$b$;SELECT c$b$;", "1 other [SELECT a$b$] 1 other [SELECT c$b$]" },
		{ "SELECT $1;SELECT $2", "1 other [SELECT $1] 1 other [SELECT $2]" },
		{ "SELECT $\xc3\xa4$;$\xc3\xa4$;SELECT 2",
		    "1 other [SELECT $\xc3\xa4$;$\xc3\xa4$] 1 other [SELECT 2]" },
		{ "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
		    "1 other [CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)] 1 other "
		    "[SELECT 3]" },
		{ "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; "
		  "SELECT 2; END; SELECT 3",
		    "1 other [CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true "
		    "THEN 1 END; SELECT 2; END] "
		    "1 other [SELECT 3]" },
		{ "create or replace procedure p(a int default (case when true then 1 end)) "
		  "begin\n-- x\natomic\n"
		  "insert into t select case a when 1 then case when b then 2 end end, t.end, 1 as "
		  "case; end; select 3",
		    "1 other [create or replace procedure p(a int default (case when true then 1 "
		    "end)) begin\n-- x\natomic\n"
		    "insert into t select case a when 1 then case when b then 2 end end, t.end, 1 "
		    "as case; end] "
		    "4 other [select 3]" },
		{ "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC END; SELECT 1",
		    "1 other [CREATE FUNCTION f() "
		    "RETURNS int LANGUAGE sql BEGIN ATOMIC END] 1 other [SELECT 1]" },
		{ "BEGIN; SELECT 1; END;", "1 begin [BEGIN] 1 other [SELECT 1] 1 commit [END]" },
		{ "CREATE TABLE begin (a int); SELECT 1",
		    "1 other [CREATE TABLE begin (a int)] 1 other [SELECT 1]" },
		{ "COPY t (a, b) FROM stdin;\n1\t;\n2\t'\n\\.\n\nSELECT 1;",
		    "1 copy [COPY t (a, b) FROM stdin]{1\t;\n2\t'\n} "
		    "6 other [SELECT 1]" },
		{ "COPY t FROM STDIN WITH (FORMAT csv); -- c\r\n1\r\n\\.\r\nSELECT 1;",
		    "1 copy [COPY t FROM STDIN WITH (FORMAT csv)]{1\r\n} 4 other [SELECT 1]" },
		{ "copy \"stdin\" from stdin;\n\\.\n", "1 copy [copy \"stdin\" from stdin]{}" },
		{ "COPY t FROM stdin;\na\nb", "1 copy [COPY t FROM stdin]{a\nb}" },
		{ "COPY t FROM stdin;", "1 copy [COPY t FROM stdin]{}" },
		{ "COPY t FROM stdin", "1 copy [COPY t FROM stdin]{}" },
		{ "COPY t FROM stdin; SELECT 1;\n\\.\n",
		    "bad-input: line 1: the data of COPY ... FROM stdin must begin on a new line" },
		{ "COPY t FROM 'stdin'; SELECT 1",
		    "1 other [COPY t FROM 'stdin'] 1 other [SELECT 1]" },
		{ "COPY (SELECT 1 FROM stdin) TO stdout; SELECT 1",
		    "1 other [COPY (SELECT 1 FROM stdin) TO stdout] "
		    "1 other [SELECT 1]" },
		{ "\\restrict abc\nSELECT 1;\n\\unrestrict abc\n",
		    "1 meta [\\restrict abc] 2 other [SELECT 1] "
		    "3 meta [\\unrestrict abc]" },
		{ "\\connect 'a;b'\r\nSELECT 1;", "1 meta [\\connect 'a;b'] 2 other [SELECT 1]" },
		{ "SELECT 'SELECT 1'\\gexec\nSELECT 2",
		    "1 other [SELECT 'SELECT 1'] 1 meta [\\gexec] 2 other [SELECT 2]" },
		{ "-- c\n\\echo x\n", "2 meta [\\echo x]" },
		{ "SELECT :x, :'y;', :\"z;\"; SELECT 2",
		    "1 other [SELECT :x, :'y;', :\"z;\"] 1 other [SELECT 2]" },
		{ "SELECT 1 -- ';\r;SELECT 2", "1 other [SELECT 1] 1 other [SELECT 2]" },
		{ "SET standard_conforming_strings = off; SELECT 'a\\';'; SET "
		  "standard_conforming_strings TO on; SELECT 'a\\'; SELECT 2",
		    "1 strings [SET standard_conforming_strings = off] 1 other [SELECT 'a\\';'] "
		    "1 strings [SET standard_conforming_strings TO on] 1 other [SELECT 'a\\'] 1 "
		    "other [SELECT 2]" },
		{ "SELECT a)); SELECT 2", "1 other [SELECT a))] 1 other [SELECT 2]" },
		{ "SELECT 1;\n\n  SELECT 'x;",
		    "bad-input: line 3: a quoted string that begins here has no end" },
		{ "SELECT 1;\nSELECT \"x;",
		    "bad-input: line 2: a quoted name that begins here has no end" },
		{ "\n/* /* */ SELECT 1",
		    "bad-input: line 2: a comment that begins here has no end" },
		{ "SELECT $a$ x $b$;",
		    "bad-input: line 1: a dollar-quoted string that begins here has no end" },
		{ "SELECT E'\\';",
		    "bad-input: line 1: a quoted string that begins here has no end" },
		{ "SELECT 1;\nSELECT (\n(2);\nSELECT 3;",
		    "bad-input: line 2: the parenthesis that opens here is never closed" },
		{ "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC SELECT 1;",
		    "bad-input: line 2: the body that begins here has "
		    "no END" },
		{ "\xff\xfeS", "bad-input: line 1: the file is UTF-16, not UTF-8" },
	};
	MEM_SCOPE(m);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* an allocation of its own, without a NUL: a scan beyond the end is seen */
		size_t len = strlen(cases[i].text);
		char *text = malloc(len ? len : 1);

		memcpy(text, cases[i].text, len);
		is(shape(m, text, len), cases[i].shape, "split");
		free(text);
	}
	is(shape(m, "SELECT 1;\n\0;", 12), "bad-input: line 2: a NUL byte", "NUL");
}

/* Every beginning of every text: nothing is read beyond its end, and pieces stay in range. */
static void
cut_short(void)
{
	static const char text[] = "\xef\xbb\xbf-- c\nCREATE OR REPLACE FUNCTION f() BEGIN ATOMIC "
				   "SELECT CASE 1 WHEN 1 THEN E'\\''"
				   "\n'x' END; END;\nCOPY t FROM stdin;\n1\r\n\\.\r\n\\restrict "
				   "x\nSELECT $a$ $ $a$, U&\"x\", /* /* */ */ $1;\n";
	int wrong = 0;

	for (size_t len = 0; len < sizeof text; len++) {
		MEM_SCOPE(m);
		char *part = malloc(len ? len : 1);

		memcpy(part, text, len);
		wrong += strchr(shape(m, part, len), '!') != NULL;
		free(part);
	}
	ok(wrong == 0, "every beginning of a script");
}

struct known {
	const char *sql;
	enum sql_kind kind;
	bool unparsed;          /* newer than the library */
	bool unproven;          /* cannot be tried on a scratch server */
};

static const struct known known[] = {
	{ "BEGIN", SQL_BEGIN, false, false },
	{ "begin isolation level serializable", SQL_BEGIN, false, false },
	{ "START /* x */ TRANSACTION READ ONLY", SQL_BEGIN, false, false },
	{ "COMMIT", SQL_COMMIT, false, false },
	{ "END WORK", SQL_COMMIT, false, false },
	{ "COMMIT AND CHAIN", SQL_COMMIT, false, false },
	{ "ROLLBACK", SQL_ROLLBACK, false, false },
	{ "ABORT TRANSACTION", SQL_ROLLBACK, false, false },
	{ "ROLLBACK TO SAVEPOINT a", SQL_SAVEPOINT, false, false },
	{ "ROLLBACK WORK TO a", SQL_SAVEPOINT, false, false },
	{ "SAVEPOINT a", SQL_SAVEPOINT, false, false },
	{ "RELEASE a", SQL_SAVEPOINT, false, false },
	{ "PREPARE TRANSACTION 'x'", SQL_PREPARE, false, false },
	{ "COMMIT PREPARED 'x'", SQL_ALONE, false, false },
	{ "ROLLBACK PREPARED 'x'", SQL_ALONE, false, false },
	{ "PREPARE p AS SELECT 1", SQL_OTHER, false, false },
	{ "SET TRANSACTION READ ONLY", SQL_OTHER, false, false },
	{ "CREATE INDEX CONCURRENTLY i ON t (a)", SQL_ALONE, false, false },
	{ "create unique index concurrently if not exists i2 on t (a)", SQL_ALONE, false, false },
	{ "CREATE INDEX concurrent ON t (a)", SQL_OTHER, false, false },
	{ "CREATE INDEX \"concurrently\" ON t (a)", SQL_OTHER, false, false },
	{ "DROP INDEX CONCURRENTLY IF EXISTS i", SQL_ALONE, false, false },
	{ "DROP INDEX IF EXISTS i", SQL_OTHER, false, false },
	{ "REINDEX TABLE CONCURRENTLY t", SQL_ALONE, false, false },
	{ "REINDEX (VERBOSE, CONCURRENTLY) TABLE t", SQL_ALONE, false, false },
	{ "REINDEX (VERBOSE) INDEX CONCURRENTLY t_pkey", SQL_ALONE, false, false },
	{ "REINDEX TABLE t", SQL_OTHER, false, false },
	{ "REINDEX (VERBOSE) TABLE t", SQL_OTHER, false, false },
	{ "REINDEX DATABASE postgres", SQL_ALONE, false, false },
	{ "REINDEX (VERBOSE) SCHEMA public", SQL_ALONE, false, false },
	{ "REINDEX SYSTEM postgres", SQL_ALONE, false, false },
	{ "REINDEX DATABASE", SQL_ALONE, true, true },
	{ "VACUUM", SQL_ALONE, false, false },
	{ "VACUUM (ANALYZE) t", SQL_ALONE, false, false },
	{ "VACUUM FULL t", SQL_ALONE, false, false },
	{ "VACUUM (BUFFER_USAGE_LIMIT '1 MB', ONLY_DATABASE_STATS) ONLY t", SQL_ALONE, true, true },
	{ "ANALYZE t", SQL_OTHER, false, false },
	{ "ALTER SYSTEM SET work_mem = '8MB'", SQL_ALONE, false, false },
	{ "CREATE DATABASE x", SQL_ALONE, false, false },
	{ "DROP DATABASE IF EXISTS x", SQL_ALONE, false, false },
	{ "CREATE TABLESPACE x LOCATION '/nowhere'", SQL_ALONE, false, false },
	{ "DROP TABLESPACE IF EXISTS x", SQL_ALONE, false, false },
	{ "ALTER DATABASE postgres SET TABLESPACE pg_default", SQL_ALONE, false, false },
	{ "ALTER DATABASE \"postgres\" SET work_mem = '4MB'", SQL_OTHER, false, false },
	{ "ALTER TABLE part DETACH PARTITION part1 CONCURRENTLY", SQL_ALONE, false, false },
	{ "ALTER TABLE part DETACH PARTITION part1", SQL_OTHER, false, false },
	{ "CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p", SQL_ALONE, false,
	    false },
	{ "CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p WITH (slot_name = x, "
	  "connect = false)",
	    SQL_OTHER, false, false },
	{ "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = 0, enabled)",
	    SQL_OTHER, false, true },
	{ "ALTER SUBSCRIPTION sub REFRESH PUBLICATION", SQL_ALONE, false, true },
	{ "ALTER SUBSCRIPTION sub SET PUBLICATION p", SQL_ALONE, false, true },
	{ "ALTER SUBSCRIPTION sub ADD PUBLICATION p WITH (refresh = off)", SQL_OTHER, false, true },
	{ "ALTER SUBSCRIPTION sub OWNER TO handrail", SQL_OTHER, false, true },
	{ "DROP SUBSCRIPTION sub", SQL_ALONE, false, true },
	{ "CLUSTER", SQL_ALONE, false, false },
	{ "CLUSTER VERBOSE", SQL_ALONE, false, false },
	{ "CLUSTER (VERBOSE)", SQL_ALONE, true, true },
	{ "CLUSTER t USING t_pkey", SQL_OTHER, false, false },
	{ "CLUSTER VERBOSE t USING t_pkey", SQL_OTHER, false, false },
	{ "DISCARD ALL", SQL_ALONE, false, false },
	{ "SET SESSION standard_conforming_strings TO 'off'", SQL_STRINGS, false, false },
	{ "SET LOCAL standard_conforming_strings = on", SQL_STRINGS, false, false },
	{ "SET work_mem = '4MB'", SQL_OTHER, false, false },
	{ "DISCARD PLANS", SQL_OTHER, false, false },
	{ "ALTER TYPE mood ADD VALUE 'a'", SQL_ENUM_VALUE, false, false },
	{ "ALTER TYPE public.\"mood\" ADD VALUE IF NOT EXISTS 'b' BEFORE 'ok'", SQL_ENUM_VALUE,
	    false, false },
	{ "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'", SQL_OTHER, false, false },
	{ "ALTER TYPE mood RENAME TO mood2", SQL_OTHER, false, false },
	{ "COPY t TO STDOUT", SQL_OTHER, false, true },
	{ "COPY t FROM STDIN", SQL_COPY_IN, false, true },
	{ "COPY t FROM '/nowhere'", SQL_OTHER, false, true },
	{ "REFRESH MATERIALIZED VIEW CONCURRENTLY mv", SQL_OTHER, false, false },
	{ "CREATE TABLE t2 (a int)", SQL_OTHER, false, false },
	{ "INSERT INTO t VALUES (7)", SQL_OTHER, false, false },
	{ "SELECT 'VACUUM'", SQL_OTHER, false, false },
	{ "DO $$BEGIN NULL; END$$", SQL_OTHER, false, false },
	{ "CREATE FUNCTION f2() RETURNS int LANGUAGE sql AS 'SELECT 1; COMMIT'", SQL_OTHER, false,
	    true },
	{ "ALTER TABLE t ADD COLUMN b int", SQL_OTHER, false, false },
	{ "ALTER TABLE t ADD COLUMN c int NOT NULL VIRTUAL NEWER SYNTAX", SQL_OTHER, true, true },
	{ "CREATE INDEX CONCURRENTLY i ON t (a) NEWER SYNTAX", SQL_ALONE, true, true },
	{ "/* d */ VACUUM -- c", SQL_ALONE, false, false },
	{ "", SQL_EMPTY, true, true },
};

static void
kinds(void)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct known *k = known + i;
		bool sure;
		enum sql_kind tree = SQL_OTHER,
			      words = sql_kind_by_words(k->sql, strlen(k->sql), &sure);
		bool parsed = sql_kind_by_tree(k->sql, strlen(k->sql), &tree);

		ok(sql_kind_of(k->sql, strlen(k->sql)) == k->kind, "%s: %s", k->sql,
		    sql_kind_text(k->kind));
		ok(parsed == !k->unparsed &&
			(!parsed || tree == k->kind || k->kind == SQL_STRINGS) && words == k->kind,
		    "... by tree (%d) and words (%d)", (int)tree, (int)words);
	}
}

static const char setup[] = "CREATE TABLE t (a int PRIMARY KEY);"
			    "CREATE TABLE part (a int) PARTITION BY LIST (a); CREATE TABLE part1 "
			    "PARTITION OF part FOR VALUES IN (1);"
			    "CREATE TYPE mood AS ENUM ('ok'); CREATE MATERIALIZED VIEW mv AS "
			    "SELECT a FROM t; CREATE UNIQUE INDEX ON mv (a)";

/* What the server says to a statement inside a transaction: it has the last word. */
static void
proof(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg_scratch *s = pg_scratch_start(m, 0, &e);
	struct pg *pg = s ? pg_open(m, pg_scratch_uri(m, s, "postgres"), NULL, &e) : NULL;

	if (!pg || pg_exec(pg, setup, &e)) {
		ok(false, "a server: %s", e.text);
		return;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct known *k = known + i;
		bool refused;

		if (k->unproven || sql_controls_transaction(k->kind))
			continue;
		pg_exec(pg, "BEGIN", &e);
		refused = pg_exec(pg, k->sql, &e) && !strcmp(pg_report(pg)->sqlstate, "25001");
		if (!ok(refused == (k->kind == SQL_ALONE), "the server on: %s", k->sql))
			diag("%s", e.text);
		pg_exec(pg, "ROLLBACK", &e);
	}
}

static void
trees(void)
{
	MEM_SCOPE(m);
	struct err e;
	int position;
	const char *sql = "CREATE TABLE t (a int)", *wrong = "SELECT '\xc3\xbc' nix nix";
	const struct value *tree = sql_tree(m, sql, strlen(sql), &position, &e);

	is(value_string(value_at(tree, "CreateStmt.relation.relname")), "t",
	    "the tree of a statement");
	ok(!sql_tree(m, wrong, strlen(wrong), &position, &e) && position == 16,
	    "a syntax error: %s at %d", e.text, position);
	ok(!sql_tree(m, "", 0, NULL, &e), "no tree of nothing");
}

static void
outlines(void)
{
	MEM_SCOPE(m);
	static const char *const pairs[][2] = {
		{ "ALTER ROLE app  PASSWORD 'geheim'", "ALTER ROLE app PASSWORD '…'" },
		{ "-- geheim\nALTER ROLE a\n\tPASSWORD 'ge''heim';", "ALTER ROLE a PASSWORD '…';" },
		{ "CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'gehe",
		    "CREATE USER MAPPING FOR u SERVER s OPTIONS (password '…'" },
		{ "SELECT dblink($a$ password=geheim $a$, E'ge\\'heim', 1)",
		    "SELECT dblink('…', '…', 1)" },
		{ "SELECT 'a\\' OR geheim", "SELECT '…'" },
		{ "DO $x$ BEGIN PERFORM 'geheim'", "DO '…'" },
		{ "SELECT \"wie'so\" /* geheim", "SELECT \"wie'so\"" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		is(sql_outline(m, pairs[i][0], 100), pairs[i][1], pairs[i][1]);
	is(sql_outline(m, "SELECT \"\xc3\xbc\xc3\xbc\"", 11), "SELECT \"\xc3\xbc",
	    "cut between characters");
}

int
main(void)
{
	outlines();
	splits();
	cut_short();
	kinds();
	trees();
	proof();
	return done();
}
