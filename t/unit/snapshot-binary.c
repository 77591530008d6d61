/* binary: rows that come in pieces, what has no binary form, what is no row of the table */
#include <stdbool.h>

#include "snapshot/binary.h"
#include "../tap.h"

enum { TEXT = 25, INT = 23, POINT = 600 };

static const struct binary_type types[] = { { INT, -1 }, { TEXT, -1 } },
				point = { POINT, -1 };
static const char rows[] = "1\tone\n-2\t\\N\n\\N\ttab\\tback\\\\slash\n7\t\n",
	wanted[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
		   "\0\2\0\0\0\4\0\0\0\1\0\0\0\3one"
		   "\0\2\0\0\0\4\377\377\377\376\377\377\377\377"
		   "\0\2\377\377\377\377\0\0\0\016tab\tback\\slash"
		   "\0\2\0\0\0\4\0\0\0\7\0\0\0\0"
		   "\377\377";

/* The COUNT bytes of TEXT from FROM on, each BY at once; returns false at an error. */
static bool
give(struct binary *b, const char *text, size_t len, size_t by, struct mem_text *all, struct err *e)
{
	const char *out;
	long n;

	binary_begin(b);
	for (size_t at = 0;; at += by) {
		size_t more = at >= len ? 0 : len - at < by ? len - at : by;

		if ((n = binary_add(b, text + at, more, &out, e)) < 0)
			return false;
		mem_text_add(all, out, (size_t)n);
		if (!more)
			return true;
	}
}

static void
refuses(struct binary *b, const char *text, const char *word, const char *why)
{
	MEM_SCOPE(m);
	struct mem_text all = { .m = m };
	struct err e = { 0 };

	ok(!give(b, text, strlen(text), 5, &all, &e) && !strcmp(e.word, word), "%s: %s", why,
	    e.text);
}

int
main(void)
{
	MEM_SCOPE(m);
	struct binary *b = binary_new(m, types, 2);
	int wrong = 0;

	ok(!binary_new(m, &point, 1), "a type that is not known");
	for (size_t by = 1; by <= sizeof rows; by++) {
		struct mem_text all = { .m = m };
		struct err e;

		wrong += !give(b, rows, sizeof rows - 1, by, &all, &e) ||
		    all.len != sizeof wanted - 1 || memcmp(all.text, wanted, all.len);
	}
	ok(!wrong, "rows come in pieces of all sizes");
	refuses(b, "1\n", "damaged", "a column is missing");
	refuses(b, "1\ta\tb\n", "damaged", "one too many");
	refuses(b, "one\ta\n", BINARY_UNKNOWN, "no number");
	refuses(b, "2147483648\ta\n", BINARY_UNKNOWN, "a number too large");
	refuses(b, "1\ta", "damaged", "a row without an end");
	return done();
}
