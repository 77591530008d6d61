/* sqitch.c - sqitch.plan: its changes in their order, with the ids that sqitch's registry knows
 * them by. */
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "migrate/plans.h"

enum { PLAN_MAX = 64 << 20 };

struct dependency {
	const char *text;               /* as the registry has it: change@tag, project:change */
	/* of the change in this plan; NULL: of another project, or a conflict */
	const char *id;
	bool conflict;
};

struct tag {
	const char *name, *note, *date, *planner, *email, *id;
	size_t change;                  /* the change before it */
	int line;
};

struct change {
	const char *name, *note, *date, *planner, *email, *id;
	struct dependency *needs;
	size_t need_count, need_room;
	/* of an older one of several of that name: "@tag"; else "" */
	const char *suffix;
};

struct plan {
	struct mem *m;
	const char *path;
	const char *project, *uri;
	struct change *change;
	struct tag *tag;
	size_t changes, change_room, tags, tag_room;
};

static int
bad(const struct plan *p, int line, const char *what, struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "bad-input", "%s:%d: %s", p->path, line, what);
}

/* From AT up to END, without blanks around it. */
static char *
trim(struct mem *m, const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	while (end > at && strchr(" \t\r\n", end[-1]))
		end--;
	return mem_dup(m, at, (size_t)(end - at));
}

/* A note's \n, \r and \\ are what they stand for. */
static char *
unescape(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		const char *found = *from == '\\' && from[1] ? strchr("n\nr\r\\\\", from[1]) : NULL;

		*to++ = found ? found[1] : *from;
		from += found != NULL;
	}
	*to = 0;
	return s;
}

static char *
make_id(struct mem *m, const char *kind, const struct mem_text *info)
{
	char hex[DIGEST_HEX];
	struct mem_text t = { .m = m };

	mem_text_fmt(&t, "%s %zu", kind, info->len);
	mem_text_add(&t, "", 1);
	mem_text_add(&t, info->text, info->len);
	return mem_string(m, digest_other(hex, "sha1", t.text, t.len));
}

/* The lines that the ids of changes and tags begin with. */
static void
begin_info(struct mem_text *t, const struct plan *p)
{
	mem_text_fmt(t, "project %s\n", p->project);
	if (p->uri)
		mem_text_fmt(t, "uri %s\n", p->uri);
}

static void
add_needs(struct mem_text *t, const struct change *c, bool conflicts, const char *head, char mark)
{
	bool any = false;

	for (size_t i = 0; i < c->need_count; i++) {
		if (c->needs[i].conflict != conflicts)
			continue;
		mem_text_fmt(t, "%s\n  %c %s", any ? "" : head, mark, c->needs[i].text);
		any = true;
	}
}

static void
identify_change(struct plan *p, struct change *c)
{
	struct mem_text t = { .m = p->m };

	begin_info(&t, p);
	mem_text_fmt(&t, "change %s\n", c->name);
	if (p->changes > 1)
		mem_text_fmt(&t, "parent %s\n", p->change[p->changes - 2].id);
	mem_text_fmt(&t, "planner %s <%s>\ndate %s", c->planner, c->email, c->date);
	add_needs(&t, c, false, "\nrequires", '+');
	add_needs(&t, c, true, "\nconflicts", '-');
	if (*c->note)
		mem_text_fmt(&t, "\n\n%s", c->note);
	c->id = make_id(p->m, "change", &t);
}

static void
identify_tag(struct plan *p, struct tag *g)
{
	struct mem_text t = { .m = p->m };

	begin_info(&t, p);
	mem_text_fmt(&t, "tag %s\nchange %s\nplanner %s <%s>\ndate %s", g->name,
	    p->change[g->change].id, g->planner, g->email, g->date);
	if (*g->note)
		mem_text_fmt(&t, "\n\n%s", g->note);
	g->id = make_id(p->m, "tag", &t);
}

static const struct tag *
find_tag(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->tags; i++)
		if (!strcmp(p->tag[i].name, name))
			return &p->tag[i];
	return NULL;
}

/* "name", "name@tag" or "@tag" of this plan; NULL: there is none before the change that is being
 * read. */
