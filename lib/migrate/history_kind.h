/* history_kind - one row of the table of histories. Behind history.h only. */
#ifndef MIGRATE_HISTORY_KIND_H
#define MIGRATE_HISTORY_KIND_H

#include "migrate/history.h"

struct migrate_history_kind {
	const char *name;       /* for --history */
	const char *table;      /* default place; without a schema: in search_path */
	const char *also;       /* another place where it is found, or NULL */
	const char *style;      /* the only style of directory whose files it can keep; NULL: any */
	/* SQL with one boolean: is the table $1 (a regclass as text) of this kind? NULL: its name
	 * tells */
	const char *is_there;
	const char *ddl;        /* creates it, but for its schema; each %s is the table */
	/* what ddl cannot do; NULL: ddl does it */
	int (*create)(struct mem *, struct pg *, struct migrate_history *, struct err *);
	/* SQL for its rows, oldest first, %s is the table: version, name, checksum, applied_at,
	 * applied_by, seconds, and where it can tell: is it a baseline, did it fail, does it need
	 * no file. MATCH finds the file (NULL: by version). */
	const char *select;
	const struct migrate_file *(
	    *match)(const struct migrate_history *, const struct migrate_row *);
	/* reads all itself, when select (migrate_history_load_rows) is not enough */
	int (*load)(struct mem *, struct pg *, struct migrate_history *, struct err *);
	void (*note)(struct mem_text *, const struct migrate_history *,
	    const struct migrate_author *, const struct migrate_note *);
	/* the same in two parts: what is prepared once for many small files, and run for each;
	 * NULL: it is not */
	void (*prepare)(struct mem_text *, const struct migrate_history *,
	    const struct migrate_author *);
	void (*execute)(struct mem_text *, const struct migrate_note *);
	void (*forget)(struct mem_text *, const struct migrate_history *,
	    const struct migrate_author *, const struct migrate_file *);
	/* the file's checksum of now; NULL: it keeps none */
	void (*accept)(struct mem_text *, const struct migrate_history *,
	    const struct migrate_note *);
	/* the peer's own lock key; NULL: it takes none */
	int64_t (*key)(struct pg *, const struct migrate_history *);
	/* the peer's checksum of a file; NULL: it keeps none, or the SHA-256 */
	void (
	    *sum)(char sum[DIGEST_HEX], const struct migrate_file *, const char *text, size_t len);
	bool progress;          /* it has room for how far a file came */
	/* it has room for how long a file took, and knows that only of one in a message of its
	 * own */
	bool timed;
};

extern const struct migrate_history_kind migrate_history_handrail;
extern const struct migrate_history_kind migrate_history_sqitch;
extern const struct migrate_history_kind migrate_history_flyway;
extern const struct migrate_history_kind migrate_history_atlas;
/* A row for each migration; ends with a NULL name. */
extern const struct migrate_history_kind migrate_history_lists[];
extern const struct migrate_history_kind migrate_history_node[];        /* JavaScript's tools */
/* One row that says how far the database is; ends with a NULL name. */
extern const struct migrate_history_kind migrate_history_heads[];

/* Those of NAMES (literals, parted by commas) that are there: their number among them, from 0, and
 * their name with its schema, quoted where it must be. */
struct pg_rows *migrate_history_tables(struct mem *, struct pg *, const char *names, struct err *);
/* The name of its table as it is, without quotes; PART 0: of its schema. */
char *migrate_table_part(struct mem *, const struct migrate_history *, int part);
/* Is ROW's file another than the one whose checksum is KEPT (NULL: it is not known)? */
int migrate_history_compare(const struct migrate_history *, struct migrate_row *, const char *kept,
    struct err *);
/* Read the rows that the kind's select gives. */
int migrate_history_load_rows(struct mem *, struct pg *, struct migrate_history *, struct err *);
/* The version that FILE's row has, which may be written otherwise than the file's ("1" for "001");
 * its own when there is none. */
const char *migrate_kept_version(const struct migrate_history *, const struct migrate_file *);
/* A new, zeroed row at the end. */
struct migrate_row *migrate_history_add(struct mem *, struct migrate_history *);
/* Its literal, NULL for NULL. */
const char *migrate_quoted(struct mem *, const char *);
/* The file for which CALL gives NAME, or NULL. */
const struct migrate_file *migrate_match_by(const struct migrate_history *, const char *name,
    char *(*call)(struct mem *, const struct migrate_file *));
/* SQL for a time as text. */
#define MIGRATE_UTC(column) "to_char(" column ", 'YYYY-MM-DD\"T\"HH24:MI:SS')"
/* CRC-32 as zlib has it. */
uint32_t migrate_crc32(const char *, size_t len);

#endif
