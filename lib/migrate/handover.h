/* handover - a migration that psql itself runs. Behind apply.h only. */
#ifndef MIGRATE_HANDOVER_H
#define MIGRATE_HANDOVER_H

#include "migrate/apply.h"

/* Let psql run ENTRY's file in one transaction with its row, unless the file has transactions of
 * its own: then the row follows. Errors: FAIL_NO "migration-failed" (rolled back), "lock-timeout";
 * FAIL_DIRTY "half-applied"; FAIL_TROUBLE "not-found": there is no psql. */
int migrate_apply_psql(struct migrate_apply *, const struct migrate_entry *, struct err *);

#endif
