/* wait_table.c - rows, and the cursor that goes back over them. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/io.h"
#include "health/wait_table.h"

enum { WIDTH = 100 };

bool
wait_table_fits(void)
{
	const char *term = getenv("TERM");

	return isatty(2) && term && *term && strcmp(term, "dumb");
}

/* One row, at most WIDTH bytes and no byte of a control character; a row may be cut within a letter
 * of two. */
static void
add_row(struct mem_text *t, const struct wait_target *w, size_t width)
{
	size_t from = t->len;

	mem_text_fmt(t, "%-4s %-17s %5d  %s", w->good ? "good" : "",
	    w->last.state[0] ? w->last.state : "-", w->attempts, w->target->shown);
	if (!w->good && w->last.text[0])
		mem_text_fmt(t, "  %s", w->last.text);
	if (w->last.version[0])
		mem_text_fmt(t, "  (version %s)", w->last.version);
	for (char *c = t->text + from; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	if (t->len - from > width) {
		t->len = from + width;
		while (t->len > from && (t->text[t->len] & 0xc0) == 0x80)
			t->len--;
		t->text[t->len] = 0;
	}
}

void
wait_table_draw(struct wait_table *table, const struct wait *w, size_t count)
{
	MEM_SCOPE(m);
	struct winsize size = { 0 };
	struct mem_text t = { .m = m };
	int rows = 0, room, width;

	ioctl(2, TIOCGWINSZ, &size);
	room = size.ws_row > 3 ? size.ws_row - 2 : 22;
	width = size.ws_col > 20 ? size.ws_col - 1 : WIDTH;
	if (table->drawn)
		mem_text_fmt(&t, "\033[%dA", table->drawn);
	mem_text_fmt(&t, "\r\033[J");
	for (int good = 0; good < 2; good++)
		for (size_t i = 0; i < count && rows < room; i++) {
			if (wait_target(w, i)->good != good)
				continue;
			add_row(&t, wait_target(w, i), (size_t)width);
			mem_text_fmt(&t, "\r\n");
			rows++;
		}
	if ((size_t)rows < count)
		mem_text_fmt(&t, "and %zu more, ", count - (size_t)rows);
	mem_text_fmt(&t, "%.1f s", wait_seconds(w));
	if (wait_stable(w) > 0)
		mem_text_fmt(&t, ", all good for %.1f s", wait_stable(w));
	mem_text_fmt(&t, "\r\n");
	table->drawn = rows + 1;
	io_write_all(2, t.text, t.len);
}

void
wait_table_end(struct wait_table *table, const struct wait *w, size_t count)
{
	MEM_SCOPE(m);
	char *erase = mem_fmt(m, "\033[%dA\r\033[J", table->drawn);

	if (!isatty(1))
		wait_table_draw(table, w, count);
	else if (table->drawn)
		io_write_all(2, erase, strlen(erase));
}

void
wait_table_print(FILE *out, const struct wait *w, size_t count)
{
	MEM_SCOPE(m);

	for (size_t i = 0; i < count; i++) {
		struct mem_text t = { .m = m };

		add_row(&t, wait_target(w, i), (size_t)-1);
		fprintf(out, "%s\n", t.text);
	}
	fprintf(out, "%.1f s\n", wait_seconds(w));
}
