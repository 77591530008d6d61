/* extract - one table of an archive as a CSV file. */
#ifndef SNAPSHOT_EXTRACT_H
#define SNAPSHOT_EXTRACT_H

#include "snapshot/reader.h"

/* Rows of TABLE ("schema.name" as SQL has it, or without quotes, or the name alone where it is the
 * only one) of any database in the archive into the new FILE ("-": standard output): a line with
 * the names of the columns, values in quotes, NULL as nothing; nothing is written when DRY. Their
 * number into *ROWS. Error "no-table", with the names that come near. */
int extract_table(const struct reader *, const char *table, const char *file, bool dry,
    int64_t *rows, struct err *);

#endif
