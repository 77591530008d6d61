/* tar - tar entries (pax): the one door to libarchive. One writer or reader for one thread. */
#ifndef SNAPSHOT_TAR_H
#define SNAPSHOT_TAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/err.h"
#include "core/mem.h"
#include "snapshot/frame.h"

/* Once, before any thread: names in UTF-8 are stored as such. */
void tar_init(void);

struct tar_writer;

/* SINK gets the bytes of the entries; the end-of-archive blocks are the caller's. */
struct tar_writer *tar_writer_new(struct mem *, frame_sink *, void *arg);
/* The head of a regular file of our own making: SIZE bytes of tar_put_data follow, then
 * tar_put_end. */
int tar_put_member(struct tar_writer *, const char *name, int64_t size, int64_t mtime,
    struct err *);
/* The head of a file, directory, device or fifo that is open at FD (-1 where it cannot be opened),
 * with its attributes, lists and holes; it is left at any place. A regular file's ST->st_size
 * bytes follow by tar_put_data; what these are in a hole does not matter. */
int tar_put_file(struct tar_writer *, const char *name, int fd, const struct stat *st,
    struct err *);
/* Of the file that tar_put_file has begun: where the next bytes are that are none of a hole, and
 * where they end; after the last, both are INT64_MAX. */
void tar_next_data(struct tar_writer *, int64_t *from, int64_t *to);
/* A symbolic link, or (HARD) another name of the entry NAME=TO. Nothing follows but tar_put_end. */
int tar_put_link(struct tar_writer *, const char *name, const char *to, bool hard,
    const struct stat *, struct err *);
int tar_put_data(struct tar_writer *, const void *, size_t len, struct err *);
int tar_put_end(struct tar_writer *, struct err *);

/* Gives the next bytes in *DATA and their number, 0 at the end, -1 on error. */
typedef long tar_source(void *arg, const char **data, struct err *);

struct tar_reader;

struct tar_entry {
	const char *name;       /* until the next call */
	int64_t size;
	bool regular;
};

struct tar_reader *tar_reader_new(struct mem *, tar_source *, void *arg);
/* 1: *ENTRY is the next; 0: there is none; -1: "damaged", or the source's error. */
int tar_next(struct tar_reader *, struct tar_entry *, struct err *);
/* The next bytes of a regular entry without holes; 0 at its end. */
long tar_data(struct tar_reader *, const char **data, struct err *);

/* Writes entries below the working directory, never outside it: not by "..", not by absolute names,
 * not through symbolic links. WARN is told what could not be kept (an owner, an attribute). */
struct tar_disk;

struct tar_disk *tar_disk_new(struct mem *, void (*warn)(void *, const char *), void *arg);
/* Write the reader's current entry with PREFIX taken from its name. Error "unsafe" when it would go
 * outside. */
int tar_extract(struct tar_reader *, struct tar_disk *, const char *prefix, struct err *);
/* Set what must be set last (modes and times of directories). */
int tar_disk_end(struct tar_disk *, struct err *);

#endif
