/* sql_words.c - what a statement is, by its first words. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pg/sql_private.h"

enum { WORDS = 400 };

/* A pattern holds words parted by blanks: "?x" may be missing, "x|y" is either, "*" is anything,
 * however long, up to the next word of the pattern, "name" any name; what follows the pattern is
 * left open, but "$" is the end. */
struct rule {
	enum sql_kind kind;
	const char *pattern;
};

/* Nothing else begins so. */
static const struct rule sure_rules[] = {
	{ SQL_BEGIN, "begin" },
	{ SQL_BEGIN, "start transaction" },
	{ SQL_ALONE, "commit|rollback prepared" },
	{ SQL_PREPARE, "prepare transaction" },
	{ SQL_ALONE, "create ?unique index concurrently" },
	{ SQL_ALONE, "drop index concurrently" },
};

/* The first that matches counts; the parse tree may know better. */
static const struct rule rules[] = {
	{ SQL_SAVEPOINT, "savepoint|release" },
	{ SQL_SAVEPOINT, "rollback ?work|transaction to" },
	{ SQL_COMMIT, "commit|end" },
	{ SQL_ROLLBACK, "rollback|abort" },
	{ SQL_ALONE, "reindex ( * concurrently * )" },
	{ SQL_ALONE, "reindex index|table concurrently" },
	{ SQL_ALONE, "reindex ( * ) index|table concurrently" },
	{ SQL_ALONE, "reindex schema|database|system" },
	{ SQL_ALONE, "reindex ( * ) schema|database|system" },
	{ SQL_ALONE, "vacuum" },
	{ SQL_ALONE, "alter system" },
	{ SQL_ALONE, "create|drop database|tablespace" },
	{ SQL_ALONE, "alter database name set tablespace" },
	{ SQL_ALONE, "alter table * detach partition * concurrently $" },
	{ SQL_OTHER, "create subscription * create_slot|connect = false|off|0|'false'|'off'|'0'" },
	{ SQL_ALONE, "create|drop subscription" },
	{ SQL_OTHER,
	    "alter subscription name set|add|drop publication * refresh = "
	    "false|off|0|'false'|'off'|'0'" },
	{ SQL_ALONE, "alter subscription name refresh" },
	{ SQL_ALONE, "alter subscription name set|add|drop publication" },
	{ SQL_ALONE, "cluster ?verbose $" },
	{ SQL_ALONE, "cluster ( * ) $" },
	{ SQL_ALONE, "discard all" },
	{ SQL_STRINGS, "set ?session|local standard_conforming_strings" },
	{ SQL_ENUM_VALUE, "alter type name add value" },
	{ SQL_ENUM_VALUE, "alter type name . name add value" },
	{ SQL_COPY_IN, "copy * from stdin" },
};

/* The first words in lower case, each ended by a blank; a quoted name is "name". */
static void
first_words(const char *text, size_t len, char buf[WORDS])
{
	struct sql_scan s = { .text = text, .len = len };
	size_t n = 0;

	for (;;) {
		size_t begin = s.at, size;
		enum sql_token t = sql_next(&s);
		const char *word = text + begin;

		if (t == SQL_SPACE || t == SQL_COMMENT)
			continue;
		size = t == SQL_NAME ? 4 : s.at - begin;
		word = t == SQL_NAME ? "name" : word;
		if (t == SQL_END || n + size + 2 > WORDS)
			break;
		for (size_t i = 0; i < size; i++)
			/* a blank inside a string would look like the end of a word */
			buf[n++] = isspace((unsigned char)word[i]) ?
			    '_' :
			    (char)tolower((unsigned char)word[i]);
		buf[n++] = ' ';
	}
	buf[n] = 0;
}

/* Is WORD (SIZE bytes) one of the alternatives of PATTERN's first word? */
static bool
word_is(const char *word, size_t size, const char *pattern, size_t psize)
{
	/* "name" stands for any name */
	if (psize == 4 && !strncmp(pattern, "name", 4))
		return size > 0 &&
		    (isalnum((unsigned char)*word) || *word == '_' || (unsigned char)*word >= 0x80);
	for (const char *p = pattern, *end = pattern + psize; p < end;) {
		size_t n = 0;

		while (p + n < end && p[n] != '|')
			n++;
		if (n == size && !strncmp(p, word, n))
			return true;
		p += n + 1;
	}
	return false;
}

static bool
matches(const char *words, const char *pattern)
{
	size_t size = strcspn(words, " "), psize = strcspn(pattern, " ");
	const char *rest = pattern[psize] ? pattern + psize + 1 : pattern + psize;

	if (!*pattern)
		return true;
	if (!strcmp(pattern, "$"))
		return !*words;
	if (*pattern == '*' && psize == 1) {
		for (;; words += strcspn(words, " ") + 1) {
			if (matches(words, rest))
				return true;
			if (!*words)
				return false;
		}
	}
	if (*pattern == '?' && matches(words, rest))
		return true;
	if (*pattern == '?') {
		pattern++;
		psize--;
	}
	return *words && word_is(words, size, pattern, psize) && matches(words + size + 1, rest);
}

static const struct rule *
find(const struct rule *list, size_t n, const char *words)
{
	for (size_t i = 0; i < n; i++)
		if (matches(words, list[i].pattern))
			return &list[i];
	return NULL;
}

enum sql_kind
sql_kind_by_words(const char *statement, size_t len, bool *sure)
{
	char words[WORDS];
	const struct rule *rule;

	*sure = false;
	first_words(statement, len, words);
	if (!*words)
		return SQL_EMPTY;
	if (*words == '\\')
		return SQL_META;
	if ((rule = find(sure_rules, sizeof sure_rules / sizeof *sure_rules, words)))
		*sure = true;
	else
		rule = find(rules, sizeof rules / sizeof *rules, words);
	return rule ? rule->kind : SQL_OTHER;
}

bool
sql_says(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strcasestr(p, word)) && p + n <= text + len; p++)
		if ((p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_')) &&
		    !isalnum((unsigned char)p[n]) && p[n] != '_')
			return true;
	return false;
}
