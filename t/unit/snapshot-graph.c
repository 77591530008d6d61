/* graph and toc: jobs keep their order and do not meet at what one of them uses alone; a script
 * becomes entries */
#include <stdatomic.h>
#include <unistd.h>

#include "snapshot/graph.h"
#include "snapshot/key.h"
#include "snapshot/toc.h"
#include "../tap.h"

enum { TABLES = 40, EACH = 5, WORKERS = 4 };

struct work {
	int table;
	bool alone;
};

static atomic_int users[TABLES], ran[TABLES], begun[TABLES], wrong, begins, ends;
static int end_of[TABLES];

static int
use(void *worker, void *arg, struct err *e)
{
	const struct work *w = arg;
	int now = atomic_fetch_add(&users[w->table], w->alone ? 1000 : 1);

	(void)worker;
	(void)e;
	if (!atomic_load(&begun[w->table]))
		atomic_store(&begun[w->table], atomic_fetch_add(&begins, 1) + 1);
	if (w->alone ? now != 0 : now >= 1000)
		wrong++;
	usleep(200);
	atomic_fetch_sub(&users[w->table], w->alone ? 1000 : 1);
	atomic_fetch_add(&ran[w->table], 1);
	return 0;
}

static int
last(void *worker, void *arg, struct err *e)
{
	const struct work *w = arg;

	(void)worker;
	(void)e;
	if (atomic_load(&ran[w->table]) != EACH)
		wrong++;
	end_of[w->table] = atomic_fetch_add(&ends, 1);
	return 0;
}

static int
fail(void *worker, void *arg, struct err *e)
{
	(void)worker;
	(void)arg;
	return err_set(e, FAIL_NO, "damaged", "this one");
}

static void
many(void)
{
	MEM_SCOPE(m);
	struct graph *g = graph_new(m);
	void *worker[WORKERS] = { NULL };
	struct work *w = mem_zero(m, (size_t)TABLES * (EACH + 1), sizeof *w);
	size_t outside = graph_add(g, 0, NULL, NULL);
	struct pool *pool;
	struct err e;

	for (int i = 0; i < TABLES; i++) {
		size_t first = graph_count(g), end;

		for (int k = 0; k < EACH; k++, w++) {
			*w = (struct work){ i, k % 2 };
			graph_use(g, graph_add(g, i, use, w), i * 1000, k % 2);
		}
		*w = (struct work){ i, false };
		end = graph_add(g, 0, last, w++);
		for (size_t k = first; k < end; k++)
			graph_after(g, end, k);
		if (i == 7)
			graph_after(g, first, outside);
	}
	pool = graph_start(m, g, worker, WORKERS, &e);
	while (atomic_load(&ends) < TABLES - 1)
		usleep(1000);
	ok(ran[7] == EACH - 1, "a job waits for what is done elsewhere");
	graph_done(g, outside);
	ok(!pool_wait(pool, &e) && !wrong,
	    "each job once, in its order, alone where it must be (%d wrong)", wrong);
	ok(end_of[7] == TABLES - 1, "behind what is done elsewhere, too");
	ok(begun[TABLES - 1] == 1 && begun[0] > TABLES - WORKERS, "the longest way first (%d, %d)",
	    begun[TABLES - 1], begun[0]);
}

static void
failing(void)
{
	MEM_SCOPE(m);
	struct graph *g = graph_new(m);
	void *worker[WORKERS] = { NULL };
	struct work w = { 0, false };
	size_t outside = graph_add(g, 0, NULL, NULL);
	struct pool *pool;
	struct err e = { 0 };

	graph_after(g, graph_add(g, 1, use, &w), outside);
	graph_add(g, 0, fail, NULL);
	pool = graph_start(m, g, worker, WORKERS, &e);
	ok(pool_wait(pool, &e) == -1 && !strcmp(e.text, "this one"),
	    "the first failure ends those that wait: %s", e.text);
	g = graph_new(m);
	outside = graph_add(g, 0, NULL, NULL);
	graph_after(g, graph_add(g, 1, use, &w), outside);
	pool = graph_start(m, g, worker, WORKERS, &e);
	graph_give_up(g);
	ok(pool_wait(pool, &e) == -1, "who gives up ends them, too");
}

