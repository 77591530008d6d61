/* batch.c - requests out of JSON objects, worked out one after the other. */
#include <string.h>

#include "manifest/batch.h"
#include "manifest/policy_file.h"

bool
batch_is_request(const struct value *v)
{
	return !value_get(v, "handrail") && (value_get(v, "to") || value_get(v, "digest"));
}

static void
take_string(struct mem *m, const struct value *v, const char *key, const char **to)
{
	const char *s = value_get_string(v, key);

	if (s)
		*to = mem_string(m, s);
}

static void
take_bool(const struct value *v, const char *key, bool *to)
{
	if (value_get(v, key))
		*to = value_bool(value_get(v, key));
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

	take_string(m, v, "service", &r.want.service);
	take_string(m, v, "image", &r.want.image);
	take_string(m, v, "path", &r.want.path);
	take_string(m, v, "kind", &r.want.kind);
	take_string(m, v, "name", &r.want.name);
	take_string(m, v, "container", &r.want.container);
	take_string(m, v, "to", &r.to);
	take_string(m, v, "digest", &r.digest);
	r.want.doc = (int)value_get_int(v, "doc", r.want.doc);
	take_bool(v, "registry", &r.wish.digest);
	take_bool(v, "verify", &r.wish.verify);
	take_bool(v, "all", &r.all);
	take_bool(v, "all-users", &r.all_users);
	take_bool(v, "follow-env", &r.follow_env);
	take_bool(v, "allow-downgrade", &r.policy.downgrade);
	take_bool(v, "allow-prerelease", &r.policy.prerelease);
	take_bool(v, "allow-variant", &r.policy.variant);
	take_bool(v, "allow-incomparable", &r.policy.incomparable);
	take_bool(v, "allow-skip", &r.policy.skip);
	r.policy.allow = policy_file_bump(value_get_string(v, "allow"), r.policy.allow);
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
