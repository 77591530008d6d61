/* io - files that are written whole or not at all, and reads with a limit. */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/mem.h"

/* The whole file in MEM, NUL-terminated, at most MAX bytes. LEN may be NULL. NULL on error. */
char *io_read_file(struct mem *, const char *path, size_t max, size_t *len, struct err *);

/* All of LEN bytes to FD, going on after EINTR and short writes. */
int io_write_all(int fd, const void *, size_t len);

/* A file that appears under its name only when io_file_commit returns 0: written to a temporary
 * name beside it, fsynced, renamed, the directory fsynced. Dropped with its mem when it was not
 * committed. */
struct io_file;

enum io_mode {
	IO_NEW, /* the name must not exist: never overwrites */
	/* takes the name over; mode and owner of what was there are kept; a symbolic link is
	   followed */
	IO_REPLACE,
};

/* MODE (permissions) counts for new files. */
struct io_file *io_file_begin(struct mem *, const char *path, enum io_mode, mode_t, struct err *);
int io_file_fd(struct io_file *);
/* The temporary name, for children that write there themselves. */
const char *io_file_temporary(const struct io_file *);
int io_file_commit(struct io_file *, struct err *);
/* COUNT files together, for little more than one costs: all are synced before the first gets its
 * name, and each directory once. The first *DONE of them have their names, on failure too. */
int io_file_commit_all(struct io_file **, size_t count, size_t *done, struct err *);
void io_file_abort(struct io_file *);

/* begin, write, commit in one. A device, a pipe or /dev/stderr is written to, and stays. */
int io_replace_file(const char *path, const void *, size_t len, mode_t, struct err *);
/* Remove temporary files and directories that killed runs left beside PATH and that no living
 * process holds. */
void io_sweep(const char *path);
/* A new directory beside PATH, which io_sweep knows, and in *FD a descriptor that holds it while it
 * is open. NULL on error. */
char *io_directory_beside(struct mem *, const char *path, int *fd, struct err *);
int io_sync_directory_of(const char *path, struct err *);

/* Remove a whole tree (an entry that is gone already is fine). */
int io_remove_tree(const char *path, struct err *);

#endif
