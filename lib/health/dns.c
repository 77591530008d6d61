/* dns.c - dns targets: a name resolves, to the addresses that are expected. */
#include <string.h>
#include <strings.h>

#include "health/kinds.h"
#include "health/resolve.h"

struct attempt {
	struct resolve_query *query;
};

static bool
has(const struct resolve_answer *a, const char *address)
{
	for (int i = 0; i < a->count; i++)
		if (!strcasecmp(a->address[i], address))
			return true;
	return false;
}

static void
on_addresses(void *arg, const struct resolve_answer *a)
{
	struct probe *p = arg;
	const struct opt_list *l = &p->target->want.addresses;
	struct mem_text all = { .m = p->m };

	((struct attempt *)p->own)->query = NULL;
	if (!a->count) {
		probe_end(p, "dns-failed", "%s", a->why);
		return;
	}
	for (int i = 0; i < a->count; i++)
		mem_text_fmt(&all, "%s%s", i ? ", " : "", a->address[i]);
	for (size_t i = 0; i < l->count; i++)
		if (!has(a, l->item[i])) {
			probe_end(p, "assertion-failed", "it resolves to %.250s, not to %s",
			    all.text, l->item[i]);
			return;
		}
	probe_end(p, "ok", "%.350s", all.text);
}

static void
start(struct probe *p)
{
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);
	struct resolve_query *q = resolve_ask(p->scene->resolve, p->target->rest, on_addresses, p);

	if (q)
		a->query = q;
}

static void
cut(struct probe *p)
{
	probe_say(p, "dns-timeout", "no name server answered");
}

static void
drop(struct probe *p)
{
	resolve_cancel(((struct attempt *)p->own)->query);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	(void)m;
	kind_of(t->text, &t->rest);
	if (!*t->rest || strpbrk(t->rest, " /:@"))
		return err_set(e, FAIL_TROUBLE, "usage", "after dns: comes a host name");
	return 0;
}

static const char *const prefixes[] = { "dns:", NULL };

const struct kind kind_dns = {
	.name = "dns",
	.prefixes = prefixes,
	.takes = OPTION_BIT(EXPECT_ADDRESS),
	.fds = 2,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