static const struct change *
find_change(const struct plan *p, const char *spec, size_t below)
{
	const char *at = strchr(spec, '@');
	const struct tag *tag = at ? find_tag(p, at) : NULL;
	size_t len = at ? (size_t)(at - spec) : strlen(spec), from = tag ? tag->change + 1 : below;

	if (at && !tag)
		return NULL;
	if (!len)
		return &p->change[tag->change];
	while (from-- > 0)
		if (strlen(p->change[from].name) == len &&
		    !strncmp(p->change[from].name, spec, len))
			return &p->change[from];
	return NULL;
}

/* One of the words between [ and ]. */
static int
take_need(struct plan *p, struct change *c, const char *word, int line, struct err *e)
{
	struct dependency d = { .conflict = *word == '!' };
	const struct change *found = NULL;
	const char *colon;

	word += d.conflict;
	colon = strchr(word, ':');
	if (colon && (size_t)(colon - word) == strlen(p->project) &&
	    !strncmp(word, p->project, (size_t)(colon - word))) {
		word = colon + 1;
		colon = NULL;
	}
	d.text = word;
	if (!colon && !d.conflict) {
		if (!(found = find_change(p, word, p->changes - 1)))
			return bad(p, line,
			    mem_fmt(p->m, "change %s requires %s, which the plan has not before it",
				c->name, word),
			    e);
		d.id = found->id;
	}
	mem_grow(p->m, &c->needs, c->need_count, &c->need_room, sizeof *c->needs);
	c->needs[c->need_count++] = d;
	return 0;
}

static int
take_needs(struct plan *p, struct change *c, char *list, int line, struct err *e)
{
	char *rest;

	for (char *word = strtok_r(list, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		if (take_need(p, c, word, line, e))
			return -1;
	return 0;
}

/* "2024-01-01T00:00:00Z Name <email>" at AT. False: it is none. */
static bool
take_author(struct mem *m, const char *at, const char **date, const char **name, const char **email)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	const char *open = strchr(at, '<'), *close = open ? strchr(open, '>') : NULL;

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? at[i] < '0' || at[i] > '9' : at[i] != shape[i])
			return false;
	if (!close || open == at + sizeof shape - 1)
		return false;
	*date = mem_dup(m, at, sizeof shape - 1);
	*name = trim(m, at + sizeof shape - 1, open);
	*email = mem_dup(m, open + 1, (size_t)(close - open) - 1);
	return **name && **email && !*trim(m, close + 1, close + strlen(close));
}

/* An older change of the name, tagged since, has its scripts under NAME@TAG. */
static void
rework(struct plan *p, const struct migrate_listing *l, size_t old)
{
	struct change *c = &p->change[old];
	const char *first = NULL;

	for (size_t change = p->changes; change-- > old;)
		for (size_t i = 0; i < p->tags; i++) {
			if (p->tag[i].change != change)
				continue;
			first = first ? first : p->tag[i].name;
			if (access(mem_fmt(p->m, "%s/deploy/%s%s.sql", l->dir, c->name,
				       p->tag[i].name),
				F_OK))
				continue;
			c->suffix = p->tag[i].name;
			return;
		}
	c->suffix = first;
}

static int
add_tag(struct plan *p, const char *line, const char *note, int number, struct err *e)
{
	size_t n = strcspn(line, " \t");
	struct tag g = { .note = note, .line = number, .change = p->changes - 1 };

	g.name = mem_dup(p->m, line, n);
	if (!p->changes)
		return bad(p, number, "a tag before the first change", e);
	if (find_tag(p, g.name))
		return bad(p, number,
		    mem_fmt(p->m, "tag %s stands on line %d, too", g.name,
			find_tag(p, g.name)->line),
		    e);
	if (!take_author(p->m, line + n + strspn(line + n, " \t"), &g.date, &g.planner, &g.email))
		return bad(p, number, "a tag without its time, planner and address", e);
	identify_tag(p, &g);
	mem_grow(p->m, &p->tag, p->tags, &p->tag_room, sizeof *p->tag);
	p->tag[p->tags++] = g;
	return 0;
}

