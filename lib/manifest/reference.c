/* reference.c - colons and at-signs inside braces are not the reference's own. */
#include <ctype.h>
#include <string.h>

#include "manifest/family.h"
#include "manifest/reference.h"

/* Length of a ${…}, $NAME or {{…}} that begins at S, 0 when none does. */
static size_t
group(const char *s, size_t len)
{
	size_t depth = 0, i;

	if (len > 3 && s[0] == '{' && s[1] == '{') {
		const char *end = memmem(s, len, "}}", 2);

		return end ? (size_t)(end - s) + 2 : len;
	}
	if (len < 2 || s[0] != '$')
		return 0;
	if (s[1] != '{') {
		for (i = 1; i < len && (isalnum((unsigned char)s[i]) || s[i] == '_'); i++)
			;
		return i > 1 ? i : 0;
	}
	for (i = 1; i < len; i++) {
		depth += s[i] == '{';
		if (s[i] == '}' && !--depth)
			return i + 1;
	}
	return len;
}

/* Where the first group from AT on begins; END when there is none. */
static size_t
next_group(const char *s, size_t at, size_t end)
{
	while (at < end && !group(s + at, end - at))
		at++;
	return at;
}

struct variable {
	struct reference_part name, fallback;
};

/* Take S, which is one group, apart. */
static struct variable
variable(const char *s, size_t len)
{
	struct variable v = { 0 };
	size_t i = 2, end;

	if (s[0] == '{' || s[1] != '{') {
		v.name = (struct reference_part){ s[0] == '{' ? 0 : 1, s[0] == '{' ? len : len - 1,
			true };
		return v;
	}
	while (i < len && (isalnum((unsigned char)s[i]) || s[i] == '_'))
		i++;
	v.name = (struct reference_part){ 2, i - 2, true };
	end = len - (s[len - 1] == '}');
	i += i < end && s[i] == ':';
	if (i < end && s[i] == '-')
		v.fallback = (struct reference_part){ i + 1, end - i - 1, true };
	return v;
}

static void
shift(struct reference_part *p, size_t by)
{
	if (p->there)
		p->at += by;
}

/* The tag: as it stands, in a variable's default, or out of sight. */
static void
parse_tag(struct reference *r, const char *s, size_t at, size_t len)
{
	size_t end = at + len, open = next_group(s, at, end), close;
	struct variable v;

	r->tag = (struct reference_part){ at, len, true };
	if (open == end)
		return;
	close = open + group(s + open, end - open);
	v = variable(s + open, close - open);
	r->variable = v.name;
	shift(&r->variable, open);
	shift(&v.fallback, open);
	r->indirect = true;
	if (next_group(s, close, end) < end)
		return;
	r->front = (struct reference_part){ at, open - at, true };
	r->behind = (struct reference_part){ close, end - close, true };
	if (!v.fallback.there ||
	    next_group(s, v.fallback.at, v.fallback.at + v.fallback.len) < close - 1)
		return;
	r->tag = v.fallback;
	r->indirect = false;
}

/* ${IMAGE:-acme/app}:1.2 is known by its default. */
static struct reference_part
name_part(const char *s, size_t len)
{
	size_t g = len ? group(s, len) : 0;
	struct variable v;

	if (!g || g != len || s[0] == '{')
		return (struct reference_part){ 0, len, true };
	v = variable(s, len);
	return v.fallback.there ? v.fallback : (struct reference_part){ 0, len, true };
}

static void
parse_plain(struct reference *r, const char *s, size_t len)
{
	size_t end = len, colon = len, g;

	for (size_t i = 0; i < end; i += g ? g : 1) {
		g = group(s + i, end - i);
		if (g)
			continue;
		if (s[i] == '/')
			colon = len;
		else if (s[i] == ':')
			colon = i;
		else if (s[i] == '@')
			end = i;
	}
	if (end < len)
		r->digest = (struct reference_part){ end + 1, len - end - 1, true };
	if (colon >= end) {
		r->name = name_part(s, end);
		return;
	}
	r->name = name_part(s, colon);
	parse_tag(r, s, colon + 1, end - colon - 1);
}

struct reference
reference_parse(const char *s, size_t len)
{
	struct reference r = { 0 }, inner;
	size_t g = len ? group(s, len) : 0;
	struct variable v;

	if (!g || g != len) {
		parse_plain(&r, s, len);
		return r;
	}
	v = variable(s, len);
	r.variable = v.name;
	r.whole = true;
	r.indirect = !v.fallback.there;
	if (r.indirect)
		return r;
	inner = reference_parse(s + v.fallback.at, v.fallback.len);
	shift(&inner.name, v.fallback.at);
	shift(&inner.tag, v.fallback.at);
	shift(&inner.digest, v.fallback.at);
	shift(&inner.front, v.fallback.at);
	shift(&inner.behind, v.fallback.at);
	if (inner.indirect) {
		shift(&inner.variable, v.fallback.at);
		return inner;
	}
	inner.variable = r.variable;
	inner.whole = true;
	return inner;
}

struct reference
reference_parse_version(const char *s, size_t len)
{
	struct reference r = { 0 };
	size_t at = 0, g;

	for (; at < len && s[at] != '@'; at += g ? g : 1)
		g = group(s + at, len - at);
	parse_tag(&r, s, 0, at);
	if (at < len)
		r.digest = (struct reference_part){ at + 1, len - at - 1, true };
	return r;
}

/* The repository at https://github.com/acme/app.git is github.com/acme/app. Points into S, which
 * may be cut. */
static const char *
bare(char *s)
{
	const char *scheme = strstr(s, "://");
	size_t n = strlen(s);

	if (n > 4 && !strcmp(s + n - 4, ".git"))
		s[n - 4] = 0;
	return family_short_name(scheme ? scheme + 3 : s);
}

bool
reference_is(const char *name, size_t len, const char *wanted)
{
	char text[512], want[512];
	const char *mine, *his;
	size_t n, w = strlen(wanted);

	if (len >= sizeof text || !len || w >= sizeof want)
		return false;
	memcpy(text, name, len);
	text[len] = 0;
	memcpy(want, wanted, w + 1);
	mine = bare(text);
	his = bare(want);
	n = strlen(mine);
	w = strlen(his);
	return !strcmp(mine, his) ||
	    (n > w && mine[n - w - 1] == '/' && !strcmp(mine + n - w, his));
}
