/* prune.c - finds archives by their names, and applies a retention rule to those of each name. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"
#include "snapshot/pool.h"
#include "snapshot/prove.h"
#include "snapshot/prune.h"
#include "snapshot/reader.h"
#include "snapshot/seal.h"
#include "snapshot/stamp.h"

enum { SKEW_MS = 60 * 60 * 1000 };      /* that clocks of machines may differ */

/* "NAME-STAMP.tar.zst" taken apart; ".age" or ".gpg" may follow. */
static bool
take_apart(struct mem *m, const char *file, struct prune_archive *a)
{
	static const char form[] = "-ddddddddTddddddZ.tar.zst";
	size_t n = strlen(file), tail = sizeof form - 1;
	const char *p;

	a->sealed = n > 4 && (!strcmp(file + n - 4, ".age") || !strcmp(file + n - 4, ".gpg"));
	n -= a->sealed ? 4 : 0;
	p = file + n - tail;

	if (n <= tail || *file == '.')
		return false;
	for (size_t i = 0; i < tail; i++)
		if (form[i] == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != form[i])
			return false;
	a->file = mem_string(m, file);
	a->name = mem_dup(m, file, n - tail);
	a->stamp = mem_dup(m, p + 1, STAMP_LEN);
	return true;
}

/* Its manifest, if it has one that can be trusted. */
static void
look(struct mem *m, const char *directory, struct prune_archive *a)
{
	MEM_SCOPE(scope);
	const char *path = mem_fmt(scope, "%s/%s", directory, a->file), *release;
	int fd = a->sealed ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct err e = { .code = FAIL_NO };
	struct reader *r = a->sealed ? NULL : reader_open(scope, path, a->file, &e);

	a->unknown = a->sealed ? fd < 0 : !r && e.code != FAIL_NO;
	a->readable = r || (fd >= 0 && seal_is(fd));
	if (fd >= 0)
		close(fd);
	if (!r)
		return;
	a->size = reader_size(r);
	release = value_get_string(reader_manifest(r), "release");
	a->release = release ? mem_string(m, release) : NULL;
}

static int
by_name_newest_first(const void *x, const void *y)
{
	const struct prune_archive *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : strcmp(b->stamp, a->stamp);
}

int
prune_find(struct mem *m, const char *directory, struct prune_list *list, struct err *e)
{
	DIR *d = opendir(directory);
	char soon[CLOCK_TEXT];
	int bad = 0;

	clock_stamp(soon, clock_unix_ms() + SKEW_MS);

	if (!d)
		return err_sys(e, "%s", directory);
	for (struct dirent *de; !bad && (de = readdir(d));) {
		struct prune_archive a = { 0 };
		struct stat st;

		/* a directory or a link of that name is somebody else's */
		if (!take_apart(m, de->d_name, &a) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		bad = stop_check(e);
		look(m, directory, &a);
		a.future = strcmp(a.stamp, soon) > 0;
		a.readable &= !a.future;
		mem_grow(m, &list->item, list->count, &list->room, sizeof *list->item);
		list->item[list->count++] = a;
	}
	closedir(d);
	if (list->count)
		qsort(list->item, list->count, sizeof *list->item, by_name_newest_first);
	return bad;
}

/* The ISO week of a stamp as a number. */
static int
week(const char *stamp)
{
	struct tm tm = { 0 };
	char text[16];

	sscanf(stamp, "%4d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_hour = 12;
	timegm(&tm);
	strftime(text, sizeof text, "%G%V", &tm);
	return (int)strtol(text, NULL, 10);
}

static int
day(const char *stamp)
{
	char text[9] = "";

	memcpy(text, stamp, 8);
	return (int)strtol(text, NULL, 10);
}

/* The newest of each of the newest COUNT periods that there are archives of. */
static void
keep_periods(struct prune_archive *a, size_t n, int count, int (*period)(const char *),
    const char *why)
{
	int last = -1;

	for (size_t i = 0; i < n && count > 0; i++) {
		int now = period(a[i].stamp);

		if (!a[i].readable || now == last)
			continue;
		last = now;
		count--;
		a[i].why = a[i].why ? a[i].why : why;
	}
}

static bool
release_seen(const struct prune_archive *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].readable && a[i].release && !strcmp(a[i].release, a[n].release))
			return true;
	return false;
}

/* The newest of each of the newest COUNT releases. */
static void
keep_releases(struct prune_archive *a, size_t n, int count)
{
	for (size_t i = 0; i < n && count > 0; i++) {
		if (!a[i].readable || !a[i].release || release_seen(a, i))
			continue;
		count--;
		a[i].why = a[i].why ? a[i].why : "release";
	}
}

/* Archives of one name, newest first. */
static void
decide(struct prune_archive *a, size_t n, const struct prune_rule *rule)
{
	bool newer = false, sealed = false;
	int last = rule->last;

	for (size_t i = 0; i < n; i++) {
		if (a[i].readable && !(a[i].sealed ? sealed : newer))
			a[i].why = "newest";
		if (a[i].readable && last-- > 0)
			a[i].why = a[i].why ? a[i].why : "last";
		if (a[i].future)
			a[i].why = "its time has not come yet";
		else if (a[i].unknown)
			a[i].why = "it cannot be read";
		else if (!a[i].readable && !newer && !sealed)
			a[i].why = "damaged, but there is no newer one";
		*(a[i].sealed ? &sealed : &newer) |= a[i].readable;
	}
	keep_periods(a, n, rule->daily, day, "daily");
	keep_periods(a, n, rule->weekly, week, "weekly");
	keep_releases(a, n, rule->release);
}

/* Is every byte of it as its manifest says? *BAD: that cannot be told. */
static bool
is_sound(const char *directory, const struct prune_archive *a, int *bad, struct err *e)
{
	MEM_SCOPE(m);
	struct reader *r = reader_open(m, mem_fmt(m, "%s/%s", directory, a->file), a->file, e);

	if (r && !prove_archive(r, pool_threads(0), e))
		return true;
	*bad = e->code == FAIL_NO ? 0 : -1;
	return false;
}

/* Something of these N would go: then what stays as the newest must be more than a good beginning
 * and end. It is read, and the next one, until one is sound. */
static int
decide_proven(const char *directory, struct prune_archive *a, size_t n,
    const struct prune_rule *rule, struct err *e)
{
	for (size_t i = 0, going = 0; i < n; i++, going = 0) {
		int bad = 0;

		for (size_t k = 0; k < n; k++)
			a[k].why = NULL;
		decide(a, n, rule);
		for (size_t k = 0; k < n; k++)
			going += !a[k].why;
		if (!going ||
		    (a[i].readable && !a[i].sealed && is_sound(directory, &a[i], &bad, e)))
			return 0;
		if (bad)
			return -1;
		a[i].readable = a[i].readable && a[i].sealed;
	}
	decide(a, n, rule);
	return 0;
}

int
prune_decide(const char *directory, struct prune_list *list, const struct prune_rule *rule,
    struct err *e)
{
	for (size_t from = 0, to; from < list->count; from = to) {
		for (to = from;
		     to < list->count && !strcmp(list->item[to].name, list->item[from].name); to++)
			;
		if (decide_proven(directory, list->item + from, to - from, rule, e))
			return -1;
	}
	return 0;
}
