/* diff - what makes one model into another, one change after another. */
#ifndef SCHEMA_DIFF_H
#define SCHEMA_DIFF_H

#include "schema/model.h"

/* DIFF_STATEMENT: no difference at all, only what a statement does meanwhile. */
enum diff_action { DIFF_CREATE, DIFF_DROP, DIFF_ALTER, DIFF_RENAME, DIFF_STATEMENT };

/* What a change means for code that was written for the other schema. */
enum diff_verdict { DIFF_COMPATIBLE, DIFF_CHECK, DIFF_BREAKING };

struct hazard;

enum { DIFF_HAZARDS = 8 };

struct diff_change {
	enum diff_action action;
	enum model_kind kind;
	const struct model_object *from, *to;   /* NULL: was not there, is not there any more */
	enum model_prop prop; /* of an alteration, of a label's rename; else MODEL_PROPS */
	const char *old, *new;                  /* its values; NULL: absent */
	const struct hazard *hazards[DIFF_HAZARDS];
	const char *allowed[DIFF_HAZARDS];      /* why each is accepted; NULL: it is not */
	size_t hazard_count;
	enum diff_verdict old_code, new_code;
	const char *lock; /* the strongest that it takes on its table: "AccessExclusive", or NULL */
	bool rewrite, scan;                     /* of the table */
	const char *data_check; /* SQL that counts what old code cannot live with, or NULL */
};

struct diff {
	struct mem *m;
	const struct model *from, *to;
	const struct model *before;             /* FROM as it was before anything was renamed */
	struct diff_change *changes;
	size_t count, room;
};

/* In the order of kinds and names. What comes and goes with its table is not told apart from it;
 * what a partition or heir has from its parent is told at the parent. Hazards are not filled in:
 * hazard_assess does that. */
struct diff *diff_models(struct mem *, const struct model *from, const struct model *to);

/* Is O a CHECK that its table has in the OTHER model from a parent? That it is the table's own,
 * too, no SQL takes away. */
bool diff_has_check_from_parent(const struct model *other, const struct model_object *o);

/* One more that the models do not show: a rename, whose label of an enum is the caller's to fill in
 * (prop, old, new). */
struct diff_change *diff_add(struct diff *, enum diff_action, const struct model_object *from,
    const struct model_object *to);

/* The object of the change, as it is called after it (before, when it is dropped). */
const struct model_object *diff_object(const struct diff_change *);
/* The valid CHECK of the model that proves this column of it NOT NULL, or NULL. */
const struct model_object *diff_proof(const struct model *, const struct model_object *column);
/* Does the column keep its values when they are no longer generated: stored ones, since 13, of a
 * table without parents and heirs (not all versions take the whole tree along)? */
bool diff_keeps_generated(const struct model *, const struct model_object *from,
    const struct model_object *to);
/* Does this sequence of FROM go because the column that it belongs to becomes an identity in TO? */
bool diff_becomes_identity(const struct model *from, const struct model *to,
    const struct model_object *sequence);
const char *diff_action_name(enum diff_action);
const char *diff_verdict_name(enum diff_verdict);
/* One line for people: "column public.notes.title: type integer -> bigint". */
char *diff_line(struct mem *, const struct diff_change *);

#endif
