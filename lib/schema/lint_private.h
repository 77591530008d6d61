/* lint_private - what the files behind lint.h share: where the walk is, and what the change has
 * done so far. */
#ifndef SCHEMA_LINT_PRIVATE_H
#define SCHEMA_LINT_PRIVATE_H

#include "pg/sql.h"
#include "schema/lint.h"

struct lint_known;

struct lint_walk {
	struct mem *m;                  /* of the lint */
	struct lint *lint;
	const struct lint_options *options;
	struct lint_known *known;
	const char *file;
	const char *lead;               /* the comments before the statement */
	const char *text;               /* the statement, LEN bytes */
	size_t len;
	int line; /* that findings name: in a DO block the line inside of it */
	int begin, nth;                 /* of the statement */
	bool open;                      /* between BEGIN and COMMIT */
	bool locked; /* the transaction held a lock already before the statement */
	struct err *e;                  /* what made the walk end */
	bool bad;
};

/* lint.c */

void lint_say(struct lint_walk *, const char *hazard, const char *table, const char *object);
/* Only of tables that were there before, with rows in them. */
void lint_say_old(struct lint_walk *, const char *hazard, const char *table, const char *object);
/* Did this change make it, or is it known not to have been there before? */
bool lint_is_new(const struct lint_walk *, const char *table);
/* Does the statement run together with others, all or none? */
bool lint_in_transaction(const struct lint_walk *);

/* lint_advice.c: what any statement can lack. */

/* Names that the server cuts, tables without a schema, ALTER TABLE that cannot run twice: of the
 * statement with that tree. */
void lint_advise(struct lint_walk *, const struct value *tree);
/* The statement has a hazard: what its lock on TABLE (NULL: of something else) means for those that
 * wait, and for the statements behind it. */
void lint_lock(struct lint_walk *, const struct hazard *, const char *table);
/* TABLE is locked: is there a limit to the waiting, and to the work? */
void lint_limits(struct lint_walk *, const char *table);
/* SET, RESET: is there one from now on? */
void lint_set(struct lint_walk *, const struct value *node);

/* What is a matter of taste in a type, as lint_type writes it; OBJECT: the column. */
void lint_tastes(struct lint_walk *, const char *type, const char *table, const char *object);
/* The names for a number that counts: serial, serial8 … */
bool lint_is_serial(const char *type);

/* lint_known.c: a set of short facts ("made t", "proven t.c"); those of a transaction go with
 * it. */

struct lint_known *lint_known_new(struct mem *);
void lint_learn(struct lint_known *, bool transaction, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool lint_knows(const struct lint_known *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void lint_forget(struct lint_known *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The table WAS is called NOW. */
void lint_learn_name(struct lint_known *, const char *was, const char *now);
/* What it was called when the change began. */
const char *lint_first_name(const struct lint_known *, const char *table);
/* The transaction is over. */
void lint_forget_transaction(struct lint_known *);
/* One begins; or, with false, is over. */
void lint_begin(struct lint_known *, bool begun);
/* Nothing of it has come to be. */
void lint_roll_back(struct lint_known *);
/* NOT VALID constraints: CONSTRAINT of TABLE proves COLUMN once it is validated. */
void lint_learn_pending(struct lint_known *, const char *table, const char *constraint,
    const char *column);
void lint_validate(struct lint_known *, const char *table, const char *constraint);

/* Foreign keys that this run makes, by their first column. */
struct lint_key {
	const char *table, *column;     /* "t", "t.c" */
	const char *file;
	int line, nth;
};
void lint_learn_key(struct lint_walk *, const char *table, const char *column);
/* The I-th, NULL behind the last. */
const struct lint_key *lint_key(const struct lint_known *, size_t i);

/* lint_name.c: what the tree calls things. */

/* Names are quoted where SQL wants them so, as those of a model are. */

/* schema.name of a RangeVar, without "public."; NULL for none. */
const char *lint_relation(struct mem *, const struct value *range_var);
/* The same of a list of String. COUNT of them. */
const char *lint_names(struct mem *, const struct value *names, size_t count);
const char *lint_last_name(const struct value *names);
/* TABLE.NAME; TABLE alone when NAME is NULL. */
const char *lint_sub(struct mem *, const char *table, const char *name);
/* A TypeName as format_type writes it: "character varying(50)[]". */
const char *lint_type(struct mem *, const struct value *type_name);
/* The object of that kind in the model of before, NULL when there is none. SUB: column or
 * constraint, bare, or NULL. */
const struct model_object *lint_before(const struct lint_walk *, enum model_kind, const char *table,
    const char *sub);
static inline bool lint_is(const char *a, const char *b) { return a && !__builtin_strcmp(a, b); }

/* lint_look.c, lint_table.c, lint_type.c, lint_rows.c, lint_count.c, lint_code.c: the hazards of
 * one statement, by the kind of its tree. */

void lint_look(struct lint_walk *, const struct value *tree);
void lint_alter_table(struct lint_walk *, const struct value *node);
void lint_create_table(struct lint_walk *, const struct value *node);
void lint_alter_enum(struct lint_walk *, const struct value *node);
void lint_alter_domain(struct lint_walk *, const struct value *node);
/* CMDS: those of ALTER TYPE … ADD, DROP, ALTER ATTRIBUTE. */
void lint_alter_composite(struct lint_walk *, const struct value *cmds, const char *type);
void lint_create_enum(struct lint_walk *, const struct value *node);
void lint_create_domain(struct lint_walk *, const struct value *node);
/* Is there a text in it that is a label which this transaction has added? The server refuses to use
 * it before the commit. */
bool lint_uses_new_label(const struct lint_walk *, const struct value *tree);
void lint_select(struct lint_walk *, const struct value *node);
void lint_insert(struct lint_walk *, const struct value *node);
void lint_update(struct lint_walk *, const struct value *node);
void lint_delete(struct lint_walk *, const struct value *node);
void lint_merge(struct lint_walk *, const struct value *node);
void lint_truncate(struct lint_walk *, const struct value *node);
void lint_create_sequence(struct lint_walk *, const struct value *node);
void lint_alter_sequence(struct lint_walk *, const struct value *node);
/* setval of a number that is written there. */
void lint_setval(struct lint_walk *, const struct value *func_call);
/* Is there a RESTART among the options? SEQUENCE: its name, or what stands for it. */
void lint_restart(struct lint_walk *, const struct value *options, const char *sequence);
void lint_call(struct lint_walk *, const struct value *node);
/* DO: what its body says. TEXT is the statement. */
void lint_do(struct lint_walk *, const struct value *node, const char *text, size_t len);

#endif
