/* hazard_code.c - conditions on one change: what code of either release does. */
#include <string.h>

#include "pg/sql.h"
#include "schema/hazard_when.h"

#define WHEN(name) bool when_##name(const struct diff *d, const struct diff_change *c)

static const char *
get(const struct model_object *o, enum model_prop p)
{
	return o ? model_get(o, p) : NULL;
}

/* Is there a cast of what is no constant, to something that not every text is, or a division? */
WHEN(expression_fails)
{
	static const char *const safe[] = { "text", "character varying", "regclass", "bytea" };
	const char *text = get(c->to, c->kind == MODEL_INDEX ? PROP_DEFINITION : PROP_GENERATED),
		   *at = text;
	bool fails = text && strstr(text, " / ");

	while (!fails && at && (at = strstr(at, ")::"))) {
		size_t i = 0;

		for (at += 3; i < sizeof safe / sizeof *safe; i++)
			if (!strncmp(at, safe[i], strlen(safe[i])))
				break;
		fails = i == sizeof safe / sizeof *safe;
	}
	(void)d;
	return fails;
}

WHEN(elsewhere)
{
	(void)d;
	return (c->prop == PROP_OPTIONS || c->prop == PROP_SERVER) && get(c->to, PROP_SERVER);
}

/* Columns. */

static bool
is_filled(const struct model_object *column)
{
	return get(column, PROP_DEFAULT) || get(column, PROP_IDENTITY) ||
	    get(column, PROP_GENERATED);
}

WHEN(default_new)
{
	(void)d;
	return c->new && get(c->from, PROP_NOT_NULL) && !is_filled(c->from);
}
WHEN(identity_new)
{
	(void)d;
	return c->new && (c->old ? *c->old == 'A' && *c->new != 'A' : !is_filled(c->from));
}
WHEN(left_out) { (void)d; return get(c->from, PROP_NOT_NULL) && !is_filled(c->from); }

/* Does an index or a constraint of its table name the column? */
WHEN(column_checked)
{
	static const enum model_kind kinds[] = { MODEL_CONSTRAINT, MODEL_INDEX };
	const struct model_object *o = c->from;
	size_t first, n;

	for (size_t k = 0; o && o->table && k < sizeof kinds / sizeof *kinds; k++) {
		n = model_children(d->from, o->table, kinds[k], &first);
		for (size_t i = 0; i < n; i++) {
			const char *text = get(d->from->objects[first + i], PROP_DEFINITION);

			if (text && (*o->name == '"' || sql_says(text, strlen(text), o->name)))
				return true;
		}
	}
	return false;
}

/* Privileges: a line for each grantee, "who=A,B*"; the star is the right to hand it on. */

/* Does the list of privileges that begins at LIST hold the first N bytes of WORD? */
static bool
holds(const char *list, const char *word, size_t n)
{
	for (const char *p = list; p && *p && *p != '\n'; p += *p == ',') {
		if (!strncmp(p, word, n) && strchr(",*\n", p[n]))
			return true;
		p += strcspn(p, ",\n");
	}
	return false;
}

/* The list of a line, behind the grantee and who granted it. */
static const char *
list_of(const char *line)
{
	const char *p = line + model_grantee_len(line);

	return p + strcspn(p, "=\n") + (p[strcspn(p, "=\n")] == '=');
}

/* Does a line of ACL (may be NULL) begin with the first N bytes of WHO, the grantee, and give what
 * begins with LEN bytes of WORD? LEN 0: anything at all. */
static bool
may(const char *acl, const char *who, size_t n, const char *word, size_t len)
{
	for (const char *line = acl; line && *line; line = model_next_line(line))
		if (model_grantee_len(line) == n && !strncmp(line, who, n) &&
		    (!len || holds(list_of(line), word, len)))
			return true;
	return false;
}

static bool
is_owner(const char *line)
{
	return !strncmp(line, "<owner>=", 8);
}

/* Has a grantee in A what it has not in B? The owner has all where it is not named. */
static bool
has_more(const char *a, const char *b)
{
	for (const char *line = a; line && *line; line = model_next_line(line)) {
		size_t who = model_grantee_len(line), n;

		if (is_owner(line) && !may(b, line, who, "", 0))
			continue;
		for (const char *p = list_of(line); *p && *p != '\n'; p += *p == ',') {
			n = strcspn(p, ",*\n");
			if (!may(b, line, who, p, n))
				return true;
			p += n + strspn(p + n, "*");
		}
	}
	return false;
}

