/* record.c - ids and the environment of a record. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/record.h"

char *
record_new_id(char id[RECORD_ID])
{
	static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned long long ms = (unsigned long long)clock_unix_ms();
	unsigned char random[16];

	for (int i = 9; i >= 0; i--, ms >>= 5)
		id[i] = base32[ms & 31];
	if (getrandom(random, sizeof random, 0) != sizeof random)
		mem_must(NULL);
	for (int i = 0; i < 16; i++)
		id[10 + i] = base32[random[i] & 31];
	id[26] = 0;
	return id;
}

const char *
record_tool(void)
{
	return "handrail " VERSION;
}

static void
set_from(struct value *ci, const char *key, const char *variable)
{
	const char *v = getenv(variable);

	if (v && *v)
		value_set_string(ci, key, v);
}

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	return v ? v : "";
}

struct value *
record_ci(struct mem *m)
{
	struct value *ci = value_object(m);

	if (!strcmp(env("GITHUB_ACTIONS"), "true")) {
		value_set_string(ci, "provider", "github");
		if (*env("GITHUB_RUN_ID"))
			value_set_string(ci, "run",
			    mem_fmt(m, "%s/%s/actions/runs/%s", env("GITHUB_SERVER_URL"),
				env("GITHUB_REPOSITORY"), env("GITHUB_RUN_ID")));
		set_from(ci, "commit", "GITHUB_SHA");
		set_from(ci, "ref", "GITHUB_REF");
		set_from(ci, "actor", "GITHUB_ACTOR");
		return ci;
	}
	if (*env("GITLAB_CI")) {
		value_set_string(ci, "provider", "gitlab");
		set_from(ci, "run", "CI_JOB_URL");
		set_from(ci, "commit", "CI_COMMIT_SHA");
		set_from(ci, "ref", "CI_COMMIT_REF_NAME");
		set_from(ci, "actor", "GITLAB_USER_LOGIN");
		return ci;
	}
	return NULL;
}
