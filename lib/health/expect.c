/* expect.c - paths, comparisons, lists of codes, versions. */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health/expect.h"

enum op { OP_THERE, OP_EQ, OP_NE, OP_MATCH, OP_NO_MATCH, OP_LT, OP_LE, OP_GT, OP_GE };

static const struct { const char *text; enum op op; } ops[] = {
	/* longer ones first */
	{ "!=", OP_NE }, { "!~", OP_NO_MATCH }, { "<=", OP_LE }, { ">=", OP_GE },
	{ "=", OP_EQ }, { "~", OP_MATCH }, { "<", OP_LT }, { ">", OP_GT },
};

/* One step of a path: a member's name, or an index (negative: from the end). In a pointer "0" may
 * be either. */
struct part {
	const char *name;
	long index;
	bool is_name, is_index;
};

struct expect_json {
	const char *text;
	struct part *parts;
	size_t count, room;
	enum op op;
	const char *word;               /* VALUE as given */
	const struct value *value;      /* VALUE as JSON */
};

static struct part *
add_part(struct mem *m, struct expect_json *x)
{
	mem_grow(m, &x->parts, x->count, &x->room, sizeof *x->parts);
	return x->parts + x->count++;
}

static bool
is_index(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == 0 && (s[0] != '0' || !s[1]) && strlen(s) < 10;
}

/* RFC 6901: "/" parts, ~0 and ~1 escaped. An operator ends the path; a ~ that is no escape is
 * one. */
static const char *
parse_pointer(struct mem *m, struct expect_json *x, const char *p)
{
	while (*p == '/') {
		struct mem_text name = { .m = m };
		struct part *part = add_part(m, x);

		mem_text_add(&name, "", 0);
		for (p++; *p && *p != '/' && !strchr("=!<> ", *p); p++) {
			if (*p == '~' && p[1] != '0' && p[1] != '1')
				break;
			if (*p != '~')
				mem_text_add(&name, p, 1);
			else
				mem_text_add(&name, *++p == '0' ? "~" : "/", 1);
		}
		*part = (struct part){ .name = name.text,
			.is_name = true,
			.is_index = is_index(name.text) };
		if (part->is_index)
			part->index = strtol(name.text, NULL, 10);
	}
	return p;
}

/* ['name'], ["name"], [0], [-1]; NULL when it is none of them. */
static const char *
parse_bracket(struct mem *m, struct expect_json *x, const char *p)
{
	struct part *part = add_part(m, x);
	char quote = p[1];
	char *end;

	if (quote != '\'' && quote != '"') {
		part->index = strtol(p + 1, &end, 10);
		part->is_index = true;
		return end > p + 1 && *end == ']' ? end + 1 : NULL;
	}
	struct mem_text name = { .m = m };

	mem_text_add(&name, "", 0);
	for (p += 2; *p && *p != quote; p++) {
		if (*p == '\\' && p[1])
			p++;
		mem_text_add(&name, p, 1);
	}
	part->name = name.text;
	part->is_name = true;
	return *p && p[1] == ']' ? p + 2 : NULL;
}

/* .a.b[0] */
static const char *
parse_dotted(struct mem *m, struct expect_json *x, const char *p)
{
	while (p && (*p == '.' || *p == '[')) {
		size_t n;

		if (*p == '[') {
			p = parse_bracket(m, x, p);
			continue;
		}
		if (p[1] == '[' || (x->count == 0 && (!p[1] || strchr("=!~<> ", p[1])))) {
			p++;
			continue;
		}
		n = strcspn(p + 1, ".[=!~<> *:?");
		if (!n)
			return NULL;
		*add_part(m, x) = (struct part){ .name = mem_dup(m, p + 1, n), .is_name = true };
		p += 1 + n;
	}
	return p;
}

static int
misuse(const char *text, const char *why, struct err *e)
{
	err_set(e, FAIL_TROUBLE, "usage", "'%s': %s", text, why);
	return err_hint(e, "write /version=6.0.1, .checks[0].ok=true or $.items['a b'] >= 3");
}

static int
parse_comparison(struct mem *m, struct expect_json *x, const char *p, struct err *e)
{
	struct err ignored;

	p += strspn(p, " ");
	if (!*p)
		return 0;
	for (size_t i = 0; i < sizeof ops / sizeof *ops && !x->op; i++)
		if (!strncmp(p, ops[i].text, strlen(ops[i].text))) {
			x->op = ops[i].op;
			p += strlen(ops[i].text);
		}
	if (!x->op)
		return misuse(x->text, "after the path stands one of = != ~ !~ < <= > >=", e);
	x->word = p + strspn(p, " ");
	if (x->op == OP_MATCH || x->op == OP_NO_MATCH)
		return expect_regex_check(x->word, e);
	x->value = value_parse(m, x->word, strlen(x->word), &ignored);
	if (!x->value) {
		struct value *box = value_array(m);

		value_add_string(box, x->word);
		x->value = value_item(box, 0);
	}
	if (x->op >= OP_LT && value_kind(x->value) != VALUE_NUMBER &&
	    value_kind(x->value) != VALUE_STRING)
		return misuse(x->text, "only numbers and strings have an order", e);
	return 0;
}

struct expect_json *
expect_json_parse(struct mem *m, const char *text, struct err *e)
{
	struct expect_json *x = mem_zero(m, 1, sizeof *x);
	const char *p = text;

	x->text = mem_string(m, text);
	p = x->text;
	if (*p == '/')
		p = parse_pointer(m, x, p);
	else if (*p == '$')
		p = parse_dotted(m, x, p + 1);
	else if (*p == '.')
		p = parse_dotted(m, x, p);
	else
		return misuse(text, "a path begins with / or . or $", e), NULL;
	if (!p)
		return misuse(text, "not a path to one value", e), NULL;
	return parse_comparison(m, x, p, e) ? NULL : x;
}

