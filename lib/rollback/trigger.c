/* trigger.c - reads the few forms of a trigger function that are harmless for sure; any other is
 * not. */
#include <ctype.h>
#include <string.h>

#include "rollback/trigger.h"

static bool
is(const struct value *v, const char *key, const char *word)
{
	const char *s = value_get_string(v, key);

	return s && !strcmp(s, word);
}

/* Lower case, each run of white space one blank, none at the ends. */
static char *
normal(struct mem *m, const char *text, size_t len)
{
	char *to = mem_zero(m, len + 1, 1), *p = to;

	for (size_t i = 0; i < len; i++) {
		if (!isspace((unsigned char)text[i]))
			*p++ = (char)tolower((unsigned char)text[i]);
		else if (p > to && p[-1] != ' ')
			*p++ = ' ';
	}
	while (p > to && p[-1] == ' ')
		p--;
	*p = 0;
	return to;
}

/* "new.updated_at := now()" */
static bool
stamps(const char *statement)
{
	static const char *const times[] = { "now()", "current_timestamp", "clock_timestamp()",
		"transaction_timestamp()", "localtimestamp", "timezone('utc', now())",
		"timezone('utc'::text, now())", "now() at time zone 'utc'" };
	size_t n;

	if (strncmp(statement, "new.", 4))
		return false;
	statement += 4;
	n = strspn(statement, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (!n)
		return false;
	statement += n;
	statement += strspn(statement, " ");
	if (strncmp(statement, ":=", 2) && *statement != '=')
		return false;
	statement += *statement == ':' ? 2 : 1;
	statement += strspn(statement, " ");
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (!strcmp(statement, times[i]))
			return true;
	return false;
}

/* The text between the dollar quotes of a definition, or NULL. */
static char *
body(struct mem *m, const char *definition)
{
	const char *tag = strstr(definition, "$function$"), *end;

	if (!tag)
		return NULL;
	tag += strlen("$function$");
	end = strstr(tag, "$function$");
	return end ? normal(m, tag, (size_t)(end - tag)) : NULL;
}

static bool
is_harmless_body(struct mem *m, const char *definition)
{
	char *text = body(m, definition), *save = NULL;
	bool returned = false;

	if (!text || !strstr(definition, "LANGUAGE plpgsql") || strncmp(text, "begin ", 6))
		return false;
	for (char *s = strtok_r(text + 6, ";", &save); s; s = strtok_r(NULL, ";", &save)) {
		s += strspn(s, " ");
		if (!strcmp(s, "return new"))
			returned = true;
		else if (*s && strcmp(s, "end") && !stamps(s))
			return false;
	}
	return returned;
}

bool
trigger_only_stamps(struct mem *m, const struct value *change, const struct value *changes)
{
	const char *to = value_get_string(change, "to"),
		   *call = to ? strstr(to, "EXECUTE FUNCTION ") : NULL;

	if (!is(change, "action", "create") || !is(change, "kind", "trigger") || !call ||
	    strstr(to, " WHEN "))
		return false;
	call += strlen("EXECUTE FUNCTION ");
	for (size_t i = 0; i < value_count(changes); i++) {
		const struct value *c = value_item(changes, i);
		const char *definition = value_get_string(c, "to");

		if (is(c, "action", "create") && is(c, "kind", "function") && definition &&
		    is(c, "object", call))
			return is_harmless_body(m, definition);
	}
	return false;
}
