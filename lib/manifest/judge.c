/* judge.c - the version policy alone. */
#include <stdlib.h>
#include <string.h>

#include "manifest/judge.h"
#include "manifest/policy_file.h"

static struct value *
judged(struct mem *m, const struct bump_request *r, const char *image, const char *old,
    const char *new)
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

void
judge_print(FILE *out, const struct bump_request *r, const char *image, const char *old,
    const char *new)
{
	MEM_SCOPE(m);

	fprintf(out, "%s\n", value_text(m, judged(m, r, image, old, new), 0));
}

int
judge_lines(FILE *in, FILE *out, const struct bump_request *r, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	int bad = 0;

	for (long n = 1; !bad && getline(&line, &room, in) > 0; n++) {
		char *rest = line, *image, *old;

		line[strcspn(line, "\r\n")] = 0;
		if (!*line || *line == '#')
			continue;
		image = strsep(&rest, "\t");
		old = strsep(&rest, "\t");
		if (rest)
			judge_print(out, r, image, old, strsep(&rest, "\t"));
		else
			bad = err_set(e, FAIL_TROUBLE, "bad-input", "standard input: line %ld: "
			    "not IMAGE, OLD and NEW parted by tabs", n);
	}
	free(line);
	return !bad && ferror(in) ? err_sys(e, "standard input") : bad;
}