static const char script[] =
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n\nSET statement_timeout = 0;\nSET "
    "transaction_timeout = 0;\n"
    "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSET default_tablespace "
    "= '';\n\n"
    "--\n-- TOC entry 7 (class 1259 OID 16387)\n-- Name: a; Type: TABLE; Schema: s; Owner: o\n-- "
    "Data Pos: 0\n--\n\n"
    "CREATE TABLE s.a (b text DEFAULT '\n--\n-- TOC entry 99 (class 1 OID 2)\n');\n\n\nALTER TABLE "
    "s.a OWNER TO o;\n\n"
    "SET default_tablespace = fast;\n\n"
    "--\n-- TOC entry 12 (class 2606 OID 16390)\n-- Dependencies: 7 7 3\n-- Name: a k; Type: "
    "CONSTRAINT; Schema: s; Owner: o\n"
    "--\n\nALTER TABLE ONLY s.a\n    ADD CONSTRAINT k PRIMARY KEY (b);\n\n\n\\unrestrict x\n\n";

static void
reading(void)
{
	MEM_SCOPE(m);
	struct toc t;
	struct err e;
	int bad = toc_read(m, script, sizeof script - 1, &t, &e);

	ok(!bad && t.count == 2, "two entries, not what a string looks like (%zu)", t.count);
	is(t.preamble, "SET client_encoding = 'UTF8';SET standard_conforming_strings = on;",
	    "only what tells how to read it");
	ok(t.item[0].id == 7 && t.item[0].catalog == 1259 && t.item[0].oid == 16387 &&
		t.item[0].count == 2,
	    "an object");
	ok(t.item[1].needs_count == 3 && t.item[1].needs[2] == 3, "what it needs");
	is(t.item[1].settings, "SET default_tablespace = fast;\n", "what is set while it is made");
	is(t.item[1].name, "a k; Type: CONSTRAINT; Schema: s; Owner: o", "its name");
	ok(toc_read(m, "\\! rm\n", 6, &t, &e) == -1, "a command for psql: %s", e.text);
}

static void
splitting(void)
{
	static const struct {
		const char *sql, *index, *constraint;
	} cases[] = {
		{ "ALTER TABLE ONLY s.\"T;\"\n    ADD CONSTRAINT \"a k\" PRIMARY KEY (\"select\", "
		  "b);\n\nALTER TABLE s.\"T;\" CLUSTER ON \"a k\";\n",
		    "CREATE UNIQUE INDEX \"a k\" ON s.\"T;\" USING btree (\"select\", b);\n",
		    "ALTER TABLE ONLY s.\"T;\" ADD CONSTRAINT \"a k\" PRIMARY KEY USING INDEX \"a "
		    "k\";\n"
		    "\n\nALTER TABLE s.\"T;\" CLUSTER ON \"a k\";\n" },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE (a);\n",
		    "CREATE UNIQUE INDEX u ON s.t USING btree (a);\n",
		    "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE USING INDEX u;\n\n" },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE (a) DEFERRABLE;\n", NULL, NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE (a) INCLUDE (b);\n", NULL, NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor='70');\n",
		    NULL, NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a);\n", NULL,
		    NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT x EXCLUDE USING btree (a WITH =);\n", NULL,
		    NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT x PRIMARY KEY (a, b WITHOUT OVERLAPS);\n",
		    NULL, NULL },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES s.t(a);\n",
		    NULL, NULL },
		{ "ALTER TABLE s.t ADD CONSTRAINT c CHECK ((a > 0)) NOT VALID;\n", NULL, NULL },
	};
	MEM_SCOPE(m);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct toc_entry t = { .sql = cases[i].sql, .count = 1 }, index = { .sql = NULL },
				 constraint = { .sql = NULL };
		bool split = key_split(m, &t, &index, &constraint);

		ok(split == (cases[i].index != NULL), "%.60s", strstr(cases[i].sql, "ADD"));
		is(index.sql, cases[i].index, "its index");
		is(constraint.sql, cases[i].constraint, "what uses it");
	}
}

int
main(void)
{
	many();
	failing();
	reading();
	splitting();
	return done();
}
