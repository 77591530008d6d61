/* k8s.c - Kubernetes targets: our own predicate over what "kubectl get -w" tells of a workload. */
#include <stdio.h>
#include <string.h>

#include "core/value.h"
#include "health/child.h"
#include "health/kinds.h"

enum { OBJECT_MAX = 8 << 20 };

struct workload {
	const char *resource, *name, *namespace;
	void (*judge)(struct probe *, const struct value *);
};

struct attempt {
	struct child *child;
	struct mem_text got;    /* what came and is not yet a whole object */
};

static int64_t
number(const struct value *object, const char *dotted, int64_t fallback)
{
	return value_int(value_at(object, dotted), fallback);
}

static const struct value *
condition(const struct value *object, const char *type)
{
	const struct value *list = value_at(object, "status.conditions");

	for (size_t i = 0; i < value_count(list); i++) {
		const char *t = value_get_string(value_item(list, i), "type");

		if (t && !strcmp(t, type))
			return value_item(list, i);
	}
	return NULL;
}

static bool
holds(const struct value *cond)
{
	const char *s = value_get_string(cond, "status");

	return s && !strcmp(s, "True");
}

/* The controller has not yet looked at the newest spec: all counts are of the one before. */
static bool
is_stale(struct probe *p, const struct value *o)
{
	if (number(o, "status.observedGeneration", 0) >= number(o, "metadata.generation", 0))
		return false;
	probe_note(p, "progressing", "generation %lld is not yet observed",
	    (long long)number(o, "metadata.generation", 0));
	return true;
}

static void
judge_counts(struct probe *p, int64_t desired, int64_t updated, int64_t all, int64_t available)
{
	if (updated < desired)
		probe_note(p, "progressing", "%lld of %lld pods are updated", (long long)updated,
		    (long long)desired);
	else if (all > updated)
		probe_note(p, "progressing", "%lld old pods are left", (long long)(all - updated));
	else if (available < updated)
		probe_note(p, "progressing", "%lld of %lld pods are available",
		    (long long)available, (long long)updated);
	else
		probe_note(p, "ok", "%lld of %lld pods are updated and available",
		    (long long)available, (long long)desired);
}

static void
judge_deployment(struct probe *p, const struct value *o)
{
	const struct value *progress = condition(o, "Progressing");
	const char *reason = value_get_string(progress, "reason");

	if (is_stale(p, o))
		return;
	if (reason && !strcmp(reason, "ProgressDeadlineExceeded")) {
		const char *said = value_get_string(progress, "message");

		p->sight.final = true;
		probe_note(p, "deadline-exceeded", "%s", said ? said : reason);
		return;
	}
	judge_counts(p, number(o, "spec.replicas", 1), number(o, "status.updatedReplicas", 0),
	    number(o, "status.replicas", 0), number(o, "status.availableReplicas", 0));
}

static void
judge_stateful_set(struct probe *p, const struct value *o)
{
	int64_t desired = number(o, "spec.replicas", 1),
		ready = number(o, "status.readyReplicas", 0);
	int64_t partition = number(o, "spec.updateStrategy.rollingUpdate.partition", 0);
	int64_t updated = number(o, "status.updatedReplicas", 0);

	if (is_stale(p, o))
		return;
	/* pods below the partition are meant to stay old */
	if (updated < desired - partition)
		probe_note(p, "progressing", "%lld of %lld pods are updated", (long long)updated,
		    (long long)(desired - partition));
	else if (number(o, "status.replicas", 0) != desired)
		probe_note(p, "progressing", "%lld pods are there, not %lld",
		    (long long)number(o, "status.replicas", 0), (long long)desired);
	else if (number(o, "status.availableReplicas", ready) < desired)
		probe_note(p, "progressing", "%lld of %lld pods are available",
		    (long long)number(o, "status.availableReplicas", ready), (long long)desired);
	else
		probe_note(p, "ok", "%lld pods are updated and available", (long long)desired);
}

static void
judge_daemon_set(struct probe *p, const struct value *o)
{
	int64_t desired = number(o, "status.desiredNumberScheduled", 0);

	if (!is_stale(p, o))
		judge_counts(p, desired, number(o, "status.updatedNumberScheduled", 0), desired,
		    number(o, "status.numberAvailable", 0));
}

