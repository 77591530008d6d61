/* hazard.c - finds the rows of the hazard table that a change is. */
#include <string.h>

#include "schema/hazard.h"
#include "schema/hazard_when.h"

static const char *const classes[HAZARD_CLASSES] = { "destroys", "blocks", "old-code", "new-code",
	"advice" };
/* The words of --fail-on. */
static const char *const gates[HAZARD_CLASSES] = { "destructive", "blocking", "old-code",
	"new-code", "advice" };

const char *
hazard_class_name(enum hazard_class c)
{
	return classes[c];
}

const struct hazard *
hazard_find(const char *id)
{
	for (size_t i = 0; i < hazard_count; i++)
		if (!strcmp(hazard_table[i].id, id))
			return &hazard_table[i];
	return NULL;
}

static bool
is(const struct hazard *h, const struct diff *d, const struct diff_change *c)
{
	if (h->action != c->action || (h->kind != MODEL_KINDS && h->kind != c->kind))
		return false;
	if (c->action == DIFF_ALTER && h->prop != MODEL_PROPS && h->prop != c->prop)
		return false;
	return !h->when || h->when(d, c);
}

/* Locks from the weakest to the strongest. */
static int
strength(const char *lock)
{
	static const char *const locks[] = { "ShareUpdateExclusive", "Share", "ShareRowExclusive",
		"Exclusive", "AccessExclusive" };

	for (int i = 0; lock && i < 5; i++)
		if (!strcmp(locks[i], lock))
			return i + 1;
	return 0;
}

static void
take(struct diff_change *c, const struct hazard *h, const char *allowed)
{
	enum diff_verdict *v = h->class == HAZARD_NEW_CODE ? &c->new_code : &c->old_code;

	if (h->class != HAZARD_BLOCKS && h->verdict > *v)
		*v = h->verdict;
	if (strength(h->lock) > strength(c->lock))
		c->lock = h->lock;
	c->rewrite |= h->rewrite;
	c->scan |= h->scan;
	if (c->hazard_count < DIFF_HAZARDS) {
		c->allowed[c->hazard_count] = allowed;
		c->hazards[c->hazard_count++] = h;
	}
}

/* Does it lock the index alone? */
static bool
is_of_index(const struct diff_change *c)
{
	return c->action == DIFF_ALTER &&
	    (c->prop == PROP_OPTIONS || c->prop == PROP_STATISTICS || c->prop == PROP_COMMENT ||
		c->prop == PROP_INDEX_COMMENT);
}

/* Is a NOT NULL proven that was NOT VALID? */
static bool
proves_not_null(const struct diff_change *c)
{
	return c->kind == MODEL_COLUMN && c->prop == PROP_NOT_NULL_KIND && c->old && !c->new &&
	    strstr(c->old, "NOT VALID");
}

/* What every such change locks, hazard or not: each takes its lock for a moment at least. */
static const char *
base_lock(const struct diff_change *c)
{
	switch (c->kind) {
	case MODEL_TABLE:
	case MODEL_COLUMN:
		if (c->action == DIFF_CREATE && c->kind == MODEL_TABLE)
			return model_get(c->to, PROP_PARTITION_BOUND) ? "AccessExclusive" : NULL;
		if (c->action == DIFF_ALTER &&
		    (c->prop == PROP_COMMENT || c->prop == PROP_OPTIONS ||
			c->prop == PROP_STATISTICS || proves_not_null(c)))
			return "ShareUpdateExclusive";
		return c->action == DIFF_ALTER && c->prop == PROP_ACL ? NULL : "AccessExclusive";
	case MODEL_CONSTRAINT:
		if (is_of_index(c))
			return c->prop == PROP_COMMENT ? "ShareUpdateExclusive" : NULL;
		return when_foreign_key(NULL, c) && c->action == DIFF_CREATE ? "ShareRowExclusive"
		       : when_validated(NULL, c) ? "ShareUpdateExclusive"
						 : "AccessExclusive";
	case MODEL_INDEX:
		if (is_of_index(c))
			return NULL;
		return c->action == DIFF_CREATE ? "Share" :
		    c->action == DIFF_RENAME || c->prop == PROP_VALID ? "ShareUpdateExclusive" :
						  "AccessExclusive";
	case MODEL_TRIGGER: return c->action == DIFF_DROP ? "AccessExclusive" : "ShareRowExclusive";
	case MODEL_RULE:
	case MODEL_POLICY: return "AccessExclusive";
	case MODEL_STATISTICS: return "ShareUpdateExclusive";
	case MODEL_SEQUENCE:
		return c->action != DIFF_ALTER || c->prop == PROP_ACL || c->prop == PROP_COMMENT ?
		    NULL :
		    c->prop == PROP_OWNER ? "AccessExclusive" :
					    "ShareRowExclusive";
	default: return NULL;
	}
}

