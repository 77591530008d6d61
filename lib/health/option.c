/* option.c - sets what a target's options say. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/secret.h"
#include "health/expect.h"
#include "health/option.h"

struct setter {
	const char *name, *arg;
};

static const struct setter rows[] = {
#define ROW(id, name, arg, help) [OPTION_##id] = { name, arg },
	OPTION_LIST(ROW)
#undef ROW
};

void
option_init(struct want *w)
{
	*w = (struct want){ .attempt_timeout = 3,
		.consecutive = 1,
		.max_lag_seconds = -1,
		.max_lag_bytes = -1 };
}

const char *
option_name(enum option o)
{
	return rows[o].name;
}

bool
option_takes_value(enum option o)
{
	return rows[o].arg;
}

enum option
option_by_name(const char *name)
{
	enum option o = 0;

	while (o < OPTION_COUNT && strcmp(rows[o].name, name))
		o++;
	return o;
}

static int
misuse(const char *arg, const char *what, struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "usage", "'%s' is not %s", arg, what);
}

static int
add(struct mem *m, struct opt_list *l, const char *arg)
{
	mem_grow(m, &l->item, l->count, &l->room, sizeof *l->item);
	l->item[l->count++] = arg;
	return 0;
}

static int
set_count(int *n, const char *arg, struct err *e)
{
	char *end;
	long v = strtol(arg, &end, 10);

	if (end == arg || *end || v < 1 || v > 1000000)
		return misuse(arg, "a number from 1 on", e);
	*n = (int)v;
	return 0;
}

static int
set_duration(double *d, const char *arg, struct err *e)
{
	double v = clock_parse_duration(arg);

	if (isnan(v) || v <= 0)
		return misuse(arg, "a duration (500ms, 3s, 1m)", e);
	*d = v;
	return 0;
}

/* "16MB" is a size, "5s" a duration. */
static int
set_lag(struct want *w, const char *arg, struct err *e)
{
	static const struct { const char *unit; int shift;
	} units[] = {
		{ "B", 0 },
		{ "K", 10 },
		{ "kB", 10 },
		{ "KB", 10 },
		{ "M", 20 },
		{ "MB", 20 },
		{ "G", 30 },
		{ "GB", 30 },
	};
	char *end;
	long long n = strtoll(arg, &end, 10);
	double seconds = clock_parse_duration(arg);

	for (size_t i = 0; i < sizeof units / sizeof *units && end > arg && n >= 0 && n < 1 << 30;
	     i++)
		if (!strcmp(end, units[i].unit)) {
			w->max_lag_bytes = n << units[i].shift;
			return 0;
		}
	if (isnan(seconds))
		return misuse(arg, "a size (16MB) or a duration (5s)", e);
	w->max_lag_seconds = seconds;
	return 0;
}

static int
set_header(struct mem *m, struct want *w, const char *arg, struct err *e)
{
	static const char *const secret[] = { "authorization", "proxy-authorization", "cookie",
		"x-api-key", "private-token", "x-auth-token" };
	size_t n = strcspn(arg, ":");
	const char *value;

	if (!n || !arg[n] || strpbrk(arg, "\r\n"))
		return misuse(arg, "NAME: VALUE", e);
	value = arg + n + 1 + strspn(arg + n + 1, " ");
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		if (strlen(secret[i]) == n && !strncasecmp(arg, secret[i], n)) {
			secret_add(value);
			/* of "Bearer TOKEN" the token alone is secret, too */
			secret_add(strchr(value, ' ') ? strchr(value, ' ') + 1 : NULL);
		}
	return add(m, &w->headers, arg);
}

static int
add_json(struct mem *m, struct want *w, const char *arg, struct err *e)
{
	struct expect_json *x = expect_json_parse(m, arg, e);

	if (!x)
		return -1;
	mem_grow(m, &w->json, w->json_count, &w->json_room, sizeof(struct expect_json *));
	w->json[w->json_count++] = x;
	return 0;
}

