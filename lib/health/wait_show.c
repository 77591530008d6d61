/* wait_show.c - words for what was seen. */
#include <stdio.h>
#include <string.h>

#include "health/wait_show.h"

/* with more targets than this, those that are good at the first sight get no line */
enum { CHATTY = 20 };

static double
round3(double seconds)
{
	return (double)(long long)(seconds * 1000 + 0.5) / 1000;
}

static const char *
state_of(const struct wait_target *t)
{
	return t->last.state[0] ? t->last.state : "no answer yet";
}

void
wait_show_summary(const struct wait *w, size_t count, char *buf, size_t size)
{
	size_t bad = 0, named = 0, len;

	for (size_t i = 0; i < count; i++)
		bad += !wait_target(w, i)->good;
	len = (size_t)snprintf(buf, size, "%zu of %zu targets %s not good", bad, count,
	    bad == 1 ? "is" : "are");
	for (size_t i = 0; i < count && named < 3 && len < size; i++) {
		const struct wait_target *t = wait_target(w, i);

		if (t->good)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s %s: %s%s%.120s%s",
		    named++ ? ";" : ":", t->target->shown, state_of(t), t->last.text[0] ? " (" : "",
		    t->last.text, t->last.text[0] ? ")" : "");
	}
	if (named < bad && len < size)
		snprintf(buf + len, size - len, "; and %zu more", bad - named);
}

void
wait_show_news(struct step *s, const struct wait *w, size_t count, enum wait_news news,
    const struct wait_target *t)
{
	char text[1000];

	switch (news) {
	case WAIT_CHANGE:
		if (strcmp(t->last.state, "progressing") || step_verbose(s))
			step_say(s, "%s: %s: %s", t->target->shown, t->last.state, t->last.text);
		break;
	case WAIT_GOOD:
		if (count <= CHATTY || t->attempts > 1)
			step_say(s, "%s: good after %.1f s%s%s", t->target->shown, wait_seconds(w),
			    t->last.version[0] ? ", version " : "", t->last.version);
		break;
	case WAIT_TICK:
		wait_show_summary(w, count, text, sizeof text);
		if (wait_stable(w) > 0)
			step_say(s, "%.0f s: all targets are good for %.1f s", wait_seconds(w),
			    wait_stable(w));
		else
			step_say(s, "%.0f s: %s", wait_seconds(w), text);
		break;
	}
}

static void
set_last(struct mem *m, struct value *target, const struct wait_target *t)
{
	struct value *last = value_set_object(m, target, "last");

	value_set_string(last, "state", t->last.state);
	value_set_string(last, "text", t->last.text);
	if (t->last.status)
		value_set_int(last, "status", t->last.status);
	if (t->last.address[0])
		value_set_string(last, "address", t->last.address);
	if (t->last.version[0])
		value_set_string(last, "version", t->last.version);
	if (t->last.sqlstate[0])
		value_set_string(last, "sqlstate", t->last.sqlstate);
	value_set_real(last, "seconds", round3(t->took));
}

void
wait_show_result(struct mem *m, struct value *result, const struct wait *w, size_t count)
{
	struct value *list = value_set_array(m, result, "targets");

	value_set_real(result, "seconds", round3(wait_seconds(w)));
	for (size_t i = 0; i < count; i++) {
		const struct wait_target *t = wait_target(w, i);
		struct value *v = value_add_object(m, list), *argv;

		value_set_string(v, "target", t->target->shown);
		value_set_string(v, "kind", t->target->kind->name);
		argv = value_set_array(m, v, "argv");
		for (size_t k = 0; k < t->target->words.count; k++)
			value_add_string(argv, t->target->words.item[k]);
		value_set_string(v, "state", t->last.state);
		value_set_bool(v, "healthy", t->good);
		value_set_int(v, "attempts", t->attempts);
		value_set_int(v, "flaps", t->flaps);
		if (t->first_good >= 0)
			value_set_real(v, "seconds", round3(t->first_good));
		set_last(m, v, t);
	}
}