static int
add_change(struct plan *p, const struct migrate_listing *l, char *line, const char *note,
    int number, struct err *e)
{
	size_t n = strcspn(line, " \t[");
	char *rest = line + n + strspn(line + n, " \t"), *close = NULL;
	struct change *c;

	if (!n || strcspn(line, "@:\\") < n)
		return bad(p, number, "this is not the name of a change", e);
	mem_grow(p->m, &p->change, p->changes, &p->change_room, sizeof *p->change);
	c = &p->change[p->changes++];
	*c = (struct change){ .name = mem_dup(p->m, line, n), .note = note, .suffix = "" };
	for (size_t i = p->changes - 1; i-- > 0;) {
		if (strcmp(p->change[i].name, c->name) || *p->change[i].suffix)
			continue;
		if (!p->tags || p->tag[p->tags - 1].change < i)
			return bad(p, number,
			    mem_fmt(p->m, "change %s stands here twice without a tag between",
				c->name),
			    e);
		rework(p, l, i);
	}
	if (*rest == '[') {
		if (!(close = strchr(rest, ']')))
			return bad(p, number, "a [ without its ]", e);
		if (take_needs(p, c, mem_dup(p->m, rest + 1, (size_t)(close - rest) - 1), number,
			e))
			return -1;
		rest = close + 1 + strspn(close + 1, " \t");
	}
	if (!take_author(p->m, rest, &c->date, &c->planner, &c->email))
		return bad(p, number, "a change without its time, planner and address", e);
	identify_change(p, c);
	return 0;
}

static int
take_line(struct plan *p, const struct migrate_listing *l, const char *at, size_t len, int number,
    struct err *e)
{
	const char *hash = memchr(at, '#', len), *equals;
	char *line = trim(p->m, at, hash ? hash : at + len);
	char *note = unescape(trim(p->m, hash ? hash + 1 : at + len, at + len));

	if (!*line)
		return 0;
	if (*line == '%') {
		equals = strchr(line, '=');
		if (equals && !strncmp(line, "%project", 8))
			p->project = trim(p->m, equals + 1, equals + strlen(equals));
		else if (equals && !strncmp(line, "%uri", 4))
			p->uri = trim(p->m, equals + 1, equals + strlen(equals));
		return 0;
	}
	if (!p->project)
		return bad(p, number, "a change before %project", e);
	if (*line == '@')
		return add_tag(p, line, note, number, e);
	if (*line == '-')
		return bad(p, number, "a change to be reverted", e);
	line += *line == '+';
	return add_change(p, l, line + strspn(line, " \t"), note, number, e);
}

static struct value *
describe(const struct plan *p, const struct change *c)
{
	struct value *v = value_object(p->m), *list, *x;

	value_set_string(v, "id", c->id);
	value_set_string(v, "project", p->project);
	value_set_string(v, "uri", p->uri);
	value_set_string(v, "change", c->name);
	value_set_string(v, "note", c->note);
	value_set_string(v, "date", c->date);
	value_set_string(v, "planner", c->planner);
	value_set_string(v, "email", c->email);
	list = value_set_array(p->m, v, "needs");
	for (size_t i = 0; i < c->need_count; i++) {
		x = value_add_object(p->m, list);
		value_set_string(x, "text", c->needs[i].text);
		value_set_string(x, "id", c->needs[i].id);
		value_set_bool(x, "conflict", c->needs[i].conflict);
	}
	list = value_set_array(p->m, v, "tags");
	for (size_t i = 0; i < p->tags; i++) {
		const struct tag *g = &p->tag[i];

		if (&p->change[g->change] != c)
			continue;
		x = value_add_object(p->m, list);
		value_set_string(x, "id", g->id);
		value_set_string(x, "name", g->name);
		value_set_string(x, "note", g->note);
		value_set_string(x, "date", g->date);
		value_set_string(x, "planner", g->planner);
		value_set_string(x, "email", g->email);
	}
	return v;
}

int
migrate_walk_sqitch(struct mem *m, struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	struct plan p = { .m = m, .path = mem_fmt(m, "%s/sqitch.plan", l->dir) };
	const char *text = io_read_file(m, p.path, PLAN_MAX, NULL, e);
	size_t n;

	if (!text)
		return -1;
	for (int line = 1; *text; text += n + (text[n] == '\n'), line++) {
		n = strcspn(text, "\n");
		if (take_line(&p, l, text, n, line, e))
			return -1;
	}
	for (size_t i = 0; i < p.changes; i++) {
		const struct change *c = &p.change[i];
		struct migrate_file *f = migrate_dir_add(m, d);
		char *down = mem_fmt(m, "%s/revert/%s%s.sql", l->dir, c->name, c->suffix);

		f->version = mem_fmt(m, "%s%s", c->name, c->suffix);
		f->name = "";
		f->file = mem_fmt(m, "deploy/%s.sql", f->version);
		f->down_path = access(down, F_OK) ? NULL : down;
		f->note = describe(&p, c);
	}
	return 0;
}
