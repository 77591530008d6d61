/* value.c - JSON values on jansson. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/value.h"

static json_t *
j(const struct value *v)
{
	/* jansson counts references inside the value, so its own type is never const */
	union { const struct value *v; json_t *j; } u = { .v = v };

	return u.j;
}

static void
drop(void *v)
{
	json_decref(v);
}

static struct value *
own(struct mem *m, json_t *v)
{
	return mem_own(m, mem_must(v), drop);
}

struct value *
value_object(struct mem *m)
{
	return own(m, json_object());
}

struct value *
value_array(struct mem *m)
{
	return own(m, json_array());
}

/* Length of the valid UTF-8 sequence at P, 0 when it is none (RFC 3629). */
static size_t
utf8(const unsigned char *p, size_t left)
{
	static const struct { unsigned char lo, hi, lo2, hi2; size_t n;
	} seq[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof seq / sizeof *seq; i++) {
		if (*p < seq[i].lo || *p > seq[i].hi || left < seq[i].n)
			continue;
		if (seq[i].n > 1 && (p[1] < seq[i].lo2 || p[1] > seq[i].hi2))
			continue;
		for (size_t k = 2; k < seq[i].n; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return seq[i].n;
	}
	return 0;
}

static json_t *
string(const char *s, size_t len)
{
	json_t *v = json_stringn(s, len);
	char *clean, *to;

	if (v)
		return v;
	clean = to = mem_must(malloc(3 * len + 1));
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8((const unsigned char *)s + i, len - i);
		memcpy(to, n ? s + i : "\xef\xbf\xbd", n ? n : 3);
		to += n ? n : 3;
		n = n ? n : 1;
	}
	v = mem_must(json_stringn(clean, (size_t)(to - clean)));
	free(clean);
	return v;
}

void
value_set(struct value *o, const char *key, const struct value *v)
{
	if (v)
		json_object_set(j(o), key, j(v));
}

void
value_set_text(struct value *o, const char *key, const char *s, size_t len)
{
	json_object_set_new(j(o), key, string(s, len));
}

void
value_set_string(struct value *o, const char *key, const char *s)
{
	if (s)
		value_set_text(o, key, s, strlen(s));
}

void
value_set_int(struct value *o, const char *key, int64_t n)
{
	json_object_set_new(j(o), key, json_integer(n));
}

void
value_set_real(struct value *o, const char *key, double n)
{
	json_object_set_new(j(o), key, json_real(n));
}

void
value_set_bool(struct value *o, const char *key, bool b)
{
	json_object_set_new(j(o), key, json_boolean(b));
}

struct value *
value_set_object(struct mem *m, struct value *o, const char *key)
{
	struct value *v = value_object(m);

	value_set(o, key, v);
	return v;
}

struct value *
value_set_array(struct mem *m, struct value *o, const char *key)
{
	struct value *v = value_array(m);

	value_set(o, key, v);
	return v;
}

void
value_add(struct value *a, const struct value *v)
{
	json_array_append(j(a), j(v));
}

void
value_add_string(struct value *a, const char *s)
{
	json_array_append_new(j(a), string(s, strlen(s)));
}

struct value *
value_add_object(struct mem *m, struct value *a)
{
	struct value *v = value_object(m);

	value_add(a, v);
	return v;
}

static struct value *
parse(struct mem *m, const char *text, size_t len, size_t flags, size_t *used, struct err *e)
{
	json_error_t je;
	json_t *v;

	flags |= JSON_DECODE_ANY | JSON_ALLOW_NUL;
	v = json_loadb(text, len, flags, &je);
	if (!v && json_error_code(&je) == json_error_numeric_overflow)
		v = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL, &je);
	if (!v) {
		err_set(e, FAIL_TROUBLE, "bad-input", "not JSON: %s (column %d)", je.text,
		    je.column);
		return NULL;
	}
	*used = (size_t)je.position;
	return own(m, v);
}

