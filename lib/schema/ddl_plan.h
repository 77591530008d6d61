/* ddl_plan - what the parts of the SQL writer share: the fate of each object, and nodes that must
 * come in some order. */
#ifndef SCHEMA_DDL_PLAN_H
#define SCHEMA_DDL_PLAN_H

#include "schema/ddl.h"

/* What becomes of an object of FROM. ANEW: dropped and made again. SWAP: a type that columns hold:
 * the old one gets another name, the columns move over, then it is dropped; or the sequence of a
 * column that becomes an identity. */
enum plan_fate { PLAN_KEEP, PLAN_ALTER, PLAN_DROP, PLAN_ANEW, PLAN_SWAP };

/* BUILD: the index that a key is then made of. ATTACH: a partition, or its index, becomes part of
 * the parent's; of the index of a parent: all its parts are there. */
enum plan_step {
	PLAN_STEP_DROP,
	PLAN_STEP_RELEASE,
	PLAN_STEP_ALTER,
	PLAN_STEP_BUILD,
	PLAN_STEP_MAKE,
	PLAN_STEP_CLEAN,
	PLAN_STEP_ATTACH,
	PLAN_STEPS
};

struct plan_node {
	enum plan_step step;
	const struct model_object *from, *to;
	struct plan_node **then;        /* those that must come after it */
	size_t then_count, then_room, waits;
	bool done;
	bool returns; /* what it drops or releases comes back */
	bool hollow; /* a view that stands there without its tables, for others to go on */
};

struct plan {
	struct mem *m;
	const struct model *from, *to;
	bool online;
	bool named; /* a NOT NULL has a name of its own, which may be another one's usual one: say
		       them all */
	const struct model_object **peer; /* by place in FROM: the same object of TO, or NULL */
	const struct model_object **past; /* by place in TO: the same object of FROM, or NULL */
	enum plan_fate *fate;                   /* by place in FROM */
	bool *retyped;  /* by place in FROM: a column that gets another type */
	bool *released; /* by place in FROM: a column or domain whose default goes for a while, a
			   sequence whose column does; a column whose expression goes for good */
	bool *alone; /* by place in FROM: a column that goes, but not from all heirs of its table */
	struct plan_node *
	    *at[PLAN_STEPS]; /* by place: DROP, RELEASE, CLEAN in FROM; the others in TO */
	struct plan_node **nodes;
	size_t count, room;
	struct ddl *out,
	    *late, /* LATE comes after everything: owners of sequences, replica identity; then what
		      is validated */
	    *last; /* and after that the event triggers, which can refuse all of it */
};

/* ddl_fate.c: what becomes of each object. */
void plan_decide(struct plan *);
/* The next column of FROM that an heir's column O comes from; *LIST begins at PROP_INHERITS. */
const struct model_object *plan_origin(const struct plan *, const struct model_object *o,
    const char **list);
/* ddl_plan.c: nodes and edges. */
void plan_connect(struct plan *);

/* The base type that this shell of FROM became, or NULL: DROP TYPE takes both. */
const struct model_object *plan_base(const struct plan *, const struct model_object *);
bool plan_goes(const struct plan *, const struct model_object *from);
/* Has this sequence of TO been a column's all along? Then it has the table's owner, and ALTER
 * SEQUENCE takes no other. */
bool plan_owner_follows(const struct plan *, const struct model_object *to);
void plan_node(struct plan *, enum plan_step, const struct model_object *from,
    const struct model_object *to);
void plan_edge(struct plan *, struct plan_node *first, struct plan_node *then);

/* ddl_partition.c: partitions are made alone, with their own indexes, and attached then; so names,
 * order and all are as they shall be, and nothing is made that nobody named. */
/* The same part of the same index under another name, or NULL. */
const struct model_object *partition_peer(const struct plan *, const struct model_object *from);
/* Can what it is a part of not stay what it is? */
bool partition_is_anew(const struct plan *, const struct model_object *from);
/* Does a part go alone, which only goes with the whole? Then that goes, too; true when something
 * changed. */
bool partition_spread(struct plan *, const struct model_object *from);
/* The index (of a constraint, or bare) that O is a part of, or NULL. */
const struct model_object *partition_whole(const struct model *, const struct model_object *o);
/* Is it a constraint whose parts no SQL attaches? The server makes them when it is made, and when a
 * partition comes. */
bool partition_is_exclusion(const struct model_object *);
/* Does the table of TO come to a parent, or go from one to another? */
bool partition_moves(const struct plan *, const struct model_object *to);
/* Does it stay with its parent, but for other rows? Then it leaves only to come back at once. */
bool partition_is_rebound(const struct plan *, const struct model_object *to);
/* Does this column come to its table, an heir (no partition) that comes to a parent, by that alone:
 * the parent gets it after that? */
