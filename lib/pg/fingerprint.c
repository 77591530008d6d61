/* fingerprint.c - asks schema-diff. */
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/proc.h"
#include "pg/fingerprint.h"

/* PG for a command line, which everybody can read. */
static const char *
operand(const char *pg)
{
	if (!pg)
		return getenv("DATABASE_URL") ? "env:DATABASE_URL" : "";
	return strncmp(pg, "env:", 4) ? "env:HANDRAIL_FINGERPRINT_PG" : pg;
}

const char *
pg_fingerprint(struct mem *m, const char *pg, const char *snapshot, struct err *e)
{
	MEM_SCOPE(scope);
	const char *const argv[] = { proc_ours(scope, "schema-diff"), "-nq", "--dump",
		"--format=fingerprint", operand(pg),
		snapshot ? mem_fmt(scope, "--snapshot=%s", snapshot) : NULL, NULL };
	const char *const env[] = { mem_fmt(scope, "HANDRAIL_FINGERPRINT_PG=%s", pg ? pg : ""),
		NULL };
	const struct proc_spec spec = { .argv = argv,
		.env = env,
		.in = -1,
		.out = -1,
		.errfd = -1 };
	struct proc_result r = { 0 };

	if (proc_run(scope, &spec, &r, e))
		return NULL;
	if (!r.status && r.out_len == DIGEST_HEX)
		return mem_dup(m, r.out, DIGEST_HEX - 1);
	err_set(e, FAIL_TROUBLE, "schema-diff", "the schema has no fingerprint: %.*s",
	    (int)strcspn(r.output, "\n"), r.output_len ? r.output : "schema-diff failed");
	return NULL;
}