const struct value *
expect_json_find(const struct expect_json *x, const struct value *v)
{
	for (size_t i = 0; i < x->count && v; i++) {
		const struct part *p = x->parts + i;
		long n = (long)value_count(v);

		if (value_kind(v) == VALUE_ARRAY && p->is_index)
			v = p->index < -n ?
			    NULL :
			    value_item(v, (size_t)(p->index < 0 ? p->index + n : p->index));
		else if (value_kind(v) == VALUE_OBJECT && p->is_name)
			v = value_get(v, p->name);
		else
			v = NULL;
	}
	return v;
}

static const char *
kind_word(const struct value *v)
{
	static const char *const words[] = { [VALUE_NONE] = "nothing",
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "the boolean",
		[VALUE_NUMBER] = "the number",
		[VALUE_STRING] = "the string",
		[VALUE_ARRAY] = "the array",
		[VALUE_OBJECT] = "the object" };

	return words[value_kind(v)];
}

/* -1, 0, 1; both are numbers or both are strings. */
static int
order(const struct value *a, const struct value *b)
{
	double x = value_real(a, 0), y = value_real(b, 0);
	int64_t i = value_int(a, 0), j = value_int(b, 0);

	if (value_kind(a) == VALUE_STRING)
		return strcmp(value_string(a), value_string(b));
	/* big integers are not the same because their doubles are */
	if ((double)i == x && (double)j == y)
		return (i > j) - (i < j);
	return (x > y) - (x < y);
}

static bool
equal(const struct value *a, const struct value *b)
{
	if (value_kind(a) == VALUE_NUMBER && value_kind(b) == VALUE_NUMBER)
		return !order(a, b);
	return value_equal(a, b);
}

static bool
compare(const struct expect_json *x, const struct value *got)
{
	const char *text = value_string(got);

	switch (x->op) {
	case OP_THERE: return true;
	case OP_EQ: return equal(got, x->value);
	case OP_NE: return !equal(got, x->value);
	case OP_MATCH: return text && expect_regex_matches(x->word, text, strlen(text));
	case OP_NO_MATCH: return text && !expect_regex_matches(x->word, text, strlen(text));
	default: break;
	}
	if (value_kind(got) != value_kind(x->value))
		return false;
	switch (x->op) {
	case OP_LT: return order(got, x->value) < 0;
	case OP_LE: return order(got, x->value) <= 0;
	case OP_GT: return order(got, x->value) > 0;
	default: return order(got, x->value) >= 0;
	}
}

bool
expect_json_holds(const struct expect_json *x, const struct value *body, char *why, size_t size)
{
	MEM_SCOPE(m);
	const struct value *got = expect_json_find(x, body);
	bool typed;

	if (!got) {
		snprintf(why, size, "%s: there is nothing at this path", x->text);
		return false;
	}
	if (compare(x, got))
		return true;
	typed = x->value && value_kind(got) != value_kind(x->value);
	snprintf(why, size, "%s: it is %s %.200s%s%s", x->text, kind_word(got),
	    value_kind(got) == VALUE_NULL ? "" : value_text(m, got, 0), typed ? ", not " : "",
	    typed ? kind_word(x->value) : "");
	return false;
}

int
expect_regex_check(const char *regex, struct err *e)
{
	regex_t re;
	char why[200];
	int bad = regcomp(&re, regex, REG_EXTENDED | REG_NOSUB);

	if (!bad) {
		regfree(&re);
		return 0;
	}
	regerror(bad, &re, why, sizeof why);
	return err_set(e, FAIL_TROUBLE, "usage", "'%s' is not an extended regular expression: %s",
	    regex, why);
}

bool
expect_regex_matches(const char *regex, const char *text, size_t len)
{
	regmatch_t whole = { 0, (regoff_t)len };
	regex_t re;
	bool found;

	if (regcomp(&re, regex, REG_EXTENDED | REG_NEWLINE))
		return false;
	found = !regexec(&re, text, 1, &whole, REG_STARTEND);
	regfree(&re);
	return found;
}

bool
expect_code_in(const char *list, int n)
{
	for (const char *p = list; *p; p += *p == ',') {
		char *end;
		long code = strtol(p, &end, 10);

		if (!strncasecmp(end, "xx", 2) ? code == n / 100 : code == n)
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

bool
expect_codes_valid(const char *list, bool wild)
{
	const char *p = list;

	do {
		size_t n = strspn(p, "0123456789");

		p += n;
		if (wild && n == 1 && !strncasecmp(p, "xx", 2))
			p += 2;
		else if (n != (wild ? 3U : n) || n == 0 || n > 3)
			return false;
	} while (*p++ == ',');
	return !p[-1];
}

bool
expect_version_same(const char *got, const char *want, bool floating)
{
	size_t n;

	got += (*got == 'v' || *got == 'V') && isdigit((unsigned char)got[1]);
	want += (*want == 'v' || *want == 'V') && isdigit((unsigned char)want[1]);
	if (!floating || !isdigit((unsigned char)*want))
		return !strcmp(got, want);
	if (!strcmp(got, want))
		return true;
	/* 6.0.1-rc1 is another version than 6.0.1, 6.0.1-alpine is the same one on another base */
	n = strspn(want, "0123456789.");
	return !strncmp(got, want, n) && (got[n] == 0 || got[n] == '.');
}
