/* model - a database's schema as a sorted list of objects with properties: what pg_dump -s would
 * write, in a form that can be compared, summed up and written as SQL again. */
#ifndef SCHEMA_MODEL_H
#define SCHEMA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/digest.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

/* In the order in which they are best created, where no dependency says otherwise. */
enum model_kind {
	MODEL_SCHEMA, MODEL_EXTENSION, MODEL_LANGUAGE, MODEL_COLLATION, MODEL_SHELL_TYPE,
	MODEL_ENUM, MODEL_DOMAIN, MODEL_COMPOSITE, MODEL_RANGE, MODEL_FDW, MODEL_SERVER,
	MODEL_USER_MAPPING, MODEL_SEQUENCE, MODEL_FUNCTION, MODEL_BASE_TYPE, MODEL_TABLE,
	MODEL_COLUMN, MODEL_IDENTITY, MODEL_DOMAIN_CONSTRAINT, MODEL_AGGREGATE, MODEL_OPERATOR,
	MODEL_OPERATOR_FAMILY, MODEL_OPERATOR_CLASS, MODEL_CAST, MODEL_CONVERSION, MODEL_TRANSFORM,
	MODEL_TS_TEMPLATE, MODEL_TS_PARSER, MODEL_TS_DICTIONARY, MODEL_TS_CONFIGURATION,
	MODEL_CONSTRAINT, MODEL_VIEW, MODEL_MATVIEW, MODEL_INDEX, MODEL_STATISTICS, MODEL_RULE,
	MODEL_TRIGGER, MODEL_POLICY, MODEL_PUBLICATION, MODEL_SUBSCRIPTION, MODEL_EVENT_TRIGGER,
	MODEL_DEFAULT_PRIVILEGES, MODEL_ACCESS_METHOD, MODEL_SECURITY_LABEL, MODEL_PRIVILEGES,
	MODEL_KINDS
};

/* Properties; the name of each is a column of the catalog queries and a key of the JSON form. */
enum model_prop {
	PROP_POSITION, PROP_INHERITED, PROP_TYPE, PROP_COLLATION, PROP_DEFAULT, PROP_GENERATED,
	PROP_IDENTITY, PROP_NOT_NULL, PROP_NOT_NULL_NAME, PROP_NOT_NULL_KIND, PROP_NOT_NULL_FROM,
	PROP_STORAGE, PROP_COMPRESSION, PROP_STATISTICS, PROP_PERSISTENCE, PROP_PARTITION_KEY,
	PROP_PARTITION_BOUND, PROP_INHERITS, PROP_OPTIONS, PROP_TOAST_OPTIONS,
	PROP_REPLICA_IDENTITY, PROP_RLS, PROP_FORCE_RLS, PROP_ACCESS_METHOD, PROP_TABLESPACE,
	PROP_OF_TYPE, PROP_SERVER, PROP_DEFINITION, PROP_CONTYPE, PROP_REFERENCES, PROP_VALID,
	PROP_CLUSTERED, PROP_COLUMNS, PROP_POPULATED, PROP_START, PROP_INCREMENT, PROP_MINIMUM,
	PROP_MAXIMUM, PROP_CACHE, PROP_CYCLE, PROP_OWNED_BY, PROP_LABELS, PROP_ATTRIBUTES,
	PROP_ARGUMENTS, PROP_RESULT, PROP_LANGUAGE, PROP_ENABLED, PROP_COMMAND, PROP_PERMISSIVE,
	PROP_ROLES, PROP_USING, PROP_CHECK, PROP_VERSION, PROP_IN_SCHEMA, PROP_TABLES, PROP_OWNER,
	PROP_ACL, PROP_COMMENT, PROP_INDEX_COMMENT, PROP_NOT_NULL_COMMENT, PROP_WRITTEN, MODEL_PROPS
};

struct model_value {
	enum model_prop prop;
	const char *text;
};

struct model_object {
	enum model_kind kind;
	const char *schema, *parent,
	    *name;      /* quoted as SQL wants them; schema and parent may be NULL */
	const char *id; /* public.notes.title, public.f(integer): unique within the kind */
	struct model_value *values; /* in the order of the enum; what is absent is not there */
	size_t value_count;
	struct model_object
	    *table; /* what a column, constraint, index, trigger … belongs to, or NULL */
	struct model_object *
	    *needs; /* what must exist before it; only when the model was read with dependencies */
	size_t need_count, need_room;
	int64_t rows, bytes; /* of tables, as the statistics tell; 0: not known */
	uint32_t oid;
	int16_t sub;                            /* column number */
	size_t place;                           /* in the sorted list */
};

