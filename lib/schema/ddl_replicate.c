/* ddl_replicate.c - publications and subscriptions. Dropped and made anew they would lose their
 * place in the stream, and the password that is not read: ALTER wherever it can. */
#include <string.h>

#include "schema/ddl_plan.h"

#define GET(p) model_get(o, PROP_##p)
#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define DIFFERS(p) plan_differs(from, to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

/* What SET takes, and what it is where nothing else is said. */
static const struct {
	const char *name, *usual;
} options[] = {
	{ "publish_via_partition_root", "false" },
	{ "publish_generated_columns", "none" },
	{ "slot_name", "NONE" },
	{ "synchronous_commit", "off" },
	{ "binary", "false" },
	{ "streaming", "off" },
	{ "disable_on_error", "false" },
	{ "origin", "any" },
	{ "password_required", "true" },
	{ "run_as_owner", "false" },
};

/* The value in LIST "name = value, name = value" (may be NULL), or USUAL. */
static const char *
value_of(const char *list, const char *name, const char *usual, size_t *n)
{
	size_t len = strlen(name);

	for (const char *o = list ? list : ""; *o; o += strcspn(o, ","), o += strspn(o, ", "))
		if (!strncmp(o, name, len) && !strncmp(o + len, " = ", 3)) {
			*n = strcspn(o + len + 3, ",");
			return o + len + 3;
		}
	*n = strlen(usual);
	return usual;
}

static void
set_options(SIDES, struct mem_text *set)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		size_t n, m;
		const char *name = options[i].name,
			   *old = value_of(OLD(OPTIONS), name, options[i].usual, &n),
			   *new = value_of(NEW(OPTIONS), name, options[i].usual, &m);

		if (n != m || strncmp(old, new, n) != 0)
			mem_text_fmt(set, "%s%s = %.*s", set->len ? ", " : "", name, (int)m, new);
	}
	if (set->len)
		ddl_say(p->out, to, "ALTER %s SET (%s)", ddl_name(p->m, to), set->text);
}

bool
ddl_publication_anew(const struct model_object *from, const struct model_object *to)
{
	/* there is no SET to nothing, and none to or from all */
	return DIFFERS(TABLES) && (!NEW(TABLES) || !strcmp(NEW(TABLES), "ALL TABLES") ||
				      (OLD(TABLES) && !strcmp(OLD(TABLES), "ALL TABLES")));
}

bool
ddl_subscription_anew(const struct model_object *from, const struct model_object *to)
{
	static const char *const fixed[] = { "two_phase", "failover" };
	bool anew = false;

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		size_t n, m;

		(void)value_of(OLD(OPTIONS), fixed[i], "", &n);
		(void)value_of(NEW(OPTIONS), fixed[i], "", &m);
		anew |= n != m;
	}
	return anew;
}

void
ddl_alter_publication(SIDES)
{
	struct mem_text set = { .m = p->m };

	if (DIFFERS(TABLES))
		ddl_say(p->out, to, "ALTER PUBLICATION %s SET %s", to->name, NEW(TABLES));
	if (DIFFERS(COMMAND))
		mem_text_fmt(&set, "publish = '%s'", or_empty(NEW(COMMAND)));
	set_options(p, from, to, &set);
}

void
ddl_alter_subscription(SIDES)
{
	struct mem_text set = { .m = p->m };

	if (DIFFERS(SERVER)) {
		ddl_say(p->out, to, "ALTER SUBSCRIPTION %s CONNECTION %s", to->name, NEW(SERVER));
		ddl_leave(p->out, to,
		    "the password of its connection is not read: write it into CONNECTION");
	}
	/* the publisher may be out of reach */
	if (DIFFERS(TABLES))
		ddl_say(p->out, to,
		    "ALTER SUBSCRIPTION %s SET PUBLICATION %s WITH (refresh = false)", to->name,
		    NEW(TABLES));
	set_options(p, from, to, &set);
}

void
ddl_make_publication(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "CREATE PUBLICATION %s%s%s WITH (publish = '%s'%s%s)", o->name,
	    after(GET(TABLES), " FOR "), or_empty(GET(TABLES)), or_empty(GET(COMMAND)),
	    after(GET(OPTIONS), ", "), or_empty(GET(OPTIONS)));
}

void
ddl_make_subscription(struct plan *p, const struct model_object *o)
{
	const char *more = or_empty(GET(OPTIONS));
	bool streams = p->to->server_version >= 180000; /* without a word */

	ddl_say_alone(p->out, o,
	    "CREATE SUBSCRIPTION %s CONNECTION %s PUBLICATION %s WITH (connect = false%s%s%s)",
	    o->name, GET(SERVER), GET(TABLES), after(GET(OPTIONS), ", "), more,
	    streams && !strstr(more, "streaming = ") ? ", streaming = off" : "");
}

/* Without its slot, which is another server's: that server may be gone. */
void
ddl_drop_subscription(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "ALTER SUBSCRIPTION %s DISABLE", o->name);
	ddl_say(p->out, o, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)", o->name);
	ddl_say_alone(p->out, o, "DROP SUBSCRIPTION %s", o->name);
}
