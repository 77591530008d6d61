/* model.c - the list of objects: kinds, properties, look-up, fingerprint. */
#include <stdlib.h>
#include <string.h>

#include "schema/expression.h"
#include "schema/model.h"

static const struct model_kind_info kinds[MODEL_KINDS] = {
	[MODEL_SCHEMA] = { "schema", "SCHEMA", false, "SCHEMA", NULL },
	[MODEL_EXTENSION] = { "extension", "EXTENSION", false, NULL, NULL },
	[MODEL_LANGUAGE] = { "language", "LANGUAGE", false, "LANGUAGE", "USAGE" },
	[MODEL_COLLATION] = { "collation", "COLLATION", false, NULL, NULL },
	[MODEL_SHELL_TYPE] = { "shell type", "TYPE", false, "TYPE", "USAGE" },
	[MODEL_ENUM] = { "enum", "TYPE", false, "TYPE", "USAGE" },
	[MODEL_DOMAIN] = { "domain", "DOMAIN", false, "DOMAIN", "USAGE" },
	[MODEL_COMPOSITE] = { "composite type", "TYPE", false, "TYPE", "USAGE" },
	[MODEL_RANGE] = { "range type", "TYPE", false, "TYPE", "USAGE" },
	[MODEL_FDW] = { "foreign data wrapper", "FOREIGN DATA WRAPPER", false,
	    "FOREIGN DATA WRAPPER", NULL },
	[MODEL_SERVER] = { "foreign server", "SERVER", false, "FOREIGN SERVER", NULL },
	[MODEL_USER_MAPPING] = { "user mapping", "USER MAPPING", false, NULL, NULL },
	[MODEL_SEQUENCE] = { "sequence", "SEQUENCE", false, "SEQUENCE", NULL },
	[MODEL_FUNCTION] = { "function", "ROUTINE", false, "ROUTINE", "EXECUTE" },
	[MODEL_BASE_TYPE] = { "base type", "TYPE", false, "TYPE", "USAGE" },
	[MODEL_TABLE] = { "table", "TABLE", false, "TABLE", NULL },
	[MODEL_COLUMN] = { "column", "COLUMN", true, "TABLE", NULL },
	[MODEL_IDENTITY] = { "identity sequence", "SEQUENCE", false, "SEQUENCE", NULL },
	[MODEL_DOMAIN_CONSTRAINT] = { "domain constraint", "CONSTRAINT", true, NULL, NULL },
	[MODEL_AGGREGATE] = { "aggregate", "AGGREGATE", false, "ROUTINE", "EXECUTE" },
	[MODEL_OPERATOR] = { "operator", "OPERATOR", false, NULL, NULL },
	[MODEL_OPERATOR_FAMILY] = { "operator family", "OPERATOR FAMILY", false, NULL, NULL },
	[MODEL_OPERATOR_CLASS] = { "operator class", "OPERATOR CLASS", false, NULL, NULL },
	[MODEL_CAST] = { "cast", "CAST", false, NULL, NULL },
	[MODEL_CONVERSION] = { "conversion", "CONVERSION", false, NULL, NULL },
	[MODEL_TRANSFORM] = { "transform", "TRANSFORM", false, NULL, NULL },
	[MODEL_TS_TEMPLATE] = { "text search template", "TEXT SEARCH TEMPLATE", false, NULL, NULL },
	[MODEL_TS_PARSER] = { "text search parser", "TEXT SEARCH PARSER", false, NULL, NULL },
	[MODEL_TS_DICTIONARY] = { "text search dictionary", "TEXT SEARCH DICTIONARY", false, NULL,
	    NULL },
	[MODEL_TS_CONFIGURATION] = { "text search configuration", "TEXT SEARCH CONFIGURATION",
	    false, NULL, NULL },
	[MODEL_CONSTRAINT] = { "constraint", "CONSTRAINT", true, NULL, NULL },
	[MODEL_VIEW] = { "view", "VIEW", false, "TABLE", NULL },
	[MODEL_MATVIEW] = { "materialized view", "MATERIALIZED VIEW", false, "TABLE", NULL },
	[MODEL_INDEX] = { "index", "INDEX", true, NULL, NULL },
	[MODEL_STATISTICS] = { "statistics", "STATISTICS", false, NULL, NULL },
	[MODEL_RULE] = { "rule", "RULE", true, NULL, NULL },
	[MODEL_TRIGGER] = { "trigger", "TRIGGER", true, NULL, NULL },
	[MODEL_POLICY] = { "policy", "POLICY", true, NULL, NULL },
	[MODEL_PUBLICATION] = { "publication", "PUBLICATION", false, NULL, NULL },
	[MODEL_SUBSCRIPTION] = { "subscription", "SUBSCRIPTION", false, NULL, NULL },
	[MODEL_EVENT_TRIGGER] = { "event trigger", "EVENT TRIGGER", false, NULL, NULL },
	[MODEL_DEFAULT_PRIVILEGES] = { "default privileges", NULL, false, NULL, NULL },
	[MODEL_ACCESS_METHOD] = { "access method", "ACCESS METHOD", false, NULL, NULL },
	[MODEL_SECURITY_LABEL] = { "security label", NULL, false, NULL, NULL },
	[MODEL_PRIVILEGES] = { "privileges", NULL, false, NULL, NULL },
};

