/* bump_files.c - the end of a bump: files on disk; and a judgement without any file. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "manifest/bump.h"
#include "manifest/git.h"
#include "manifest/policy_file.h"

bool
bump_is_changed(const struct bump_file *f)
{
	return f->len != f->old_len || memcmp(f->old, f->text, f->len);
}

int
bump_write(struct bump *b, struct err *e)
{
	char real[PATH_MAX];
	bool wrote = false;

	for (size_t i = 0; i < b->count; i++) {
		struct bump_file *f = &b->file[i];

		if (!bump_is_changed(f))
			continue;
		io_sweep(realpath(f->file, real) ? real : f->file);
		if (io_replace_file(f->file, f->text, f->len, 0666, e)) {
			e->code = wrote ? FAIL_DIRTY : e->code;
			return -1;
		}
		wrote = true;
	}
	return 0;
}

int
bump_check_clean(struct bump *b, struct err *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (bump_is_changed(&b->file[i]) && git_check_clean(b->m, b->file[i].file, e))
			return -1;
	return 0;
}

/* "build(deps): bump redmine from 5-alpine to 6-alpine"; several get a line each in the body. */
static const char *
conventional(struct mem *m, const struct value *changes)
{
	size_t n = value_count(changes);
	struct mem_text t = { .m = m };

	if (n > 1)
		mem_text_fmt(&t, "build(deps): bump %zu versions\n\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct value *c = value_item(changes, i);
		const char *image = value_get_string(c, "image");

		mem_text_fmt(&t, "%s %s from %s to %s%s", n > 1 ? "-" : "build(deps): bump",
		    image ? image : value_get_string(c, "path"), value_get_string(c, "from_version"),
		    value_get_string(c, "to_version"), n > 1 ? "\n" : "");
	}
	return t.text;
}

char *
bump_commit(struct bump *b, const struct value *changes, const char *branch, const char *message, struct err *e)
{
	const char **files = mem_zero(b->m, b->count, sizeof *files);
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		if (bump_is_changed(&b->file[i]))
			files[n++] = b->file[i].file;
	return git_commit(b->m, files, n, branch, message ? message : conventional(b->m, changes), e);
}

void
bump_undo(struct bump *b)
{
	struct err ignored;

	for (size_t i = 0; i < b->count; i++)
		if (bump_is_changed(&b->file[i]))
			io_replace_file(b->file[i].file, b->file[i].old, b->file[i].old_len, 0666, &ignored);
}

struct value *
bump_judge(struct mem *m, const struct bump_request *r, const char *image, const char *old, const char *new)
{
	struct family f = *family_of(image);
	struct policy p = r->policy;
	struct value *v = value_object(m);
	struct version_change *c;
	struct verdict verdict;

	policy_file_apply(r->policies, image, &f, &p);
	f.scheme = r->scheme ? r->scheme : f.scheme;
	p.named = false;
	c = version_judge(m, image, &f, old, new);
	verdict = policy_decide(m, c, &p);
	value_set_string(v, "image", image);
	value_set_string(v, "old", old);
	value_set_string(v, "new", new);
	value_set_string(v, "order", version_order_word(c->order));
	value_set_string(v, "bump", version_bump_word(c->bump));
	value_set_string(v, "same_variant", c->variant == VERSION_CHANGED ? "no" : "yes");
	value_set_string(v, "verdict", verdict.word);
	value_set_string(v, "note", verdict.note ? verdict.note : "");
	return v;
}
