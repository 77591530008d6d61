/* image.c - reads archives inside an archive, without unpacking anything to disk. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "rollback/image.h"

enum { BLOCK = 256 * 1024 };

struct reading {
	int (*see)(void *, const char *, const char *, size_t, struct err *);
	void *arg;
	struct err *e;
	struct archive *outer;
	char *block;            /* of the outer archive */
	char *text;             /* of one file */
	size_t room;
	size_t layers;
};

static la_ssize_t
read_outer(struct archive *inner, void *arg, const void **data)
{
	struct reading *r = arg;
	la_ssize_t n = archive_read_data(r->outer, r->block, BLOCK);

	(void)inner;
	*data = r->block;
	return n;
}

/* What every system ships and no release's code lives in. */
static int
is_system(const char *path)
{
	static const char *const prefixes[] = { "usr/share/doc/", "usr/share/man/",
		"usr/share/info/", "usr/share/locale/", "usr/share/zoneinfo/", "usr/share/i18n/",
		"usr/include/", "var/lib/dpkg/", "lib/apk/", "var/cache/", "proc/", "sys/" };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (!strncmp(path, prefixes[i], strlen(prefixes[i])))
			return 1;
	return 0;
}

/* The whole of the entry at hand. */
static int
read_whole(struct reading *r, struct archive *a, size_t *len)
{
	size_t have = 0;
	la_ssize_t n;

	*len = 0;
	do {
		if (r->room < have + BLOCK) {
			r->room = 2 * (have + BLOCK);
			r->text = mem_must(realloc(r->text, r->room));
		}
		n = archive_read_data(a, r->text + have, r->room - have);
		if (n < 0)
			return -1;
		have += (size_t)n;
	} while (n > 0);
	*len = have;
	return 0;
}

static int
read_layer_entry(struct reading *r, struct archive *a, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	size_t len;

	if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return 0;
	while (!strncmp(path, "./", 2) || *path == '/')
		path += *path == '/' ? 1 : 2;
	if (is_system(path))
		return 0;
	if (read_whole(r, a, &len))
		return err_set(r->e, FAIL_TROUBLE, "bad-image", "%s: %s", path,
		    archive_error_string(a));
	return len ? r->see(r->arg, path, r->text, len, r->e) : 0;
}

/* The entry of the outer archive as a layer. What is no tar is none. */
static int
read_layer(struct reading *r, const char *name)
{
	struct archive *a = mem_must(archive_read_new());
	struct archive_entry *entry;
	int bad = 0, got;

	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	if (archive_read_open(a, r, NULL, read_outer, NULL) == ARCHIVE_OK) {
		while (!bad && (got = archive_read_next_header(a, &entry)) >= ARCHIVE_WARN &&
		    got != ARCHIVE_EOF) {
			r->layers += archive_file_count(a) == 1;
			bad = read_layer_entry(r, a, entry);
		}
		if (!bad && archive_file_count(a) && got != ARCHIVE_EOF)
			bad = err_set(r->e, FAIL_TROUBLE, "bad-image", "layer %s: %s", name,
			    archive_error_string(a));
	}
	archive_read_free(a);
	return bad;
}

static int
read_image(struct reading *r, const char *path)
{
	struct archive_entry *entry;
	int got, bad = 0;

	if (archive_read_open_filename(r->outer, path, BLOCK) != ARCHIVE_OK)
		return err_set(r->e, FAIL_TROUBLE, "bad-image", "%s",
		    archive_error_string(r->outer));
	while (!bad && (got = archive_read_next_header(r->outer, &entry)) >= ARCHIVE_WARN &&
	    got != ARCHIVE_EOF)
		if (archive_entry_filetype(entry) == AE_IFREG)
			bad = read_layer(r, archive_entry_pathname(entry));
	if (!bad && got != ARCHIVE_EOF)
		return err_set(r->e, FAIL_TROUBLE, "bad-image", "%s",
		    archive_error_string(r->outer));
	if (!bad && !r->layers)
		return err_set(r->e, FAIL_TROUBLE, "bad-image",
		    "it holds no layers: is it an archive of docker save?");
	return bad;
}

int
image_each(const char *path, int (*see)(void *, const char *, const char *, size_t, struct err *),
    void *arg, struct err *e)
{
	struct reading r = { .see = see,
		.arg = arg,
		.e = e,
		.outer = mem_must(archive_read_new()) };
	int bad;

	r.block = mem_must(malloc(BLOCK));
	archive_read_support_filter_all(r.outer);
	archive_read_support_format_tar(r.outer);
	bad = read_image(&r, path);
	archive_read_free(r.outer);
	free(r.block);
	free(r.text);
	return bad;
}
