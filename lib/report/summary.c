/* summary.c - one line on what each kind of step did. */
#include <string.h>

#include "report/report.h"

static const char *
get(const struct value *v, const char *key, const char *other)
{
	const char *s = value_get_string(v, key);

	return s ? s : other;
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
manifest_bump(struct mem_text *t, const struct value *r)
{
	const struct value *list = value_get(r, "changes");

	for (size_t i = 0; i < value_count(list) && i < 5; i++) {
		const struct value *c = value_item(list, i);

		mem_text_fmt(t, "%s%s %s → %s (%s)", i ? ", " : "",
		    get(c, "image", get(c, "path", "")), get(c, "from_version", get(c, "from", "")),
		    get(c, "to_version", get(c, "to", "")), get(c, "kind", "change"));
	}
	if (value_count(list) > 5)
		mem_text_fmt(t, " and %zu more", value_count(list) - 5);
}

static void
snapshot(struct mem_text *t, const struct value *r)
{
	const struct value *stores = value_get(r, "stores");
	int64_t size = value_get_int(r, "size", -1);

	for (size_t i = 0; i < value_count(stores); i++)
		mem_text_fmt(t, "%s%s", i ? ", " : "",
		    get(value_item(stores, i), "name", "a store"));
	if (get(r, "archive", NULL))
		mem_text_fmt(t, " in %s", get(r, "archive", ""));
	if (size >= 0)
		mem_text_fmt(t, ", %.1f MB", (double)size / 1e6);
	if (value_get(r, "verified"))
		mem_text_fmt(t,
		    value_bool(value_get(r, "verified")) ? ", verified" : ", not verified");
}

static void
snapshot_restore(struct mem_text *t, const struct value *r)
{
	const struct value *swapped = value_get(r, "swapped");

	snapshot(t, r);
	if (swapped)
		mem_text_fmt(t, "; the old %s is kept as %s",
		    get(swapped, "old_database", "database"), get(swapped, "kept_as", "?"));
}

static void
migrate_apply(struct mem_text *t, const struct value *r)
{
	const struct value *applied = value_get(r, "applied"), *failed = value_get(r, "failed");
	size_t n = value_count(applied);

	if (n)
		mem_text_fmt(t, "%zu migration%s: %s", n, plural(n),
		    get(value_item(applied, 0), "name", "?"));
	if (n > 1)
		mem_text_fmt(t, " to %s", get(value_item(applied, n - 1), "name", "?"));
	if (failed)
		mem_text_fmt(t, "%s%s failed%s", n ? "; " : "", get(failed, "file", "one"),
		    value_bool(value_get(failed, "rolled_back")) ? " and was rolled back"
								 : " and was not rolled back");
	if (get(r, "after", NULL))
		mem_text_fmt(t, "%srevision %s", t->len ? "; " : "", get(r, "after", ""));
}

static void
schema_diff(struct mem_text *t, const struct value *r)
{
	size_t n = value_count(value_get(r, "changes"));

	mem_text_fmt(t, "%zu change%s, compatibility %s, rollback by %s", n, plural(n),
	    get(r, "compatibility", "unknown"), get(r, "rollback", "unknown"));
}

static void
health_wait(struct mem_text *t, const struct value *r)
{
	const struct value *targets = value_get(r, "targets");

	for (size_t i = 0; i < value_count(targets) && i < 5; i++)
		mem_text_fmt(t, "%s%s: %s", i ? ", " : "",
		    get(value_item(targets, i), "target", "?"),
		    get(value_item(targets, i), "state", "?"));
}

static void
rollback_plan(struct mem_text *t, const struct value *r)
{
	size_t n = value_count(value_get(r, "steps"));

	mem_text_fmt(t, "scenario %lld, strategy %s, %zu step%s",
	    (long long)value_get_int(r, "scenario", -1), get(r, "strategy", "unknown"), n,
	    plural(n));
}

static void
preflight(struct mem_text *t, const struct value *r)
{
	const struct value *checks = value_get(r, "checks");
	size_t bad = 0;

	for (size_t i = 0; i < value_count(checks); i++)
		bad += !strcmp(get(value_item(checks, i), "status", ""), "failed");
	mem_text_fmt(t, "%zu check%s, %zu said no", value_count(checks),
	    plural(value_count(checks)), bad);
}

static void
command(struct mem_text *t, const struct value *r)
{
	const struct value *argv = value_get(r, "argv");

	for (size_t i = 0; i < value_count(argv) && i < 12; i++) {
		const char *word = value_string(value_item(argv, i));

		mem_text_fmt(t, "%s%.60s", i ? " " : "", word ? word : "");
	}
	if (value_get(r, "exit"))
		mem_text_fmt(t, " (exit %lld)", (long long)value_get_int(r, "exit", 0));
}

static const struct {
	const char *step;
	void (*write)(struct mem_text *, const struct value *);
} kinds[] = {
	{ "manifest-bump", manifest_bump },
	{ "snapshot", snapshot },
	{ "snapshot-restore", snapshot_restore },
	{ "migrate-apply", migrate_apply },
	{ "schema-diff", schema_diff },
	{ "health-wait", health_wait },
	{ "rollback-plan", rollback_plan },
	{ "preflight", preflight },
};

char *
report_summary(struct mem *m, const struct story_step *s)
{
	struct mem_text t = { .m = m };

	if (story_is_command(s)) {
		command(&t, s->result);
		return t.text ? t.text : mem_string(m, "");
	}
	for (size_t i = 0; s->result && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(s->step, kinds[i].step))
			kinds[i].write(&t, s->result);
	return t.text ? t.text : mem_string(m, "");
}

char *
report_duration(struct mem *m, double s)
{
	if (s < 0)
		return mem_string(m, "");
	if (s < 9.95)
		return mem_fmt(m, "%.1f s", s);
	if (s < 90)
		return mem_fmt(m, "%.0f s", s);
	if (s < 5400)
		return mem_fmt(m, "%d min %02d s", (int)s / 60, (int)s % 60);
	return mem_fmt(m, "%.0f h %02d min", (double)((long long)s / 3600),
	    (int)((long long)s / 60 % 60));
}

char *
report_title(struct mem *m, const struct report *r)
{
	if (r->release && r->service)
		return mem_fmt(m, "Release %s of %s", r->release, r->service);
	if (r->release)
		return mem_fmt(m, "Release %s", r->release);
	return r->service ? mem_fmt(m, "Release of %s", r->service) : mem_string(m, "Release");
}
