/* fuzz/manifest - whatever bytes a file or a tag has, nothing breaks; and a splice that is accepted
 * changes one scalar.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -Ilib t/fuzz/manifest.c build/asan/lib.a … &&
 *	./a.out
 *
 * t/unit/manifest-fuzz.c drives it without libFuzzer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/edit.h"
#include "manifest/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int yes)
{
	if (!yes)
		abort();
}

/* How many scalars of two texts of one shape differ. */
static size_t
count_differences(const struct yaml *a, const struct yaml *b)
{
	size_t count = 0, n, k;

	must(yaml_count(a) == yaml_count(b));
	for (yaml_ref i = 1; i < yaml_count(a); i++) {
		const char *v = yaml_value(a, i, &n), *w = yaml_value(b, i, &k);

		must(yaml_node(a, i)->kind == yaml_node(b, i)->kind &&
		     yaml_node(a, i)->parent == yaml_node(b, i)->parent);
		must(!v == !w);
		count += v && (n != k || memcmp(v, w, n));
	}
	return count;
}

static void
splice(struct mem *m, const struct site_file *f, const struct site *s)
{
	struct edit edit = { .site = s, .version = "9.87.654" };
	struct site_file *after;
	struct err e;
	char *text;
	size_t len;

	if (s->indirect || (!s->version.there && !s->version.at) ||
	    edit_apply(m, f, &edit, 1, &text, &len, &e))
		return;
	/* the bytes before and behind it are the same */
	must(len >= s->version.at && !memcmp(text, f->text, s->version.at));
	must(!memcmp(text + len - (f->len - s->version.at - s->version.len),
	    f->text + s->version.at + s->version.len, f->len - s->version.at - s->version.len));
	must((after = site_read_text(m, f->file, text, len, &e)) != NULL);
	if (f->yaml && !f->masked)
		must(count_differences(f->yaml, after->yaml) <= 1);
}

static void
fuzz_file(const char *name, const char *data, size_t len)
{
	MEM_SCOPE(m);
	const struct site_want all = { 0 };
	struct site_list list = { .limit = 20 };
	struct site_file *f;
	struct err e;

	f = site_read_text(m, name, mem_dup(m, data, len), len, &e);
	if (!f || site_find(m, f, &all, &list, &e))
		return;
	for (size_t i = 0; i < list.count; i++)
		splice(m, f, &list.item[i]);
}

static void
fuzz_tags(const char *data, size_t len)
{
	MEM_SCOPE(m);
	char *old = mem_dup(m, data, len), *new = strchr(old, '\n');
	const struct policy strict = { 0 };
	struct version_change *c, *back;

	if (!new)
		return;
	*new++ = 0;
	new[strcspn(new, "\n")] = 0;
	c = version_judge(m, "acme/app", NULL, old, new);
	back = version_judge(m, "acme/app", NULL, new, old);
	must(policy_decide(m, c, &strict).word != NULL);
	must((c->order == VERSION_INCOMPARABLE) == (back->order == VERSION_INCOMPARABLE));
	must(c->order == VERSION_INCOMPARABLE || (int)c->order == -(int)back->order);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "x.yaml", "Dockerfile", ".env" };

	if (!len)
		return 0;
	if (*data % 4 == 3)
		fuzz_tags((const char *)data + 1, len - 1);
	else
		fuzz_file(names[*data % 4], (const char *)data + 1, len - 1);
	return 0;
}
