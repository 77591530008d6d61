/* batch.c - requests out of JSON objects, worked out one after the other. */
#include <string.h>

#include "manifest/batch.h"
#include "manifest/policy_file.h"

bool
batch_is_request(const struct value *v)
{
	return !value_get(v, "handrail") && (value_get(v, "to") || value_get(v, "digest"));
}

/* The member KEY, which must be of this kind if it is there: the number 1.10 is 1.1. */
static const struct value *
member(const struct value *v, const char *key, enum value_kind kind, struct err *bad)
{
	static const char *const words[] = { [VALUE_BOOL] = "true or false",
		[VALUE_NUMBER] = "a number", [VALUE_STRING] = "a string" };
	const struct value *x = value_get(v, key);

	if (x && value_kind(x) != kind)
		err_set(bad, FAIL_TROUBLE, "bad-input", "\"%s\" must be %s", key, words[kind]);
	return x && value_kind(x) == kind ? x : NULL;
}

/* What is said as the options say it. */
static int
take_members(struct mem *m, const struct value *v, struct bump_request *r, struct err *e)
{
	const struct {
		const char *key, **to;
	} strings[] = { { "service", &r->want.service }, { "image", &r->want.image },
		{ "path", &r->want.path }, { "kind", &r->want.kind }, { "name", &r->want.name },
		{ "container", &r->want.container }, { "to", &r->to }, { "digest", &r->digest } };
	const struct {
		const char *key;
		bool *to;
	} bools[] = { { "registry", &r->wish.digest }, { "verify", &r->wish.verify },
		{ "all", &r->all }, { "all-users", &r->all_users },
		{ "follow-env", &r->follow_env }, { "allow-downgrade", &r->policy.downgrade },
		{ "allow-prerelease", &r->policy.prerelease },
		{ "allow-variant", &r->policy.variant },
		{ "allow-incomparable", &r->policy.incomparable },
		{ "allow-skip", &r->policy.skip } };
	struct err bad = { 0 };
	const struct value *x, *allow = member(v, "allow", VALUE_STRING, &bad);

	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		if ((x = member(v, strings[i].key, VALUE_STRING, &bad)))
			*strings[i].to = mem_string(m, value_string(x));
	for (size_t i = 0; i < sizeof bools / sizeof *bools; i++)
		if ((x = member(v, bools[i].key, VALUE_BOOL, &bad)))
			*bools[i].to = value_bool(x);
	if (member(v, "doc", VALUE_NUMBER, &bad))
		r->want.doc = (int)value_get_int(v, "doc", r->want.doc);
	if (allow && (r->policy.allow = policy_file_bump(value_string(allow), VERSION_NONE)) ==
			 VERSION_NONE)
		err_set(&bad, FAIL_TROUBLE, "bad-input",
		    "\"allow\" must be \"patch\", \"minor\" or \"major\"");
	if (bad.code || bump_check_version(r->to, r->digest, &bad))
		return *e = bad, err_in(e, "the request %s", value_text(m, v, 0));
	return 0;
}

static void
take_files(struct mem *m, const struct value *v, struct bump_request *r)
{
	const struct value *list = value_get(v, "files");
	const char *one = value_get_string(v, "file");
	size_t n = one ? 1 : value_count(list);

	if (!n)
		return;
	r->files = mem_zero(m, n, sizeof *r->files);
	r->count = 0;
	for (size_t i = 0; i < n; i++) {
		const char *s = one ? one : value_string(value_item(list, i));

		if (s)
			r->files[r->count++] = mem_string(m, s);
	}
}

int
batch_add(struct mem *m, struct batch *b, const struct bump_request *defaults,
    const struct value *v, struct err *e)
{
	struct bump_request r = *defaults;

	if (take_members(m, v, &r, e))
		return -1;
	take_files(m, v, &r);
	if (!r.count || (!r.want.service && !r.want.image && !r.want.path && !r.want.container)) {
		err_set(e, FAIL_TROUBLE, "bad-input", "the request %s names no %s",
		    value_text(m, v, 0), r.count ? "image" : "file");
		return err_hint(e,
		    "{\"file\": \"manifest.yaml\", \"image\": \"redmine\", \"to\": \"6-alpine\"}");
	}
	mem_grow(m, &b->item, b->count, &b->room, sizeof r);
	b->item[b->count++] = r;
	return 0;
}

/* What one request came to. */
static void
record(struct mem *m, struct value *list, struct value *all, struct value *one,
    const struct err *failure)
{
	const struct value *changes = value_get(one, "changes");
	struct value *error;

	value_set_string(one, "status",
	    failure                  ? "failed" :
		value_count(changes) ? "ok" :
				       "unchanged");
	if (failure) {
		error = value_set_object(m, one, "error");
		value_set_string(error, "code", failure->word);
		value_set_string(error, "message", failure->text);
		value_set_string(error, "hint", failure->hint[0] ? failure->hint : NULL);
	}
	value_add(list, one);
	for (size_t i = 0; !failure && i < value_count(changes); i++)
		value_add(all, value_item(changes, i));
}

int
batch_run(struct bump *b, const struct batch *batch, bool fail_fast, struct value *result,
    bool *done, struct err *e)
{
	struct value *all = value_set_array(b->m, result, "changes"),
		     *list = value_set_array(b->m, result, "requests");
	int bad = 0;

	*done = true;
	for (size_t i = 0; i < batch->count; i++) {
		struct value *one = value_object(b->m);
		struct err failure = { 0 };
		int failed = bump_request(b, &batch->item[i], one, &failure);

		record(b->m, list, all, one, failed ? &failure : NULL);
		if (failed && !bad) {
			*e = failure;
			bad = err_in(e, "request %zu", i + 1);
		}
		if (failed && fail_fast) {
			*done = false;
			break;
		}
	}
	return bad;
}
