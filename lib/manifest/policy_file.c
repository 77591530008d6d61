/* policy_file.c - reads consents out of JSON. */
#include <string.h>

#include "core/io.h"
#include "manifest/policy_file.h"
#include "manifest/reference.h"

enum version_bump
policy_file_bump(const char *word, enum version_bump fallback)
{
	for (enum version_bump b = VERSION_PATCH; word && b <= VERSION_MAJOR; b++)
		if (!strcmp(word, version_bump_word(b)))
			return b;
	return fallback;
}

enum family_scheme
policy_file_scheme(const char *word, enum family_scheme fallback)
{
	static const char *const words[] = { "auto", "numbers", "calver", "short-calver",
		"two-major" };

	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], word))
			return (enum family_scheme)i;
	return fallback;
}

struct value *
policy_file_read(struct mem *m, const char *file, struct err *e)
{
	size_t len;
	char *text = io_read_file(m, file, 1 << 20, &len, e);
	struct value *v = text ? value_parse(m, text, len, e) : NULL;

	if (text && !v)
		err_in(e, "%s", file);
	return v;
}

/* Is the MEMBER of what is said of an image one of ours, with a value that it takes? */
static bool
is_known(const char *key, const struct value *v)
{
	static const char *const bools[] = { "stateful", "zero-is-major", "prerelease" },
				 *const steps[] = { "free", "each-minor", "each-major" };
	const char *word = value_string(v);
	size_t i;

	for (i = 0; i < sizeof bools / sizeof *bools; i++)
		if (!strcmp(key, bools[i]))
			return value_kind(v) == VALUE_BOOL;
	if (!strcmp(key, "scheme"))
		return word && (int)policy_file_scheme(word, (enum family_scheme)-1) >= 0;
	if (!strcmp(key, "allow"))
		return policy_file_bump(word, VERSION_NONE) != VERSION_NONE;
	for (i = 0; word && i < sizeof steps / sizeof *steps && strcmp(word, steps[i]); i++)
		;
	return !strcmp(key, "steps") && word && i < sizeof steps / sizeof *steps;
}

int
policy_file_check(struct mem *m, const struct value *policies, struct err *e)
{
	const struct value *images = value_get(policies, "images");

	images = images ? images : policies;
	for (void *i = value_first(images); i; i = value_next(images, i))
		for (void *at = value_first(value_member(i)); at;
		     at = value_next(value_member(i), at))
			if (!is_known(value_key(at), value_member(at)))
				return err_set(e, FAIL_TROUBLE, "bad-input", "%s: \"%s\": %s",
				    value_key(i), value_key(at),
				    value_text(m, value_member(at), 0));
	return 0;
}

void
policy_file_apply(const struct value *policies, const char *image, struct family *f,
    struct policy *p)
{
	const struct value *images = value_get(policies, "images"),
			   *v = value_get(images ? images : policies, image);
	const char *steps;

	if (!v)
		v = value_get(images ? images : policies, family_short_name(image));
	steps = value_get_string(v, "steps");
	f->scheme = policy_file_scheme(value_get_string(v, "scheme"), f->scheme);
	if (value_get(v, "stateful"))
		f->stateful = value_bool(value_get(v, "stateful"));
	if (steps)
		f->steps = !strcmp(steps, "each-minor") ? FAMILY_EACH_MINOR :
		    !strcmp(steps, "each-major")        ? FAMILY_EACH_MAJOR :
							  FAMILY_FREE;
	if (p->allow == VERSION_NONE)
		p->allow = policy_file_bump(value_get_string(v, "allow"), VERSION_NONE);
	p->zero_is_major |= value_bool(value_get(v, "zero-is-major"));
	p->prerelease |= value_bool(value_get(v, "prerelease"));
}

bool
policy_file_plans(const struct value *v, const char *image, const char *from, const char *to)
{
	size_t n = value_kind(v) == VALUE_ARRAY ? value_count(v) : 1;

	for (size_t i = 0; i < n; i++) {
		const struct value *x = value_kind(v) == VALUE_ARRAY ? value_item(v, i) : v;
		const char *a = value_get_string(x, "from"), *b = value_get_string(x, "to"),
			   *c = value_get_string(x, "image");

		if (a && b && !strcmp(a, from) && !strcmp(b, to) &&
		    (!c || !image || reference_is(image, strlen(image), c)))
			return true;
	}
	return false;
}

int
policy_file_releases(struct mem *m, const char *file, char ***list, size_t *count, struct err *e)
{
	size_t len, room = 0;
	char *text = io_read_file(m, file, 16 << 20, &len, e), *save = NULL;
	struct value *v;

	*count = 0;
	*list = mem_zero(m, 1, sizeof **list);
	if (!text)
		return -1;
	if (text[strspn(text, " \t\r\n")] != '[') {
		for (char *w = strtok_r(text, "\r\n", &save); w;
		     w = strtok_r(NULL, "\r\n", &save)) {
			w[strcspn(w, " \t#")] = 0;
			mem_grow(m, list, *count, &room, sizeof **list);
			(*list)[*count] = w;
			*count += *w != 0;
		}
		return 0;
	}
	if (!(v = value_parse(m, text, len, e)))
		return err_in(e, "%s", file);
	for (size_t i = 0; i < value_count(v); i++) {
		mem_grow(m, list, *count, &room, sizeof **list);
		if (value_string(value_item(v, i)))
			(*list)[(*count)++] = mem_string(m, value_string(value_item(v, i)));
	}
	return 0;
}
