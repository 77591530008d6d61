/* choices - what the history is made to say because somebody chose so. Each has the lock; the
 * caller compares anew afterwards. What was done goes into the step's result. */
#ifndef MIGRATE_CHOICES_H
#define MIGRATE_CHOICES_H

#include "migrate/apply.h"
#include "migrate/view.h"

/* --baseline: all that is due up to that version is noted; its row stands for those before it that
 * have no file. Errors "usage": there is no such version; FAIL_NO "missing-file": this history has
 * no room for that. */
int migrate_choose_baseline(struct migrate_view *, struct migrate_apply *, struct err *);
/* --accept-changed: the changed files' texts of now are those that were applied. */
int migrate_choose_texts(struct migrate_view *, struct migrate_apply *, struct err *);
/* --import-history: what another tool's table tells goes into ours, in one transaction, and ours
 * counts. */
int migrate_choose_ours(struct migrate_view *, struct migrate_apply *, struct err *);

#endif
