/* manifests.c - what tells the structure of manifests apart is manifest-diff's knowledge; it speaks
 * in records. */
#include <string.h>

#include "core/proc.h"
#include "rollback/manifests.h"

int
manifests_compare(struct mem *m, struct evidence *ev, const char *old, const char *new,
    struct err *e)
{
	const char *const argv[] = { "manifest-diff", "--no-input", "--quiet", "--format", "json",
		"--", old, new, NULL };
	struct proc_spec spec = { .argv = argv,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.keep = 64 << 20,
		.timeout = 600 };
	struct proc_result r;
	struct value *v = NULL;
	size_t used, at = 0;

	if (proc_run(m, &spec, &r, e))
		return -1;
	while (at < r.out_len && (v = value_parse_first(m, r.out + at, r.out_len - at, &used, e))) {
		evidence_add(ev, v);
		at += used;
		at += strspn(r.out + at, " \n");
	}
	if (!v)
		return err_set(e, FAIL_TROUBLE, "manifest-diff", "manifest-diff %s %s: %.300s", old,
		    new, r.output_len ? r.output : "it wrote no record");
	return 0;
}
