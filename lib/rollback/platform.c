/* platform.c - what stops and starts the service: commands of compose, Helm and Kubernetes, or
 * those that the release itself recorded. */
#include <string.h>

#include "rollback/making.h"

/* COMMAND as a recorded step. */
static struct plan_step *
add(struct making *k, const char *kind, const char *name, const char *title,
    const struct words *command)
{
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "step-exec", "--name", kind, "--");
	for (size_t i = 0; i < command->count; i++)
		making_word(k->m, &w, command->item[i]);
	s = making_add(k, kind, name, title, &w);
	s->keeps_running = true;
	return s;
}

static void
add_namespace(struct making *k, struct words *w)
{
	if (k->o->namespace)
		WORDS(k->m, w, "--namespace", k->o->namespace);
}

/* The file that compose or kubectl reads: where the release was pinned. */
static const char *
manifest(const struct making *k)
{
	return k->ev->change_count && *k->ev->changes[0].file ? k->ev->changes[0].file : NULL;
}

/* Compose: one command for all services. */
static void
compose(struct making *k, const char *kind, const char *title, const char *const *verb, size_t n,
    double min, double max)
{
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "docker", "compose");
	if (manifest(k))
		WORDS(k->m, &w, "--file", manifest(k));
	for (size_t i = 0; i < n; i++)
		making_word(k->m, &w, verb[i]);
	for (size_t i = 0; i < k->o->workload_count; i++)
		making_word(k->m, &w, k->o->workloads[i].name);
	s = add(k, kind, NULL, title, &w);
	making_seconds(s, -1, min, max);
}

static void
compose_stop(struct making *k)
{
	static const char *const verb[] = { "stop" };

	compose(k, "stop", "Stop what holds connections to the data", verb, 1, 60, 300);
}

static void
compose_start(struct making *k)
{
	static const char *const verb[] = { "up", "--detach", "--no-deps", "--wait" };

	compose(k, "deploy", "Start the old version", verb, 4, 120, 600);
	k->p->steps[k->p->step_count - 1].image = "old";
}

/* Kubernetes: a command for each workload, "KIND/NAME"; a bare name is a deployment. */

static bool
is_cronjob(const char *workload)
{
	return !strncmp(workload, "cronjob/", 8) || !strncmp(workload, "cronjobs/", 9);
}

static const char *
full_name(struct making *k, const struct plan_workload *x)
{
	return strchr(x->name, '/') ? x->name : mem_fmt(k->m, "deployment/%s", x->name);
}

static void
scale(struct making *k, const struct plan_workload *x, bool up)
{
	const char *name = full_name(k, x), *kind = up ? "start" : "stop";
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "kubectl");
	if (is_cronjob(name))
		WORDS(k->m, &w, "patch", name, "--type=merge",
		    mem_fmt(k->m, "--patch={\"spec\":{\"suspend\":%s}}", up ? "false" : "true"));
	else
		WORDS(k->m, &w, "scale", name,
		    mem_fmt(k->m, "--replicas=%d", up ? x->replicas : 0));
	add_namespace(k, &w);
	s = add(k, kind, x->name,
	    mem_fmt(k->m, up ? "Start %s" : "Scale %s down: it holds connections to the data",
		name),
	    &w);
	making_seconds(s, -1, 60, 300);
	s->image = up ? "old" : "none";
	if (!up || is_cronjob(name))
		return;
	w = (struct words){ 0 };
	WORDS(k->m, &w, "kubectl", "rollout", "status", name, "--timeout=600s");
	add_namespace(k, &w);
	s = add(k, "rollout", x->name, mem_fmt(k->m, "Wait until %s runs", name), &w);
	making_seconds(s, -1, 120, 600);
	s->image = "old";
}

static void
kubernetes_stop(struct making *k)
{
	for (size_t i = 0; i < k->o->workload_count; i++)
		scale(k, &k->o->workloads[i], false);
}

static void
helm_start(struct making *k)
{
	for (size_t i = 0; i < k->o->workload_count; i++)
		scale(k, &k->o->workloads[i], true);
}

/* The manifest names the old image again before anything is scaled up: the new one never starts. */
static void
kubernetes_start(struct making *k)
{
	struct words w = { 0 };

	WORDS(k->m, &w, "kubectl", "apply");
	add_namespace(k, &w);
	if (manifest(k)) {
		WORDS(k->m, &w, "--filename", manifest(k));
		making_seconds(add(k, "deploy", NULL, "Apply the manifest with the old version",
				   &w),
		    -1, 1, 60);
	}
	helm_start(k);
}

/* Which revision ran is in the snapshot's archive, when snapshot --helm took it. */
static const struct evidence_store *
helm_store(const struct making *k)
{
	for (size_t i = 0; i < k->ev->store_count; i++)
		if (k->ev->stores[i].command &&
		    !strncmp(k->ev->stores[i].command, "helm history ", 13))
			return &k->ev->stores[i];
	return NULL;
}