/* "6.0.1", "/app/version=6.0.1", "/app/version=" (at that path, the one upstream). */
static int
set_version(struct mem *m, struct want *w, const char *arg, struct err *e)
{
	const char *equals = arg ? strrchr(arg, '=') : NULL;

	w->version_asked = true;
	w->version = NULL;
	w->version_path = NULL;
	if (!arg)
		return 0;
	if (equals || strchr("/.$", *arg)) {
		w->version_path = expect_json_parse(m,
		    equals ? mem_dup(m, arg, (size_t)(equals - arg)) : arg, e);
		if (!w->version_path)
			return -1;
		arg = equals ? equals + 1 : "";
	}
	w->version = *arg ? arg : NULL;
	return 0;
}

static int
add_codes(struct mem *m, struct opt_list *l, const char *arg, bool wild, struct err *e)
{
	if (!expect_codes_valid(arg, wild))
		return misuse(arg,
		    wild ? "a list of statuses such as 200,204,3xx" : "a list of exit statuses", e);
	return add(m, l, arg);
}

static int
add_header_pattern(struct mem *m, struct want *w, const char *arg, struct err *e)
{
	size_t n = strcspn(arg, ":");

	if (!n)
		return misuse(arg, "NAME or NAME: REGEX", e);
	if (arg[n] && expect_regex_check(arg + n + 1 + strspn(arg + n + 1, " "), e))
		return -1;
	return add(m, &w->expect_headers, arg);
}

/* A file that cannot be read now would fail each attempt. */
static int
set_file(const char **path, const char *arg, struct err *e)
{
	*path = arg;
	return access(arg, R_OK) ? err_sys(e, "%s", arg) : 0;
}

static int
set_role(struct want *w, const char *arg, struct err *e)
{
	if (strcmp(arg, "primary") && strcmp(arg, "standby"))
		return misuse(arg, "primary or standby", e);
	w->role = arg;
	return 0;
}

int
option_set(struct mem *m, struct want *w, enum option o, const char *arg, struct err *e)
{
	switch (o) {
	case OPTION_ATTEMPT_TIMEOUT: return set_duration(&w->attempt_timeout, arg, e);
	case OPTION_CONSECUTIVE: return set_count(&w->consecutive, arg, e);
	case OPTION_EXPECT_STATUS: return add_codes(m, &w->status, arg, true, e);
	case OPTION_EXPECT_JSON: return add_json(m, w, arg, e);
	case OPTION_EXPECT_VERSION: return set_version(m, w, arg, e);
	case OPTION_EXPECT_BODY:
		return expect_regex_check(arg, e) ? -1 : add(m, &w->expect_bodies, arg);
	case OPTION_EXPECT_HEADER: return add_header_pattern(m, w, arg, e);
	case OPTION_EXPECT_ADDRESS: return add(m, &w->addresses, arg);
	case OPTION_EXPECT_EXIT: return add_codes(m, &w->exits, arg, false, e);
	case OPTION_HEADER: return set_header(m, w, arg, e);
	case OPTION_ROLE: return set_role(w, arg, e);
	case OPTION_MAX_LAG: return set_lag(w, arg, e);
	case OPTION_REPLICAS: return set_count(&w->replicas, arg, e);
	case OPTION_METHOD: w->method = arg; return 0;
	case OPTION_BODY: w->body = arg; return 0;
	case OPTION_CACERT: return set_file(&w->cacert, arg, e);
	case OPTION_CERT: return set_file(&w->cert, arg, e);
	case OPTION_KEY: return set_file(&w->key, arg, e);
	case OPTION_SQL: w->sql = arg; return 0;
	case OPTION_EXPECT_ROW: w->row = arg; return 0;
	case OPTION_EACH_ADDRESS: w->each_address = true; return 0;
	case OPTION_HEAD: w->head = true; return 0;
	case OPTION_FOLLOW: w->follow = true; return 0;
	case OPTION_INSECURE: w->insecure = true; return 0;
	default: return 0;
	}
}