/* SQL that counts what old code cannot live with. */
static const char *
data_check(struct mem *m, const struct diff *d, const struct diff_change *c)
{
	const struct model_object *o = diff_object(c);
	struct mem_text t = { .m = m };

	if (c->kind == MODEL_COLUMN && c->action == DIFF_ALTER &&
	    ((c->prop == PROP_NOT_NULL && !c->new) || (c->prop == PROP_DEFAULT && !c->new)))
		return mem_fmt(m, "SELECT count(*) FROM %s WHERE %s IS NULL",
		    o->table ? o->table->id : o->parent, o->name);
	if (c->kind == MODEL_CONSTRAINT && c->action == DIFF_DROP && when_check(d, c) && o->table) {
		const char *rule = model_get(o, PROP_DEFINITION) + strlen("CHECK ");
		const char *end = strrchr(rule, ')');

		return mem_fmt(m, "SELECT count(*) FROM %s WHERE NOT %.*s", o->table->id,
		    (int)(end - rule + 1), rule);
	}
	if (c->kind != MODEL_ENUM || c->action != DIFF_ALTER || c->prop != PROP_LABELS)
		return NULL;
	for (size_t i = 0; i < d->to->count; i++) {
		const struct model_object *col = d->to->objects[i];
		const char *type = model_get(col, PROP_TYPE);

		if (col->kind == MODEL_COLUMN && col->table && col->table->kind == MODEL_TABLE &&
		    type && !strcmp(type, o->id))
			mem_text_fmt(&t,
			    "%s(SELECT count(*) FROM %s WHERE %s::text <> ALL (ARRAY[%s]))",
			    t.len ? " + " : "SELECT ", col->table->id, col->name, c->old);
	}
	return t.text;
}

/* The rows of a foreign table are another server's: nothing is lost, rewritten or read here. */
static bool
is_elsewhere(const struct diff_change *c)
{
	const struct model_object *o = diff_object(c),
				  *table = o->kind == MODEL_TABLE ? o : o->table;

	return table && model_get(table, PROP_SERVER);
}

void
hazard_assess(struct diff *d, const struct hazard_allow *allow)
{
	for (size_t i = 0; i < d->count; i++) {
		struct diff_change *c = &d->changes[i];

		c->lock = base_lock(c);
		c->scan = (c->kind == MODEL_CONSTRAINT && when_validated(d, c)) ||
		    proves_not_null(c);
		for (size_t j = 0; j < hazard_count; j++)
			if (is(&hazard_table[j], d, c) &&
			    (hazard_table[j].class > HAZARD_BLOCKS || !is_elsewhere(c)))
				take(c, &hazard_table[j],
				    hazard_allowed(d->m, &hazard_table[j], diff_object(c)->id,
					allow));
		if (c->old_code == DIFF_CHECK)
			c->data_check = data_check(d->m, d, c);
	}
}

struct hazard_sum
hazard_sum(const struct diff *d)
{
	struct hazard_sum s = { .changes = d->count };
	enum diff_verdict old_code = DIFF_COMPATIBLE, new_code = DIFF_COMPATIBLE;
	bool destroys = false;

	for (size_t i = 0; i < d->count; i++) {
		const struct diff_change *c = &d->changes[i];
		bool has[HAZARD_CLASSES] = { false };

		for (size_t j = 0; j < c->hazard_count; j++) {
			destroys |= c->hazards[j]->class == HAZARD_DESTROYS;
			has[c->hazards[j]->class] |= !c->allowed[j];
		}
		for (size_t j = 0; j < HAZARD_CLASSES; j++)
			s.counts[j] += has[j];
		if (c->old_code > old_code)
			old_code = c->old_code;
		if (c->new_code > new_code)
			new_code = c->new_code;
	}
	s.compatibility = old_code == DIFF_BREAKING     ? "breaking"
			  : old_code == DIFF_CHECK      ? "needs-check"
			  : new_code == DIFF_COMPATIBLE ? "full"
							: "old-code-ok";
	s.rollback = old_code == DIFF_BREAKING || destroys ? "restore" : "code";
	return s;
}

int
hazard_parse_classes(const char *list, unsigned *set, struct err *e)
{
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ","), i = 0;

		if (n == 4 && !strncmp(p, "none", n))
			*set = 0;
		else if (n == 3 && !strncmp(p, "any", n))
			*set |= HAZARD_SET_ANY | ((1u << HAZARD_ADVICE) - 1) | HAZARD_SET_CHECK;
		else if (n == 11 && !strncmp(p, "needs-check", n))
			*set |= HAZARD_SET_CHECK;
		else {
			while (i < HAZARD_CLASSES &&
			       (strlen(gates[i]) != n || strncmp(gates[i], p, n)))
				i++;
			if (i == HAZARD_CLASSES) {
				err_set(e, FAIL_TROUBLE, "usage",
				    "--fail-on: there is no class '%.*s'", (int)n, p);
				return err_hint(e,
				    "the classes are destructive, blocking, "
				    "old-code, new-code, needs-check, advice, any, none");
			}
			*set |= 1u << i;
		}
		p += n + (p[n] == ',');
	}
	return 0;
}

bool
hazard_in(const struct hazard *h, unsigned set)
{
	if ((h->class == HAZARD_OLD_CODE || h->class == HAZARD_NEW_CODE) &&
	    h->verdict == DIFF_CHECK)
		return set & HAZARD_SET_CHECK;
	return set & 1u << h->class;
}
