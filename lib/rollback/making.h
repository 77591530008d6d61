/* making - what the makers of a plan's steps share. Each maker adds its part, in the order of
 * plan.c. */
#ifndef ROLLBACK_MAKING_H
#define ROLLBACK_MAKING_H

#include "rollback/plan.h"

struct making {
	struct mem *m;
	struct plan *p;
	const struct evidence *ev;
	struct scenario_verdict *v;
	const struct plan_options *o;
	bool restore;                   /* data go back, too */
	/* of each store, the id of the step that restores it, or NULL */
	const char **restored;
};

/* Words of a command. Zero-initialise. */
struct words {
	const char **item;
	size_t count, room;
};

void making_word(struct mem *, struct words *, const char *);
#define WORDS(m, w, ...)                                                              \
	do {                                                                          \
		const char *const list_[] = { __VA_ARGS__ };                          \
		for (size_t i_ = 0; i_ < sizeof list_ / sizeof *list_; i_++)          \
			making_word(m, w, list_[i_]);                                 \
	} while (0)

/* The id that a step of KIND for NAME (or NULL) would get: a name for the journal, unique. */
const char *making_id(struct making *, const char *kind, const char *name);
/* ARGV NULL: the step is done by hand. */
struct plan_step *making_add(struct making *, const char *kind, const char *name, const char *title,
    const struct words *argv);
/* The same for a person: what to do. */
struct plan_step *making_by_hand(struct making *, const char *kind, const char *title,
    const char *what);
/* From a recorded duration (-1: none), or the range that is usual. */
void making_seconds(struct plan_step *, double recorded, double min, double max);
/* A recorded command of step NAME once more, where it ran; NULL: none is recorded. */
struct plan_step *making_again(struct making *, const char *name, const char *kind,
    const char *title);
/* The environment variable of a store's connection. */
const char *making_variable(const struct making *, const struct evidence_store *);
/* manifest-bump's words that put C back; DRY only looks. */
void making_bump(struct making *, struct words *, const struct evidence_change *, bool dry);
bool making_can_bump(const struct evidence_change *);
/* How a change is called: by its image, else its path. */
const char *making_name(const struct evidence_change *);
/* Is the store a description of what ran, not data? */
bool making_describes(const struct evidence_store *);

/* The makers, a row of plan.c's order each. */
void look_at_archives(struct making *);
void look_at_manifests(struct making *);
void look_at_databases(struct making *);
void data_restore(struct making *);
void data_loss(struct making *);
void data_swap(struct making *);
void data_down(struct making *);
void service_repin(struct making *);
void service_wait(struct making *);
void service_notes(struct making *);
void platform_freeze(struct making *);
void platform_stop(struct making *);
void platform_release(struct making *);
void platform_flush(struct making *);
void platform_start(struct making *);
void platform_open(struct making *);

#endif
