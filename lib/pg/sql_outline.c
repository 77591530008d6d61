/* sql_outline.c - a statement for logs: what it does, without what it says. */
#include <string.h>

#include "pg/sql_private.h"

/* No byte of a character that is cut in two. */
static size_t
whole(const char *s, size_t len)
{
	while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

char *
sql_outline(struct mem *m, const char *sql, size_t max)
{
	struct sql_scan s = { .text = sql, .len = strlen(sql) };
	struct mem_text t = { .m = m };
	bool blank = false;
	size_t begin = 0;

	mem_text_add(&t, "", 0);
	for (enum sql_token k; t.len < max && (k = sql_next(&s)) != SQL_END; begin = s.at) {
		if (k == SQL_SPACE || k == SQL_COMMENT) {
			blank = t.len;
			continue;
		}
		mem_text_add(&t, " ", blank);
		blank = false;
		if (k != SQL_STRING) {
			mem_text_add(&t, sql + begin, s.at - begin);
			continue;
		}
		mem_text_fmt(&t, "'…'");
		/* where \ quotes, which only the session knows, the string may not end there */
		if (memchr(sql + begin, '\\', s.at - begin) && sql[begin] == '\'')
			break;
	}
	if (t.len > max)
		t.text[whole(t.text, max)] = 0;
	return t.text;
}
