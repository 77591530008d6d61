/* container.c - compose and docker targets: every container runs and is healthy. Asked through the
 * Engine's socket, else through the docker command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/value.h"
#include "health/child.h"
#include "health/fetch.h"
#include "health/kinds.h"

struct attempt {
	struct fetch_request *request;
	struct child *child;
};

/* Containers seen so far: the worst one counts. */
struct tally {
	int count, good;
	char state[PROBE_STATE], text[PROBE_TEXT];
};

/* One container, whatever the source called its fields. HEALTH is "" without a health check. */
static void
count(struct tally *t, const char *name, const char *state, const char *health, int64_t exit)
{
	const char *word = strcmp(state, "running") ? state : health;

	t->count++;
	if (!strcmp(state, "running") &&
	    (!*health || !strcmp(health, "healthy") || !strcmp(health, "none"))) {
		t->good++;
		return;
	}
	snprintf(t->state, sizeof t->state, "%s", word);
	if (!strcmp(state, "exited"))
		snprintf(t->text, sizeof t->text, "%s has exited with %lld", name, (long long)exit);
	else
		snprintf(t->text, sizeof t->text, "%s is %s", name, word);
}

static void
judge(struct probe *p, const struct tally *t)
{
	if (!t->count)
		probe_end(p, "not-found", "there is no container of it");
	else if (t->good == t->count)
		probe_end(p, "ok", "%d of %d running and healthy", t->good, t->count);
	else
		probe_end(p, t->state, "%s; %d of %d good", t->text, t->good, t->count);
}

static const char *
text_of(const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? s : "";
}

static bool
is_compose(const struct target *t)
{
	return !strncmp(t->text, "compose:", 8);
}

/* The Engine */

/* GET /containers/NAME/json */
static void
judge_inspected(struct probe *p, const struct value *v)
{
	struct tally t = { 0 };
	const struct value *state = value_get(v, "State"), *health = value_get(state, "Health");

	count(&t, text_of(v, "Name"), text_of(state, "Status"), text_of(health, "Status"),
	    value_get_int(state, "ExitCode", -1));
	judge(p, &t);
}

/* "Up 3 minutes (healthy)" */
static const char *
health_in(const char *status)
{
	if (strstr(status, "(healthy)"))
		return "healthy";
	if (strstr(status, "(unhealthy)"))
		return "unhealthy";
	return strstr(status, "(health: starting)") ? "starting" : "";
}

/* The project that PROJECT's containers must belong to, when there are several that have such a
 * service: as compose finds it, by its variable, else by the directory. */
static bool
is_ours(const struct value *labels)
{
	const char *name = getenv("COMPOSE_PROJECT_NAME");
	char *cwd = getcwd(NULL, 0);
	const char *dir = text_of(labels, "com.docker.compose.project.working_dir");
	bool ours = name && *name ? !strcmp(name, text_of(labels, "com.docker.compose.project")) :
	    cwd && !strcmp(cwd, dir);

	free(cwd);
	return ours;
}

/* GET /containers/json?all=1 */
static void
judge_list(struct probe *p, const struct value *list)
{
	struct tally t = { 0 };
	const char *first = NULL;
	bool several = false;

	for (size_t i = 0; i < value_count(list); i++) {
		const char *project = text_of(value_get(value_item(list, i), "Labels"),
		    "com.docker.compose.project");

		several |= first && strcmp(first, project);
		first = project;
	}
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *c = value_item(list, i), *labels = value_get(c, "Labels");
		const char *name = value_string(value_item(value_get(c, "Names"), 0));
		const char *code = strchr(text_of(c, "Status"), '(');

		if (!strcasecmp(text_of(labels, "com.docker.compose.oneoff"), "true") ||
		    (several && !is_ours(labels)))
			continue;
		count(&t, name ? name + (*name == '/') : "?", text_of(c, "State"),
		    health_in(text_of(c, "Status")), code ? strtol(code + 1, NULL, 10) : -1);
	}
	judge(p, &t);
}

static void
on_answer(void *arg, const struct fetch_answer *a)
{
	struct probe *p = arg;
	const struct value *v;
	struct err e;

	if (strcmp(a->state, "ok"))
		probe_end(p, a->state, "the Engine: %s", a->text);
	else if (a->status == 404)
		probe_end(p, "not-found", "there is no such container");
	else if (a->status != 200)
		probe_end(p, "http-status", "the Engine answers with HTTP status %d", a->status);
	else if (!(v = value_parse(p->m, a->body, a->body_len, &e)))
		probe_end(p, "invalid-json", "the Engine: %s", e.text);
	else if (value_kind(v) == VALUE_ARRAY)
		judge_list(p, v);
	else
		judge_inspected(p, v);
}