bool partition_is_brought(const struct plan *, const struct model_object *column);
void partition_add_nodes(struct plan *);
void partition_connect(struct plan *);
/* Does this part stay, for its table leaves the parent first? Does it go with the whole? */
bool partition_leaves(const struct plan *, const struct model_object *from);
bool partition_drops_along(const struct plan *, const struct model_object *from);
/* The drop of the whole that a part goes with, or NULL. */
struct plan_node *partition_drop(const struct plan *, const struct model_object *from);
/* Do foreign keys refer to what it is a partition of? Then it leaves before it can be dropped. */
bool partition_is_referenced(const struct plan *, const struct model_object *from);
/* Is a part of this index the index of a partition's own constraint? Only CASCADE drops both. */
bool partition_has_constraint(const struct plan *, const struct model_object *from);
/* What N must wait for when it needs an index: for its parts, too; NULL: nothing. */
struct plan_node *partition_ready(const struct plan *, const struct model_object *need,
    const struct plan_node *n);
/* The next of the parents of MO in *LIST ("a.b, c.d"), or NULL. */
const struct model_object *partition_next_parent(const struct plan *, const struct model *mo,
    const char **list);
/* ddl_attach.c */
void partition_detach(struct plan *, const struct model_object *from,
    const struct model_object *to);
void partition_attach(struct plan *, const struct model_object *to);
/* At the end: the triggers that partitions of TO have from their parents fire when they shall. */
void partition_fire(struct plan *);

/* ddl_check.c: CHECKs that a table has from its parents. What it leaves goes on as its own unless
 * it is dropped; what it comes to, it must have before; and an heir (no partition) keeps as its
 * own what it had: its parent gets it after. */
/* Has the table, of FROM (or NULL), which moves, this CHECK of one side from a parent on the other:
 * so that it neither goes nor is made? */
bool check_stays(const struct plan *, const struct model_object *from,
    const struct model_object *check);
void check_leave(struct plan *, const struct model_object *from, const struct model_object *to);
void check_come(struct plan *, const struct model_object *to);
/* Has the table of TO each CHECK of its parents, and of theirs, as its own, too? */
bool check_owns_all(const struct plan *, const struct model_object *to);
/* For CREATE TABLE of a partition: ",\n\tCONSTRAINT …" */
void check_list(struct plan *, const struct model_object *table, struct mem_text *);
void check_decide(struct plan *);
/* LEAVE: the node in which it leaves its old parents, or NULL. */
void check_connect(struct plan *, struct plan_node *attach, struct plan_node *leave);

/* For a piece of a statement that may be absent: PREFIX where there is a TEXT, the TEXT. */
static inline const char *
after(const char *text, const char *prefix)
{
	return text ? prefix : "";
}

static inline const char *
or_empty(const char *text)
{
	return text ? text : "";
}

bool plan_same(const char *a, const char *b);
bool plan_differs(const struct model_object *a, const struct model_object *b, enum model_prop);
/* Will this object of TO be made (for it was not there, or goes and comes back)? */
bool plan_is_made(const struct plan *, const struct model_object *to);
/* Is it a table that is there now and stays, with rows that count? */
bool plan_is_live(const struct plan *, const struct model_object *table);

