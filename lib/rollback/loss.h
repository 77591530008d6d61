/* loss - what a restore would lose: the rows that users wrote since the snapshot, counted in the
 * live database. */
#ifndef ROLLBACK_LOSS_H
#define ROLLBACK_LOSS_H

#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "rollback/evidence.h"

struct loss_table {
	const char *store, *table;
	/* rows inserted or changed since, by others than the migrations */
	int64_t written;
	/* rows of the snapshot that are no more; at least so many */
	int64_t removed;
};

struct loss {
	struct loss_table *tables;      /* only those that lose something */
	size_t count, room;
	bool counted;                   /* false: nobody has looked */
};

/* Count in the database that CONNECTION leads to, which must be that of STORE. */
int loss_count(struct mem *, const struct evidence *, const struct evidence_store *,
    const char *connection, struct loss *, struct err *);
/* "15 rows of public.orders, 1 row of public.users", or "nothing". */
char *loss_text(struct mem *, const struct loss *);

#endif