/* The owner is named where it has not everything. */
static bool
owner_has_less(const char *old, const char *new)
{
	static const char owner[] = "<owner>";
	size_t n = sizeof owner - 1;

	return may(new, owner, n, "", 0) && !may(old, owner, n, "", 0);
}

/* What may be done on that side of the change, and by whom. */
static const char *
acl_of(struct mem *m, const struct model *mo, const struct model_object *o)
{
	const char *acl = get(o, PROP_ACL);

	return acl ? acl : model_usual_acl(m, mo, o);
}

WHEN(privileges_lost)
{
	MEM_SCOPE(m);

	return has_more(acl_of(m, d->from, c->from), acl_of(m, d->to, c->to)) ||
	    owner_has_less(c->old, c->new);
}
WHEN(privileges_new)
{
	MEM_SCOPE(m);

	return has_more(acl_of(m, d->to, c->to), acl_of(m, d->from, c->from)) ||
	    owner_has_less(c->new, c->old);
}

/* May who has the line not draw from the sequence? */
static bool
is_refused(const char *line, const char *sequence)
{
	size_t n = model_grantee_len(line);

	return !is_owner(line) && holds(list_of(line), "INSERT", 6) &&
	    !may(sequence, line, n, "USAGE", 5) && !may(sequence, line, n, "UPDATE", 6) &&
	    !may(sequence, "PUBLIC", 6, "USAGE", 5);
}

/* May somebody insert into the table who may not draw from the sequence of the default? */
WHEN(numbers_refused)
{
	static const char call[] = "nextval('";
	MEM_SCOPE(m);
	const char *text = get(c->to, PROP_DEFAULT), *acl = get(c->to->table, PROP_ACL);
	const struct model_object *sequence = text && !strncmp(text, call, sizeof call - 1) ?
	    model_find(d->to, MODEL_SEQUENCE,
		mem_dup(m, text + sizeof call - 1, strcspn(text + sizeof call - 1, "'"))) :
	    NULL;

	for (const char *line = acl; sequence && line && *line; line = model_next_line(line))
		if (is_refused(line, get(sequence, PROP_ACL)))
			return true;
	return false;
}

/* May who has the line read neither the whole table nor the new column? */
static bool
is_hidden(const char *line, const struct model_object *column)
{
	size_t n = model_grantee_len(line);

	return holds(list_of(line), "SELECT", 6) &&
	    !may(get(column->table, PROP_ACL), line, n, "SELECT", 6) &&
	    !may(get(column, PROP_ACL), line, n, "SELECT", 6);
}

/* Is there who may read another column by itself, and not this one? */
WHEN(column_hidden)
{
	size_t first, n = c->to->table ?
	    model_children(d->to, c->to->table, MODEL_COLUMN, &first) : 0;

	for (size_t i = 0; i < n; i++)
		for (const char *line = get(d->to->objects[first + i], PROP_ACL); line && *line;
		     line = model_next_line(line))
			if (is_hidden(line, c->to))
				return true;
	return false;
}

/* Functions. */

WHEN(call_new) { (void)d; return c->prop == PROP_ARGUMENTS || c->prop == PROP_RESULT; }

/* Are rows put together in this function's text, whose columns it names one by one? */
static bool
lists_columns(const char *text)
{
	const char *star = text;

	while (star && (star = strchr(star, '*')) && star[-1] == '(' && star[1] == ')')
		star++;
	return text && !star &&
	    (strstr(text, " LANGUAGE sql") || strcasestr(text, "RETURN QUERY"));
}

/* Does a function that stays as it was give rows of the table? */
WHEN(row_returned)
{
	size_t first, n = model_of_kind(d->to, MODEL_FUNCTION, &first);

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *f = d->to->objects[i];
		const char *result = get(f, PROP_RESULT), *text = get(f, PROP_DEFINITION);

		if (result && !strncmp(result, "SETOF ", 6))
			result += 6;
		if (model_same(result, c->to->table->id) && lists_columns(text) &&
		    model_same(text, get(model_find(d->from, f->kind, f->id), PROP_DEFINITION)))
			return true;
	}
	return false;
}

/* Columns of a view that were not there, or were others. */
WHEN(columns_new)
{
	const char *old = c->old ? c->old : "", *new = c->new ? c->new : "";
	size_t n = strlen(new);

	(void)d;
	return (c->kind == MODEL_VIEW || c->kind == MODEL_MATVIEW) &&
	    !(strlen(old) >= n && !strncmp(old, new, n) && (!old[n] || old[n] == ','));
}