static void
helm_release(struct making *k)
{
	const struct evidence_store *st = helm_store(k);
	const char *release = k->o->helm_release ? k->o->helm_release :
	    st                                   ? st->name :
						   k->ev->service;
	const char *title = mem_fmt(k->m,
	    "Let Helm go back to the revision before; its hooks stay away from the data");
	struct words w = { 0 };
	struct plan_step *s;

	if (k->o->helm_revision) {
		WORDS(k->m, &w, "helm", "rollback", release, k->o->helm_revision, "--no-hooks");
		add_namespace(k, &w);
		s = add(k, "helm", release, title, &w);
	} else if (st && release) {
		WORDS(k->m, &w, "helm_rollback", release, st->archive, st->name);
		add_namespace(k, &w);
		s = making_add(k, "helm", release, title, &w);
	} else {
		s = making_by_hand(k, "helm", title,
		    "No snapshot --helm is recorded: find the revision before the release with "
		    "helm history, then helm rollback RELEASE REVISION --no-hooks; never without "
		    "its number.");
	}
	making_seconds(s, -1, 10, 300);
	if (!k->restore)
		return;
	/* a rollback sets the replicas of that revision: the service is up again */
	kubernetes_stop(k);
}

/* What the release recorded. */
static void
command_stop(struct making *k)
{
	struct plan_step *s = making_again(k, k->o->names->stop, "stop",
	    "Stop the new version, which holds connections to the data");

	if (s)
		s->image = "new";
	else
		sentences_add(k->m, &k->v->caveats,
		    "stop the new version first when you can: what it writes until the old one "
		    "runs is lost, "
		    "and it may migrate the restored data again (a recorded step named %s would "
		    "have been run here)",
		    k->o->names->stop);
}

static void
command_start(struct making *k)
{
	const struct story_step *last = evidence_last(k->ev, k->o->names->deploy);
	struct plan_step *s = making_again(k, k->o->names->deploy, "deploy",
	    "Start the old version: run the deploy command again");

	if (!s && last && !evidence_acted(last)) {
		sentences_add(k->m, &k->v->caveats,
		    "the new version was never started: step %s was %s", last->step, last->status);
		if (!k->restore)
			return;
	}
	if (!s) {
		s = making_by_hand(k, "deploy", "Start the old version",
		    mem_fmt(k->m,
			"No command of a step named %s is recorded: start the old version as you "
			"always do.",
			k->o->names->deploy));
		making_seconds(s, -1, 120, 600);
	}
	s->image = "old";
}

static const struct {
	void (*stop)(struct making *);
	void (*release)(struct making *);       /* between the manifest and the data, or NULL */
	void (*start)(struct making *);
	/* a person is asked to freeze, flush and open where nothing is recorded */
	bool asks;
} platforms[] = {
	[PLATFORM_COMMAND] = { command_stop, NULL, command_start, false },
	[PLATFORM_COMPOSE] = { compose_stop, NULL, compose_start, true },
	[PLATFORM_HELM] = { kubernetes_stop, helm_release, helm_start, true },
	[PLATFORM_KUBERNETES] = { kubernetes_stop, NULL, kubernetes_start, true },
};

/* A recorded command of step KIND again; else a person is asked, or only TOLD. */
static void
hook(struct making *k, const char *kind, const char *title, const char *what,
    struct sentences *told)
{
	if (!k->v->stops || making_again(k, kind, kind, title))
		return;
	if (platforms[k->o->platform].asks)
		making_by_hand(k, kind, title, what);
	else
		sentences_add(k->m, told, "%s", what);
}

void
platform_freeze(struct making *k)
{
	hook(k, "freeze", "Freeze the pipelines and put up the maintenance page",
	    "no pipeline, Argo CD or Flux may deploy in between; users see a maintenance page",
	    &k->v->caveats);
}

void
platform_stop(struct making *k)
{
	if (k->v->stops)
		platforms[k->o->platform].stop(k);
}

void
platform_release(struct making *k)
{
	if (platforms[k->o->platform].release)
		platforms[k->o->platform].release(k);
}

void
platform_flush(struct making *k)
{
	if (k->restore)
		hook(k, "flush", "Flush queues and caches",
		    "caches hold what is no more, and queued jobs name rows that are not there: "
		    "flush them, store by store",
		    &k->p->verify);
}

void
platform_start(struct making *k)
{
	platforms[k->o->platform].start(k);
}

void
platform_open(struct making *k)
{
	hook(k, "open", "Take the maintenance page away and let the pipelines run again",
	    "the pipelines may run again when the old version stands in the branch that they "
	    "deploy",
	    &k->p->verify);
}