struct value *
value_parse(struct mem *m, const char *text, size_t len, struct err *e)
{
	size_t used;

	return parse(m, text, len, 0, &used, e);
}

struct value *
value_parse_first(struct mem *m, const char *text, size_t len, size_t *used, struct err *e)
{
	return parse(m, text, len, JSON_DISABLE_EOF_CHECK, used, e);
}

char *
value_text(struct mem *m, const struct value *v, int indent)
{
	/* 15 digits print 0.1 as 0.1 */
	size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15) |
	    (indent > 0 ? JSON_INDENT((size_t)indent) : JSON_COMPACT);

	return mem_own(m, mem_must(json_dumps(j(v), flags)), free);
}

const struct value *
value_keep(struct mem *m, const struct value *v)
{
	return v ? own(m, json_incref(j(v))) : NULL;
}

enum value_kind
value_kind(const struct value *v)
{
	if (!v)
		return VALUE_NONE;
	switch (json_typeof(j(v))) {
	case JSON_OBJECT: return VALUE_OBJECT;
	case JSON_ARRAY: return VALUE_ARRAY;
	case JSON_STRING: return VALUE_STRING;
	case JSON_INTEGER:
	case JSON_REAL: return VALUE_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return VALUE_BOOL;
	default: return VALUE_NULL;
	}
}

const struct value *
value_get(const struct value *o, const char *key)
{
	return o ? (const struct value *)json_object_get(j(o), key) : NULL;
}

const struct value *
value_at(const struct value *o, const char *dotted)
{
	char key[128];

	for (const char *p = dotted; o && *p;) {
		size_t n = strcspn(p, ".");

		if (n >= sizeof key)
			return NULL;
		memcpy(key, p, n);
		key[n] = 0;
		o = value_get(o, key);
		p += n + (p[n] == '.');
	}
	return o;
}

const char *
value_string(const struct value *v)
{
	return v ? json_string_value(j(v)) : NULL;
}

const char *
value_get_string(const struct value *o, const char *key)
{
	return value_string(value_get(o, key));
}

int64_t
value_int(const struct value *v, int64_t fallback)
{
	if (!v || !json_is_number(j(v)))
		return fallback;
	return json_is_integer(j(v)) ? json_integer_value(j(v)) : (int64_t)json_real_value(j(v));
}

int64_t
value_get_int(const struct value *o, const char *key, int64_t fallback)
{
	return value_int(value_get(o, key), fallback);
}

double
value_real(const struct value *v, double fallback)
{
	return v && json_is_number(j(v)) ? json_number_value(j(v)) : fallback;
}

bool
value_bool(const struct value *v)
{
	return v && json_is_true(j(v));
}

size_t
value_count(const struct value *v)
{
	if (!v)
		return 0;
	return json_is_array(j(v)) ? json_array_size(j(v)) : json_object_size(j(v));
}

const struct value *
value_item(const struct value *a, size_t i)
{
	return a ? (const struct value *)json_array_get(j(a), i) : NULL;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	return a && b && json_equal(j(a), j(b));
}

void *
value_first(const struct value *o)
{
	return o ? json_object_iter(j(o)) : NULL;
}

void *
value_next(const struct value *o, void *at)
{
	return json_object_iter_next(j(o), at);
}

const char *
value_key(void *at)
{
	return json_object_iter_key(at);
}

const struct value *
value_member(void *at)
{
	return (const struct value *)json_object_iter_value(at);
}

bool
value_any(const struct value *v, bool (*is)(const struct value *, void *arg), void *arg)
{
	bool found = is(v, arg);

	if (value_kind(v) == VALUE_ARRAY)
		for (size_t i = 0; !found && i < value_count(v); i++)
			found = value_any(value_item(v, i), is, arg);
	if (value_kind(v) == VALUE_OBJECT)
		for (void *at = value_first(v); !found && at; at = value_next(v, at))
			found = value_any(value_member(at), is, arg);
	return found;
}
