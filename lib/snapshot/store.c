/* store.c - names of stores inside an archive. */
#include <ctype.h>
#include <string.h>

#include "snapshot/store.h"

char *
store_escape(struct mem *m, const char *s)
{
	struct mem_text t = { .m = m };

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		mem_text_fmt(&t, c >= 0x80 || isalnum(c) || strchr("_-$", c) ? "%c" : "%%%02X", c);
	}
	return t.text ? t.text : mem_string(m, "");
}

char *
store_member(struct mem *m, const char *store, const char *below)
{
	return mem_fmt(m, "stores/%s/%s", store_escape(m, store), below);
}
