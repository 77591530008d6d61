/* version - versions as migration files write them: numbers compare as numbers. */
#ifndef MIGRATE_VERSION_H
#define MIGRATE_VERSION_H

/* Less than, equal to or greater than 0. Runs of digits compare as numbers of any length ("9" <
 * "10", "001" = "1"), the text between them as bytes; missing parts count as zero ("1.0" = "1"). */
int migrate_version_compare(const char *a, const char *b);

#endif