static const char *const props[MODEL_PROPS] = {
	"position",
	"inherited",
	"type",
	"collation",
	"default",
	"generated",
	"identity",
	"not_null",
	"not_null_name",
	"not_null_kind",
	"not_null_from",
	"storage",
	"compression",
	"statistics",
	"persistence",
	"partition_key",
	"partition_bound",
	"inherits",
	"options",
	"toast_options",
	"replica_identity",
	"rls",
	"force_rls",
	"access_method",
	"tablespace",
	"of_type",
	"server",
	"definition",
	"contype",
	"references",
	"valid",
	"clustered",
	"columns",
	"populated",
	"start",
	"increment",
	"minimum",
	"maximum",
	"cache",
	"cycle",
	"owned_by",
	"labels",
	"attributes",
	"arguments",
	"result",
	"language",
	"enabled",
	"command",
	"permissive",
	"roles",
	"using",
	"check",
	"version",
	"in_schema",
	"tables",
	"owner",
	"acl",
	"comment",
	"index_comment",
	"not_null_comment",
	"written",
};

const struct model_kind_info *
model_kind_info(enum model_kind k)
{
	return &kinds[k];
}

const char *
model_prop_name(enum model_prop p)
{
	return props[p];
}

enum model_prop
model_prop_find(const char *name)
{
	size_t i = 0;

	while (i < MODEL_PROPS && strcmp(props[i], name))
		i++;
	return (enum model_prop)i;
}

bool
model_prop_compared(enum model_prop p)
{
	return p != PROP_POSITION && p != PROP_INHERITED && p != PROP_POPULATED &&
	    p != PROP_WRITTEN;
}

struct model *
model_new(struct mem *m, const char *source)
{
	struct model *mo = mem_zero(m, 1, sizeof *mo);

	mo->m = m;
	mo->source = source;
	return mo;
}

/* Not by mem_fmt: there are many. */
static char *
make_id(struct mem *m, const char *schema, const char *parent, const char *name, const char *args)
{
	const char *const parts[] = { schema, schema ? "." : NULL, parent, parent ? "." : NULL,
		name, args };
	char *id = mem_zero(m, (schema ? strlen(schema) : 0) + (parent ? strlen(parent) : 0) +
		strlen(name) + (args ? strlen(args) : 0) + 3, 1), *end = id;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		end = stpcpy(end, parts[i] ? parts[i] : "");
	return id;
}

struct model_object *
model_add(struct model *mo, enum model_kind kind, const char *schema, const char *parent,
    const char *name, const char *args)
{
	struct model_object *o = mem_zero(mo->m, 1, sizeof *o);

	o->kind = kind;
	o->schema = schema;
	o->parent = parent;
	o->name = name;
	o->id = make_id(mo->m, schema, parent, name, args);
	mem_grow(mo->m, &mo->objects, mo->count, &mo->room, sizeof *mo->objects);
	mo->objects[mo->count++] = o;
	return o;
}