static void
judge_job(struct probe *p, const struct value *o)
{
	const struct value *failed = condition(o, "Failed");

	if (holds(failed)) {
		const char *reason = value_get_string(failed, "reason");

		p->sight.final = true;
		probe_note(p,
		    reason && !strcmp(reason, "DeadlineExceeded") ? "deadline-exceeded" : "failed",
		    "the job failed: %s", reason ? reason : "no reason is given");
	} else if (holds(condition(o, "Complete"))) {
		probe_note(p, "ok", "complete");
	} else {
		probe_note(p, "progressing", "%lld pods are active, %lld failed",
		    (long long)number(o, "status.active", 0),
		    (long long)number(o, "status.failed", 0));
	}
}

static const struct {
	const char *prefix, *resource;
	void (*judge)(struct probe *, const struct value *);
} workloads[] = {
	{ "deploy/", "deployment", judge_deployment },
	{ "deployment/", "deployment", judge_deployment },
	{ "sts/", "statefulset", judge_stateful_set },
	{ "statefulset/", "statefulset", judge_stateful_set },
	{ "ds/", "daemonset", judge_daemon_set },
	{ "daemonset/", "daemonset", judge_daemon_set },
	{ "job/", "job", judge_job },
};

/* Objects follow each other without commas; a piece may end anywhere. */
static void
on_output(void *arg, const char *text, size_t len)
{
	struct probe *p = arg;
	struct attempt *a = p->own;
	const struct workload *w = p->target->own;
	struct err e;
	size_t used = 0;

	mem_text_add(&a->got, text, len);
	while (a->got.len) {
		MEM_SCOPE(m);
		const struct value *v = value_parse_first(m, a->got.text, a->got.len, &used, &e);

		if (!v)
			break;
		a->got.len -= used;
		memmove(a->got.text, a->got.text + used, a->got.len + 1);
		p->sight.final = false;
		w->judge(p, v);
	}
	if (a->got.len > OBJECT_MAX)
		a->got.len = 0;
}

static void
on_done(void *arg, const struct child_end *end)
{
	struct probe *p = arg;

	/* an API server ends each watch after some minutes: what was seen last still stands */
	if (end->exit == 0 && p->sight.state[0])
		probe_finish(p);
	else if (end->not_found)
		probe_end(p, "not-found", "there is no kubectl");
	else
		probe_end(p, "not-found",
		    "kubectl ended with %d: no such workload, or no cluster that answers",
		    end->exit);
}

static void
start(struct probe *p)
{
	const struct workload *w = p->target->own;
	const char *argv[] = { "kubectl", "get", "-w", "-o", "json", w->resource, w->name,
		w->namespace ? "-n" : NULL, w->namespace, NULL };
	struct child_spec spec = { .argv = argv, .output = on_output, .done = on_done, .arg = p };
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);
	struct err e;

	a->got.m = p->m;
	if (!(a->child = child_start(p->m, p->scene->loop, &spec, &e)))
		probe_end(p, "unreachable", "%s", e.text);
}

static void
cut(struct probe *p)
{
	probe_say(p, "timeout", "kubectl has told nothing");
}

static void
drop(struct probe *p)
{
	struct attempt *a = p->own;

	if (a->child)
		child_cut(a->child);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	struct workload *w = t->own = mem_zero(m, 1, sizeof *w);
	const char *rest, *at;

	kind_of(t->text, &rest);
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		size_t n = strlen(workloads[i].prefix);

		if (strncmp(rest, workloads[i].prefix, n))
			continue;
		w->resource = workloads[i].resource;
		w->judge = workloads[i].judge;
		at = strchr(rest, '@');
		w->name = mem_dup(m, rest + n, at ? (size_t)(at - rest) - n : strlen(rest + n));
		w->namespace = at ? at + 1 : NULL;
	}
	if (!w->name || !*w->name || *w->name == '-' || w->name[strspn(w->name, allowed)] ||
	    (w->namespace && (!*w->namespace || *w->namespace == '-' ||
	    w->namespace[strspn(w->namespace, allowed)])))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "after k8s: comes deploy/, sts/, ds/ or job/NAME[@NAMESPACE]");
	return 0;
}

static const char *const prefixes[] = { "k8s:", NULL };

const struct kind kind_k8s = {
	.name = "k8s",
	.prefixes = prefixes,
	.flags = KIND_SLOW | KIND_LIVE,
	.fds = 6,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