/* ddl_make.c, ddl_alter.c, ddl_column.c, ddl_grant.c: statements of one object. */
void ddl_say(struct ddl *, const struct model_object *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void ddl_say_alone(struct ddl *, const struct model_object *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void ddl_drop(struct plan *, const struct model_object *);
void ddl_make(struct plan *, const struct model_object *);
/* At the end: inherited columns that shall be an heir's own, too. */
void ddl_own_columns(struct plan *);
/* ddl_type.c */
void ddl_make_type(struct plan *, const struct model_object *);
/* Of a type with the fate SWAP: the old one gets another name, and goes in the end. */
void ddl_put_aside(struct plan *, const struct model_object *);
void ddl_drop_aside(struct plan *, const struct model_object *);
/* What such an object of FROM is called meanwhile. */
char *ddl_aside(struct mem *, const struct model_object *);
/* " CASCADE" after the DROP of a type that needs functions which need it; else "". */
const char *ddl_type_cascade(const struct plan *, const struct model_object *);
/* The name of a range's multirange; NULL before 14. */
char *ddl_multirange(struct mem *, const struct model_object *range);
/* Storage parameters in the order in which they were written; a saved model may not know it. */
const char *ddl_written(const struct model_object *);
void ddl_make_view(struct plan *, const struct model_object *);
void ddl_alter_view(struct plan *, const struct model_object *from, const struct model_object *to);
void ddl_make_policy(struct plan *, const struct model_object *);
void ddl_alter_policy(
    struct plan *, const struct model_object *from, const struct model_object *to);
/* ddl_replicate.c: does another publication or subscription have to take its place? */
bool ddl_publication_anew(const struct model_object *from, const struct model_object *to);
bool ddl_subscription_anew(const struct model_object *from, const struct model_object *to);
void ddl_make_publication(struct plan *, const struct model_object *);
void ddl_alter_publication(
    struct plan *, const struct model_object *from, const struct model_object *to);
void ddl_make_subscription(struct plan *, const struct model_object *);
void ddl_alter_subscription(
    struct plan *, const struct model_object *from, const struct model_object *to);
void ddl_drop_subscription(struct plan *, const struct model_object *);
/* A view with the columns of O and nothing behind them; REPLACE: in place of what is there. */
void ddl_make_hollow(struct plan *, const struct model_object *o, bool replace);
void ddl_make_index(struct plan *, const struct model_object *, const char *name,
    bool concurrently);
/* An index that is made anew has taken with it that rows are known by it. */
void ddl_keep_replica_identity(struct plan *, const struct model_object *index);
/* ddl_key.c: is the index of such a key of TO built before it, concurrently? */
bool ddl_key_is_built(const struct plan *, const struct model_object *to);
void ddl_build_key(struct plan *, const struct model_object *to);
/* Is it an index that stays, but for another definition, under foreign keys that rest on it? Then
 * its successor is built before they go, and takes its place in the transaction in which they are
 * away. */
bool ddl_index_is_built(const struct plan *, const struct model_object *to);
void ddl_build_connect(struct plan *, struct plan_node *build);
#define DDL_NEW_INDEX "\"handrail new index\""
/* The key of TO that is made in the statement after the drop of this one of FROM, so that the table
 * is never without; or NULL. */
const struct model_object *ddl_key_successor(
    const struct plan *, const struct model_object *from);
/* Of one that was built. */
void ddl_make_key(struct plan *, const struct model_object *);
/* A foreign key of TO finds the key that it shall hang on: others have gone, or come later. */
void ddl_key_connect(struct plan *, const struct model_object *to);
/* Is it a foreign key that this index of FROM holds, and that comes back? Then it goes in one
 * transaction with it. */
bool ddl_key_is_referenced(const struct plan *, const struct model_object *from);
void ddl_make_sequence_options(struct mem_text *, const struct model_object *);
/* Says STATEMENT, which gives SEQUENCE other bounds. What it has given out is not known here: one
 * that stands before (or behind) the new bounds, as it began, begins anew; all others go on. */
struct ddl_bounds {
	long long was_start, minimum, maximum;
};
void ddl_alter_bounds(struct plan *, const struct model_object *to, const char *sequence,
    const char *statement, const struct ddl_bounds *);
void ddl_alter(struct plan *, const struct model_object *from, const struct model_object *to);
void ddl_alter_column(struct plan *, const struct model_object *from,
    const struct model_object *to);
/* ddl_identity.c; WHAT: "ALTER TABLE t ALTER COLUMN c". A column that becomes an identity, or no
 * longer is one but draws from a sequence of its own, goes on with the number it has reached. */
void ddl_alter_identity(struct plan *, const struct model_object *from,
    const struct model_object *to, const char *what);
void ddl_leave_identity(struct plan *, const struct model_object *from,
    const struct model_object *to, const char *what);
/* The sequence of an identity whose column draws from a new one of its own from now on, or NULL:
 * it stands aside meanwhile. */
const struct model_object *ddl_left_identity(const struct plan *,
    const struct model_object *from, const struct model_object *to);
/* ddl_not_null.c */
void ddl_alter_not_null(struct plan *, const struct model_object *from,
    const struct model_object *to);
/* The name that a NOT NULL has since 18, also where no other is said. */
const char *ddl_not_null_name(struct mem *, const struct model_object *);
/* Name and comment of the constraint that a NOT NULL is. */
void ddl_alter_not_null_name(struct plan *, const struct model_object *from,
    const struct model_object *to);
/* The column of a view that stays has nothing of its own any more. */
void ddl_reset_column(struct plan *, const struct model_object *);
/* Storage parameters "a=1, b=2", after WHAT ("ALTER TABLE t"); foreign options "a 'x', b 'y'". */
void ddl_alter_options(struct plan *, const struct model_object *from,
    const struct model_object *to, enum model_prop, const char *what, const char *prefix);
char *ddl_foreign_options(struct mem *, const char *old, const char *new);
void ddl_release(struct plan *, const struct model_object *);
/* Owner, privileges and comment: from what FROM (NULL: new) has to what TO has. */
void ddl_grant(struct plan *, const struct model_object *from, const struct model_object *to);
/* On what is not of the model: GIVE: from what it came with to what it shall have; else back. */
void ddl_privileges(struct plan *, const struct model_object *, bool give);
void ddl_default_privileges(struct plan *, const struct model_object *, bool give);
/* What the object is called in ALTER, COMMENT ON, DROP: "TABLE public.t", "TRIGGER x ON
 * public.t". */
char *ddl_name(struct mem *, const struct model_object *);
const char *ddl_sql_kind(const struct model_object *);

#endif