void
model_need(struct model *mo, struct model_object *o, struct model_object *needed)
{
	if (o == needed)
		return;
	for (size_t i = 0; i < o->need_count; i++)
		if (o->needs[i] == needed)
			return;
	mem_grow(mo->m, &o->needs, o->need_count, &o->need_room, sizeof *o->needs);
	o->needs[o->need_count++] = needed;
}

int
model_compare(const struct model_object *a, const struct model_object *b)
{
	return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : strcmp(a->id, b->id);
}

static int
by_id(const void *a, const void *b)
{
	return model_compare(*(struct model_object *const *)a, *(struct model_object *const *)b);
}

/* The place of the first object that does not come before KIND and the first LEN bytes of ID. */
static size_t
lower_bound(const struct model *mo, enum model_kind kind, const char *id, size_t len)
{
	size_t lo = 0, hi = mo->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct model_object *o = mo->objects[mid];
		int before = o->kind != kind ? o->kind < kind : strncmp(o->id, id, len) < 0;

		if (before)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct model_object *
model_find(const struct model *mo, enum model_kind kind, const char *id)
{
	size_t i = lower_bound(mo, kind, id, strlen(id) + 1);

	if (i < mo->count && mo->objects[i]->kind == kind && !strcmp(mo->objects[i]->id, id))
		return mo->objects[i];
	return NULL;
}

static struct model_object *
find_owner(const struct model *mo, const struct model_object *o)
{
	static const enum model_kind owners[] = { MODEL_TABLE, MODEL_VIEW, MODEL_MATVIEW,
		MODEL_DOMAIN, MODEL_COMPOSITE };
	MEM_SCOPE(m);
	const char *id = make_id(m, o->schema, NULL, o->parent, NULL);

	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		struct model_object *t = model_find(mo, owners[i], id);

		if (t && (t->kind == MODEL_DOMAIN) == (o->kind == MODEL_DOMAIN_CONSTRAINT))
			return t;
	}
	return NULL;
}

void
model_finish(struct model *mo)
{
	struct model_object *last = NULL;

	if (mo->count)
		qsort(mo->objects, mo->count, sizeof *mo->objects, by_id);
	for (size_t i = 0; i < mo->count; i++) {
		struct model_object *o = mo->objects[i];

		if (!kinds[o->kind].child || !o->parent)
			continue;
		/* neighbours mostly have the same table */
		if (last && last->kind == o->kind && !strcmp(last->parent, o->parent) &&
		    !strcmp(last->schema, o->schema))
			o->table = last->table;
		else
			o->table = find_owner(mo, o);
		last = o;
	}
}

size_t
model_name_len(const char *text, const char *ends)
{
	size_t n = 1;

	if (*text != '"')
		return strcspn(text, ends);
	while (text[n] && (text[n] != '"' || text[n + 1] == '"'))
		n += text[n] == '"' ? 2 : 1;
	return n + 1;
}

size_t
model_grantee_len(const char *line)
{
	return model_name_len(line, "/=");
}

const char *
model_next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

bool
model_is_public(const struct model_object *o)
{
	return o->kind == MODEL_SCHEMA && !strcmp(o->name, "public");
}

const char *
model_usual_acl(struct mem *m, const struct model *mo, const struct model_object *o)
{
	const char *everyone = model_kind_info(o->kind)->everyone;

	if (model_is_public(o))
		everyone =
		    mo->server_version && mo->server_version < 150000 ? "CREATE,USAGE" : "USAGE";
	return everyone ? mem_fmt(m, "PUBLIC=%s", everyone) : "";
}

bool
model_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

const char *
model_get(const struct model_object *o, enum model_prop prop)
{
	for (size_t i = 0; i < o->value_count; i++)
		if (o->values[i].prop == prop)
			return o->values[i].text;
	return NULL;
}

const char *
model_next_label(const char **rest, size_t *len)
{
	const char *label = *rest ? strchr(*rest, '\'') : NULL, *end = label;

	while (label && *++end && (*end != '\'' || end[1] == '\''))
		end += *end == '\'';
	if (!label || !*end)
		return NULL;
	*len = (size_t)(end + 1 - label);
	*rest = end + 1;
	return label;
}

bool
model_labels_in(const char *a, const char *b, bool ordered)
{
	const char *label, *other, *rest = b;
	size_t n, k;

	while ((label = model_next_label(&a, &n))) {
		if (!ordered)
			rest = b;
		do
			other = model_next_label(&rest, &k);
		while (other && (k != n || strncmp(other, label, n)));
		if (!other)
			return false;
	}
	return true;
}

