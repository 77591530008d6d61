/* say.c - lines on standard error. */
#include <string.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/say.h"
#include "core/secret.h"

void
say_text(const char *name, const char *text)
{
	MEM_SCOPE(m);
	struct mem_text out = { .m = m };

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\n");

		mem_text_fmt(&out, "%s: %.*s\n", name, (int)n, p);
		p += n + (p[n] == '\n');
	}
	if (!out.text)
		return;
	secret_wash(out.text, out.len);
	io_write_all(2, out.text, out.len);
}

void
say_error(const char *name, const struct err *e)
{
	say_text(name, e->text);
	if (e->hint[0]) {
		MEM_SCOPE(m);

		say_text(name, mem_fmt(m, "hint: %s", e->hint));
	}
}