struct model {
	struct mem *m;
	struct model_object **objects;          /* sorted by kind and id */
	size_t count, room;
	int server_version;                     /* 150018; 0: not known */
	const char *source;     /* for people: "postgres://host/db", "migrations:db", … */
	const char **uncovered; /* what the database has and the model does not hold */
	size_t uncovered_count, uncovered_room;
	bool has_needs;
};

/* What is known of a kind. */
struct model_kind_info {
	const char *name;       /* "table" */
	const char *sql;        /* "TABLE", as DROP and COMMENT ON say it */
	bool child;             /* belongs to a table, view or domain */
	const char *grant; /* the word after GRANT … ON, or NULL when there are no privileges */
	const char *everyone;   /* privilege that PUBLIC has by default, or NULL */
};
const struct model_kind_info *model_kind_info(enum model_kind);
const char *model_prop_name(enum model_prop);
/* The property of that name; MODEL_PROPS when there is none. */
enum model_prop model_prop_find(const char *name);
/* Does a difference in it make another schema? (The number of a column does not, nor whether a
 * materialized view is filled, nor the order in which options were written.) */
bool model_prop_compared(enum model_prop);

struct model *model_new(struct mem *, const char *source);
/* A new object at the end; the texts must live as long as the model. ARGS (of functions) may be
 * NULL. */
struct model_object *model_add(struct model *, enum model_kind, const char *schema,
    const char *parent, const char *name, const char *args);
void model_need(struct model *, struct model_object *, struct model_object *needed);
/* Sort, and tie children to their tables. Call once after the last model_add. */
void model_finish(struct model *);

/* Text of a property, NULL when absent. */
const char *model_get(const struct model_object *, enum model_prop);
/* Are two such texts equal, or both absent? */
bool model_same(const char *, const char *);
/* The next of a list of quoted labels ('a', 'b') and its length; REST moves behind it. NULL: there
 * are no more. */
const char *model_next_label(const char **rest, size_t *len);
/* Are all labels of A among those of B? ORDERED: and in the same order. */
bool model_labels_in(const char *a, const char *b, bool ordered);
/* How long the name at the beginning of TEXT is, with its quotes; a plain one ends before any of
 * ENDS. */
size_t model_name_len(const char *text, const char *ends);
/* What follows a line of a property that has several, "" behind the last. */
const char *model_next_line(const char *line);
/* How long the grantee's name is at the beginning of a line of privileges: "who=A,B", or, of what
 * another one than the owner granted, "who/grantor=A,B". */
size_t model_grantee_len(const char *line);
/* Is it the schema that every database begins with? */
bool model_is_public(const struct model_object *);
/* The privileges that O of MO has without any GRANT, the owner's left out: where there is no list.
 */
const char *model_usual_acl(struct mem *, const struct model *mo, const struct model_object *o);
/* The object with that id, NULL when there is none. */
struct model_object *model_find(const struct model *, enum model_kind, const char *id);
/* All of one kind: the first's place and how many follow each other. */
size_t model_of_kind(const struct model *, enum model_kind, size_t *first);
/* Children of one kind: the first's place and how many follow each other. */
size_t model_children(const struct model *, const struct model_object *table, enum model_kind,
    size_t *first);
/* Is the first name of LIST ("a.b, c.d") in OTHER, which may be NULL? */
bool model_is_listed(const char *list, const char *other);
/* Are the same names in both, in whatever order? NULL: none. */
bool model_lists_same(const char *, const char *);
/* Do others inherit from the table? */
bool model_has_heirs(const struct model *, const struct model_object *table);
/* Does the partition key of its table name the column? */
bool model_in_key(const struct model_object *column);
/* Order of kinds and ids, as the model is sorted. */
int model_compare(const struct model_object *, const struct model_object *);

/* SHA-256 over the canonical form: the same for the same schema, whatever the order it was made
 * in, and the server's version as far as that can be: what an heir's NOT NULL is called, and
 * whether it is its own, too, only 18 knows. */
char *model_fingerprint(const struct model *, char hex[DIGEST_HEX]);
/* The JSON form of --dump, and back. */
struct value *model_to_value(struct mem *, const struct model *);
struct model *model_from_value(struct mem *, const struct value *, const char *source,
    struct err *);

/* What to leave out. */
struct model_filter {
	const char *const *schemas; size_t schema_count;        /* only these; none: all */
	const char *const *exclude;
	size_t exclude_count; /* not these schemas or objects ("audit", "public.log_*") */
	bool owner, privileges, comments;                       /* ignore these */
	bool kinds[MODEL_KINDS];                                /* ignore these kinds */
};
void model_reduce(struct model *, const struct model_filter *);
/* The rows and bytes of the tables that are in both, from another model. */
void model_take_sizes(struct model *, const struct model *from);

#endif