/* The socket's path, or NULL when there is none that we may use. */
static const char *
engine(void)
{
	const char *host = getenv("DOCKER_HOST"), *path = "/var/run/docker.sock";

	if (host && *host)
		path = strncmp(host, "unix://", 7) ? NULL : host + 7;
	return path && !access(path, R_OK | W_OK) ? path : NULL;
}

static void
ask_engine(struct probe *p, const char *path)
{
	struct attempt *a = p->own;
	struct fetch *f = probe_fetch(p);
	struct fetch_spec spec = { .unix_path = path,
		.address = -1,
		.seconds = p->deadline - clock_now(),
		.done = on_answer,
		.arg = p };

	if (!f)
		return;
	if (is_compose(p->target))
		spec.url = mem_fmt(p->m,
		    "http://localhost/containers/json?all=1&filters="
		    "%%7B%%22label%%22%%3A%%5B%%22com.docker.compose.service%%3D%s%%22%%5D%%7D",
		    p->target->rest);
	else
		spec.url = mem_fmt(p->m, "http://localhost/containers/%s/json", p->target->rest);
	a->request = fetch_start(p->m, f, &spec);
}

/* The command */

/* Both "docker compose ps" (State, Health, ExitCode at the top) and "docker inspect" (below
 * State). */
static void
count_listed(struct tally *t, const struct value *v)
{
	const struct value *state = value_get(v, "State");

	if (value_kind(state) == VALUE_OBJECT)
		count(t, text_of(v, "Name"), text_of(state, "Status"),
		    text_of(value_get(state, "Health"), "Status"),
		    value_get_int(state, "ExitCode", -1));
	else
		count(t, text_of(v, "Name"), text_of(v, "State"), text_of(v, "Health"),
		    value_get_int(v, "ExitCode", -1));
}

/* An array, an object, or one object a line: Compose has had all three. */
static int
count_output(struct probe *p, struct tally *t, const char *out, size_t len)
{
	struct err e;
	size_t used;

	for (; len && strchr(" \t\r\n", *out); out++)
		len--;
	while (len) {
		const struct value *v = value_parse_first(p->m, out, len, &used, &e);

		if (!v)
			return -1;
		if (value_kind(v) != VALUE_ARRAY)
			count_listed(t, v);
		for (size_t i = 0; value_kind(v) == VALUE_ARRAY && i < value_count(v); i++)
			count_listed(t, value_item(v, i));
		for (out += used, len -= used; len && strchr(" \t\r\n", *out); out++)
			len--;
	}
	return 0;
}

static void
on_done(void *arg, const struct child_end *end)
{
	struct probe *p = arg;
	struct tally t = { 0 };

	if (end->not_found)
		probe_end(p, "not-found",
		    "there is neither the Engine's socket nor a docker command");
	else if (end->exit != 0 && !is_compose(p->target))
		probe_end(p, "not-found",
		    "docker inspect knows no such container, or reaches no Engine");
	else if (end->exit != 0)
		probe_end(p, "not-found", "docker compose ps ended with %d", end->exit);
	else if (count_output(p, &t, end->out, end->len))
		probe_end(p, "invalid-json", "what docker wrote is not JSON");
	else
		judge(p, &t);
}

static void
ask_command(struct probe *p)
{
	const char *const ps[] = { "docker", "compose", "ps", "-a", "--format", "json",
		p->target->rest, NULL };
	const char *const inspect[] = { "docker", "inspect", "--type", "container", p->target->rest,
		NULL };
	struct child_spec spec = { .argv = is_compose(p->target) ? ps : inspect,
		.done = on_done,
		.arg = p };
	struct attempt *a = p->own;
	struct err e;

	if (!(a->child = child_start(p->m, p->scene->loop, &spec, &e)))
		probe_end(p, "unreachable", "%s", e.text);
}

static void
start(struct probe *p)
{
	const char *path = engine();

	p->own = mem_zero(p->m, 1, sizeof(struct attempt));
	if (path)
		ask_engine(p, path);
	else
		ask_command(p);
}

static void
drop(struct probe *p)
{
	struct attempt *a = p->own;

	fetch_cut(a->request);
	if (a->child)
		child_cut(a->child);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	(void)m;
	kind_of(t->text, &t->rest);
	if (!*t->rest || *t->rest == '-' || t->rest[strspn(t->rest, allowed)])
		return err_set(e, FAIL_TROUBLE, "usage", "after the colon comes the name of a %s",
		    is_compose(t) ? "service" : "container");
	return 0;
}

static const char *const prefixes[] = { "compose:", "docker:", NULL };

const struct kind kind_container = {
	.name = "container",
	.prefixes = prefixes,
	.flags = KIND_SLOW,
	.fds = 6,
	.parse = parse,
	.start = start,
	.drop = drop,
};
