/* hazard_code.c - conditions on one change: what code of either release does. */
#include <string.h>

#include "pg/sql.h"
#include "schema/hazard_when.h"
#include "schema/key.h"

#define WHEN(name) bool when_##name(const struct diff *d, const struct diff_change *c)

static const char *
get(const struct model_object *o, enum model_prop p)
{
	return o ? model_get(o, p) : NULL;
}

static bool
is_type(const struct model_object *o, char contype)
{
	const char *t = get(o, PROP_CONTYPE);

	return t && *t == contype;
}

/* Checks. */

/* Does the rule name no column of its table but new ones? */
static bool
of_new_columns(const struct diff *d, const struct model_object *check)
{
	const char *text = model_get(check, PROP_DEFINITION);
	const struct model_object *was =
	    check->table ? model_find(d->from, MODEL_TABLE, check->table->id) : NULL;
	size_t first, n = was ? model_children(d->from, was, MODEL_COLUMN, &first) : 0;

	for (size_t i = 0; text && i < n; i++)
		if (sql_says(text, strlen(text), d->from->objects[first + i]->name) ||
		    strchr(d->from->objects[first + i]->name, '"'))
			return false;
	return text && was;
}

/* Is the default one of the values that the rule lists? */
static bool
is_listed(const char *rule, const char *value)
{
	const char *list = strstr(rule, " = ANY (ARRAY["), *at = list;
	size_t n = strlen(value);

	while (list && (at = strstr(at + 1, value)))
		if (strchr("[ ", at[-1]) && strchr(",]", at[n]))
			return true;
	return false;
}

/* Do all rows that leave the new columns out keep the rule, as far as can be seen? NULL does, but
 * where the rule asks for NULLs. */
static bool
default_fits(const struct diff *d, const struct model_object *check)
{
	static const char *const asks[] = { " IS ", "COALESCE(", "num_n", "CASE " };
	const char *rule = model_get(check, PROP_DEFINITION), *value;
	size_t first, n = model_children(d->to, check->table, MODEL_COLUMN, &first);

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
		if (strstr(rule, asks[i]))
			return false;
	for (size_t i = 0; i < n; i++) {
		const struct model_object *column = d->to->objects[first + i];

		if (!sql_says(rule, strlen(rule), column->name))
			continue;
		value = get(column, PROP_DEFAULT);
		if (get(column, PROP_IDENTITY) || get(column, PROP_GENERATED) ||
		    (value && !is_listed(rule, value)))
			return false;
	}
	return true;
}

WHEN(stricter_check) { return is_type(c->to, 'c') && !of_new_columns(d, c->to); }
WHEN(rule_of_default)
{
	return is_type(c->to, 'c') && of_new_columns(d, c->to) && !default_fits(d, c->to);
}

/* Foreign keys. */

WHEN(stricter_key) { return is_type(c->to, 'f') && !when_key_is_empty(d, c); }
WHEN(key_of_empty) { return is_type(c->to, 'f') && when_key_is_empty(d, c); }
WHEN(key_acts)
{
	static const char *const acts[] = { " ON DELETE CASCADE", " ON DELETE SET ",
		" ON UPDATE CASCADE", " ON UPDATE SET " };
	const char *text = get(c->from, PROP_DEFINITION);

	(void)d;
	for (size_t i = 0; is_type(c->from, 'f') && text && i < sizeof acts / sizeof *acts; i++)
		if (strstr(text, acts[i]))
			return true;
	return false;
}

/* Only that more is done with the rows that refer to what goes or changes. */
WHEN(key_eased)
{
	size_t n = c->old ? strlen(c->old) : 0;

	(void)d;
	return is_type(c->to, 'f') && c->new && !strncmp(c->old, c->new, n) &&
	    !strncmp(c->new + n, " ON ", 4);
}
WHEN(rule_changed) { return when_not_only_validated(d, c) && !when_key_eased(d, c); }

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

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* Does a line of ACL (may be NULL) begin with the first N bytes of WHO, the grantee, and give what
 * begins with LEN bytes of WORD? LEN 0: anything at all. */
static bool
may(const char *acl, const char *who, size_t n, const char *word, size_t len)
{
	for (const char *line = acl; line && *line; line = next_line(line))
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
	for (const char *line = a; line && *line; line = next_line(line)) {
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

/* What is meant by no list at all. */
static const char *
usual(struct mem *m, const struct diff_change *c, const char *acl)
{
	const char *everyone = model_kind_info(c->kind)->everyone;

	return acl || !everyone ? acl : mem_fmt(m, "PUBLIC=%s", everyone);
}

WHEN(privileges_lost)
{
	MEM_SCOPE(m);

	(void)d;
	return has_more(usual(m, c, c->old), usual(m, c, c->new)) ||
	    owner_has_less(c->old, c->new);
}
WHEN(privileges_new)
{
	MEM_SCOPE(m);

	(void)d;
	return has_more(usual(m, c, c->new), usual(m, c, c->old)) ||
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

	for (const char *line = acl; sequence && line && *line; line = next_line(line))
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
		     line = next_line(line))
			if (is_hidden(line, c->to))
				return true;
	return false;
}

/* Functions. */

WHEN(call_new) { (void)d; return c->prop == PROP_ARGUMENTS || c->prop == PROP_RESULT; }

/* Rules that new code need not keep. */

WHEN(rule_gone)
{
	if (c->kind == MODEL_CONSTRAINT)
		return !when_key_widened(d, c) || !key_same(d->to, c->from);
	return c->kind == MODEL_DOMAIN_CONSTRAINT ||
	    (c->kind == MODEL_INDEX && when_unique_index_gone(d, c));
}

WHEN(rule_eased)
{
	if (c->kind == MODEL_CONSTRAINT || c->kind == MODEL_DOMAIN_CONSTRAINT)
		return c->prop == PROP_DEFINITION && when_not_only_validated(d, c);
	if (c->kind == MODEL_TABLE)
		return !c->new && (c->prop == PROP_RLS || c->prop == PROP_FORCE_RLS);
	return c->kind == MODEL_DOMAIN &&
	    (c->prop == PROP_TYPE || (c->prop == PROP_NOT_NULL && !c->new));
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
