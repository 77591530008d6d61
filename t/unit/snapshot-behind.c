/* behind: the sink gets all bytes in their order, and who gives them learns why it got no more */
#include <unistd.h>

#include "snapshot/behind.h"
#include "../tap.h"

enum { MANY = 5 << 20, ENOUGH = 3 << 20 };

struct got {
	size_t len, limit;
	int wrong;
};

/* Byte number I of the stream. */
static char
byte(size_t i)
{
	return (char)(i * 2654435761u >> 13);
}

static int
take(void *arg, const void *data, size_t len, struct err *e)
{
	struct got *g = arg;
	const char *p = data;

	if (g->len % 7 == 0)
		usleep(500);
	for (size_t i = 0; i < len; i++)
		g->wrong += p[i] != byte(g->len + i);
	g->len += len;
	return g->len > g->limit ? err_set(e, FAIL_TROUBLE, "no-space", "full") : 0;
}

/* MANY bytes, in pieces of all sizes. */
static int
give(struct behind *b, struct err *e)
{
	static char piece[300000];
	size_t step = 1;

	for (size_t at = 0; at < MANY; at += step) {
		step = step * 5 % sizeof piece;
		if (step > MANY - at)
			step = MANY - at;
		for (size_t i = 0; i < step; i++)
			piece[i] = byte(at + i);
		if (behind_add(b, piece, step, e))
			return -1;
	}
	return behind_wait(b, e);
}

int
main(void)
{
	MEM_SCOPE(m);
	struct got all = { .limit = MANY }, some = { .limit = ENOUGH };
	struct err e = { 0 };
	struct behind *b = behind_start(m, take, &all, &e);

	ok(b && !give(b, &e) && all.len == MANY && !all.wrong, "all bytes, in their order");
	all.len = 0;
	ok(!give(b, &e) && all.len == MANY && !all.wrong, "and once more");

	b = behind_start(m, take, &some, &e);
	ok(b && give(b, &e) == -1 && !some.wrong, "a failing sink ends it");
	is(e.word, "no-space", "its error is told");
	ok(!behind_wait(b, &e), "once");

	all.limit = 0;
	b = behind_start(m, take, &all, &e);
	ok(!behind_add(b, "x", 1, &e), "a failure that comes behind");
	ok(behind_wait(b, &e) == -1, "is told when it is waited for");
	return done();
}