bool
model_is_listed(const char *list, const char *other)
{
	size_t n = strcspn(list, ",");

	for (const char *s = other; s && *s; s += strcspn(s, ","), s += strspn(s, ", "))
		if (strcspn(s, ",") == n && !strncmp(s, list, n))
			return true;
	return false;
}

bool
model_lists_same(const char *list, const char *other)
{
	if (!list || !other || strlen(list) != strlen(other))
		return list == other;
	for (; *list; list += strcspn(list, ","), list += strspn(list, ", "))
		if (!model_is_listed(list, other))
			return false;
	return true;
}

bool
model_has_heirs(const struct model *mo, const struct model_object *table)
{
	size_t first, n = model_of_kind(mo, MODEL_TABLE, &first);

	for (size_t i = first; i < first + n; i++)
		if (model_is_listed(table->id, model_get(mo->objects[i], PROP_INHERITS)))
			return true;
	return false;
}

size_t
model_of_kind(const struct model *mo, enum model_kind kind, size_t *first)
{
	*first = lower_bound(mo, kind, "", 0);
	return lower_bound(mo, kind + 1, "", 0) - *first;
}

size_t
model_children(
    const struct model *mo, const struct model_object *table, enum model_kind kind, size_t *first)
{
	MEM_SCOPE(m);
	const char *prefix = mem_fmt(m, "%s.", table->id);
	size_t len = strlen(prefix), n = 0;

	*first = lower_bound(mo, kind, prefix, len);
	while (*first + n < mo->count && mo->objects[*first + n]->kind == kind &&
	       !strncmp(mo->objects[*first + n]->id, prefix, len))
		n++;
	return n;
}

bool
model_in_key(const struct model_object *column)
{
	const char *key = column->table ? model_get(column->table, PROP_PARTITION_KEY) : NULL;
	size_t n = strlen(column->name);

	for (const char *at = key; at && (at = strstr(at, column->name)); at += n)
		if (at > key && strchr("( ", at[-1]) && at[n] && strchr(",) ", at[n]))
			return true;
	return false;
}

/* Whether an heir's column (never a partition's) is its own, too, counts; but whether it has its
 * NOT NULL from a parent, and what that is called then, only versions since 18 know. */
static bool
is_summed_up(const struct model_object *o, enum model_prop p)
{
	if (p == PROP_INHERITED)
		return o->kind == MODEL_COLUMN && model_same(model_get(o, p), "local") &&
		    !model_get(o->table, PROP_PARTITION_BOUND);
	return model_prop_compared(p) && p != PROP_NOT_NULL_FROM &&
	    !(p == PROP_NOT_NULL_NAME && model_get(o, PROP_NOT_NULL_FROM));
}

char *
model_fingerprint(const struct model *mo, char hex[DIGEST_HEX])
{
	MEM_SCOPE(m);
	struct digest *d = digest_new(m);

	for (size_t i = 0; i < mo->count; i++) {
		const struct model_object *o = mo->objects[i];

		digest_add(d, kinds[o->kind].name, strlen(kinds[o->kind].name) + 1);
		digest_add(d, o->id, strlen(o->id) + 1);
		for (size_t j = 0; j < o->value_count; j++) {
			const struct model_value *v = &o->values[j];
			const char *text =
			    is_summed_up(o, v->prop) ? expression_settle(m, v->text) : NULL;

			if (text) {
				digest_add(d, props[v->prop], strlen(props[v->prop]) + 1);
				digest_add(d, text, strlen(text) + 1);
			}
		}
		digest_add(d, "\n", 1);
	}
	return digest_end(d, hex);
}

void
model_take_sizes(struct model *mo, const struct model *from)
{
	for (size_t i = 0; i < mo->count; i++) {
		const struct model_object *o = mo->objects[i]->kind == MODEL_TABLE ?
		    model_find(from, MODEL_TABLE, mo->objects[i]->id) :
		    NULL;

		if (o) {
			mo->objects[i]->rows = o->rows;
			mo->objects[i]->bytes = o->bytes;
		}
	}
}
