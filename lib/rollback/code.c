/* code.c - one pass over a tree; each word is looked up in a hash of the wanted names. Case and underscores do not
 * count, and a plural is found by its singular: user_preferences is also UserPreferences, userPreference. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/stop.h"
#include "rollback/code.h"
#include "rollback/image.h"

enum { WORD = 128 };                    /* longer words are no names: Postgres cuts at 63 bytes */

/* A name that a word stands for: users and user both have the word user. */
struct owner {
	struct code_hits *hits;
	struct owner *next;
};

struct wanted {
	char *key;                      /* folded */
	size_t len;
	uint32_t hash;
	struct owner *owners;           /* the name that is just this word comes first */
	bool exact;
};

struct code {
	struct mem *m;
	struct wanted *table;
	size_t size, used;
	unsigned char filter[1 << 15];  /* the first three bytes of which some wanted word may begin */
	const char *const *globs;
	size_t glob_count;
	long long bytes;
	long files, texts;
	const char *compiled;           /* a program that cannot be searched, or NULL */
};

/* Where the app's own commands and the definition of its schema live, not what serves its users. */
static const char *const admin_paths[] = {
	"*.rake",
	"lib/tasks/*",
	"*/lib/tasks/*",
	"*/management/commands/*",
	"db/migrate/*",
	"*/db/migrate/*",
	"migrations/*",
	"*/migrations/*",
	"alembic/versions/*",
	"*/alembic/versions/*",
	"db/schema.rb",
	"*/db/schema.rb",
	"db/structure.sql",
	"*/db/structure.sql",
};

struct code *
code_new(struct mem *m, const char *const *admin_globs, size_t glob_count)
{
	struct code *c = mem_zero(m, 1, sizeof *c);

	c->m = m;
	c->globs = admin_globs;
	c->glob_count = glob_count;
	c->size = 256;
	/* an underscore among the three may be left out: all of those pass */
	for (size_t i = 0; i < sizeof c->filter; i++)
		c->filter[i] = (i >> 10) == ('_' & 31) || (i >> 5 & 31) == ('_' & 31) || (i & 31) == ('_' & 31);
	c->table = mem_zero(m, c->size, sizeof *c->table);
	return c;
}

/* FNV-1a, a byte at a time as the scanner meets them. */
static uint32_t
mix(uint32_t h, unsigned char c)
{
	return (h ^ c) * 16777619u;
}

static size_t
fold(char to[WORD], const char *name, size_t len, uint32_t *hash)
{
	size_t n = 0;

	*hash = 2166136261u;
	for (size_t i = 0; i < len && n < WORD; i++)
		if (name[i] != '_') {
			to[n] = (char)tolower((unsigned char)name[i]);
			*hash = mix(*hash, (unsigned char)to[n++]);
		}
	return n;
}

static struct wanted *
slot(const struct code *c, const char *key, size_t len, uint32_t hash)
{
	size_t i = hash & (c->size - 1);

	while (c->table[i].key &&
	       (c->table[i].hash != hash || c->table[i].len != len || memcmp(c->table[i].key, key, len)))
		i = (i + 1) & (c->size - 1);
	return &c->table[i];
}

static void
grow(struct code *c)
{
	struct wanted *old = c->table;
	size_t n = c->size;

	c->size *= 2;
	c->table = mem_zero(c->m, c->size, sizeof *c->table);
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			*slot(c, old[i].key, old[i].len, old[i].hash) = old[i];
}

/* Where in the filter do these three bytes stand? Case is lost, and digits fall together with letters. */
static size_t
filter_at(const unsigned char *p)
{
	return (size_t)(p[0] & 31) << 10 | (size_t)(p[1] & 31) << 5 | (p[2] & 31);
}

/* Let words that begin as KEY does through; short ones may be followed by anything. */
static void
open_filter(struct code *c, const char *key, size_t len)
{
	if (len >= 3)
		c->filter[filter_at((const unsigned char *)key)] = 1;
	for (size_t i = 0; len < 3 && i < sizeof c->filter; i++)
		c->filter[i] |= (i >> 10) == ((unsigned char)key[0] & 31) &&
		    (len < 2 || (i >> 5 & 31) == ((unsigned char)key[1] & 31));
}

static void
want(struct code *c, const char *word, size_t len, struct code_hits *hits, bool exact)
{
	char key[WORD];
	uint32_t hash;
	size_t n = fold(key, word, len, &hash);
	struct wanted *w;
	struct owner *o;

	if (2 * (c->used + 1) > c->size)
		grow(c);
	w = slot(c, key, n, hash);
	if (!w->key) {
		*w = (struct wanted){ .key = mem_dup(c->m, key, n), .len = n, .hash = hash };
		c->used++;
		open_filter(c, key, n);
	}
	o = mem_zero(c->m, 1, sizeof *o);
	o->hits = hits;
	o->next = exact || !w->exact ? w->owners : w->owners->next;
	if (exact || !w->exact)
		w->owners = o;
	else
		w->owners->next = o;
	w->exact |= exact;
}

void
code_want(struct code *c, const char *name)
{
	size_t len = strlen(name);
	struct code_hits *hits;

	if (!len || code_hits(c, name))
		return;
	hits = mem_zero(c->m, 1, sizeof *hits);
	want(c, name, len, hits, true);
	if (len > 4 && !strcasecmp(name + len - 3, "ies"))
		want(c, mem_fmt(c->m, "%.*sy", (int)len - 3, name), len - 2, hits, false);
	if (len > 4 && !strcasecmp(name + len - 2, "es"))
		want(c, name, len - 2, hits, false);
	if (len > 3 && (name[len - 1] | 32) == 's')
		want(c, name, len - 1, hits, false);
}

const struct code_hits *
code_hits(const struct code *c, const char *name)
{
	char key[WORD];
	uint32_t hash;
	size_t n = fold(key, name, strlen(name), &hash);
	const struct wanted *w;

	w = slot(c, key, n, hash);
	return w->exact ? w->owners->hits : NULL;
}

static bool
is_admin(const struct code *c, const char *path)
{
	for (size_t i = 0; i < sizeof admin_paths / sizeof *admin_paths; i++)
		if (!fnmatch(admin_paths[i], path, 0))
			return true;
	for (size_t i = 0; i < c->glob_count; i++)
		if (!fnmatch(c->globs[i], path, 0))
			return true;
	return false;
}

static void
hit(struct code *c, struct code_hits *h, const char *path, long line, bool admin)
{
	const struct code_place *last = h->shown ? &h->places[h->shown - 1] : NULL;

	/* the forms of a name twice on a line are one mention */
	if (last && last->line == line && !strcmp(last->file, path))
		return;
	*(admin ? &h->admin : &h->live) += 1;
	if (h->shown < CODE_SHOWN)
		h->places[h->shown++] = (struct code_place){ mem_string(c->m, path), line, admin };
}

/* Is a byte of a word? As 0 and 1, for the masks. */
static const unsigned char *
word_bytes(void)
{
	static unsigned char word[256];

	if (!word['a'])
		for (int i = 0; i < 256; i++)
			word[i] = i == '_' || i >= 0x80 || isalnum(i);
	return word;
}

/* The word at P, up to END, when it is wanted. */
static const struct wanted *
look_up(const struct code *c, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *word = word_bytes(), *from = p;
	const struct wanted *w;
	uint32_t hash;
	char key[WORD];
	size_t n;

	while (p < end && word[*p])
		p++;
	if (p - from >= WORD)
		return NULL;
	n = fold(key, (const char *)from, (size_t)(p - from), &hash);
	w = slot(c, key, n, hash);
	return w->key ? w : NULL;
}

/* Which of 64 bytes belong to words. */
static uint64_t
word_mask(const unsigned char *p, size_t len)
{
	const unsigned char *word = word_bytes();
	uint64_t mask = 0;

	if (len >= 64)
		for (int i = 0; i < 64; i++)
			mask |= (uint64_t)word[p[i]] << i;
	else
		for (size_t i = 0; i < len; i++)
			mask |= (uint64_t)word[p[i]] << i;
	return mask;
}

struct scanning {
	const char *path;
	const unsigned char *end, *counted;     /* newlines before COUNTED are in LINE */
	long line;
	bool admin;
};

static void
found(struct code *c, struct scanning *s, const unsigned char *at, const struct wanted *w)
{
	for (; s->counted < at; s->counted++)
		s->line += *s->counted == '\n';
	for (const struct owner *o = w->owners; o; o = o->next)
		hit(c, o->hits, s->path, s->line, s->admin);
}

/* Masks find where words begin, without a branch for each byte; a filter of the first three bytes then passes few. */
static void
scan(struct code *c, const char *path, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	struct scanning s = { path, end, p, 1, is_admin(c, path) };
	uint64_t inside = 0;

	for (; p < end; p += 64) {
		uint64_t mask = word_mask(p, (size_t)(end - p)), starts = mask & ~(mask << 1 | inside);

		for (inside = mask >> 63; starts; starts &= starts - 1) {
			const unsigned char *word = p + __builtin_ctzll(starts);
			const struct wanted *w;

			if (word + 3 <= end && !c->filter[filter_at(word)])
				continue;
			if ((w = look_up(c, word, end)))
				found(c, &s, word, w);
		}
	}
}

/* A NUL near its start makes a file binary, as grep has it. */
static bool
is_text(const char *text, size_t len)
{
	return !memchr(text, 0, len < 8192 ? len : 8192);
}

/* Forms of compiled programs: what their source names stands in them packed, or without bounds. */
static const struct {
	const char *suffix, *magic;
	const char *inside;             /* some bytes further on that must be there, or NULL */
} compiled[] = {
	{ ".jar", "PK", NULL },
	{ ".war", "PK", NULL },
	{ ".ear", "PK", NULL },
	{ ".class", "\xca\xfe\xba\xbe", NULL },
	{ ".dll", "MZ", "BSJB" },               /* .NET's metadata */
	{ "", "\x7f" "ELF", "\xff Go buildinf:" },
};

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

static void
see_binary(struct code *c, const char *path, const char *bytes, size_t len)
{
	if (c->compiled || is_admin(c, path) || strstr(path, "node_modules/"))
		return;
	for (size_t i = 0; i < sizeof compiled / sizeof *compiled; i++) {
		const char *magic = compiled[i].magic, *inside = compiled[i].inside;

		if (!ends_with(path, compiled[i].suffix) || len < strlen(magic) || memcmp(bytes, magic, strlen(magic)))
			continue;
		if (!inside || memmem(bytes, len, inside, strlen(inside)))
			c->compiled = mem_string(c->m, path);
	}
}

static void
see_file(struct code *c, const char *path, const char *bytes, size_t len)
{
	c->files++;
	c->bytes += (long long)len;
	if (!is_text(bytes, len)) {
		see_binary(c, path, bytes, len);
		return;
	}
	c->texts++;
	scan(c, path, bytes, len);
}

static int
search_file(struct code *c, int dir, const char *name, const char *path, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *map;

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return 0;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_sys(e, "%s", path);
	see_file(c, path, map, (size_t)st.st_size);
	munmap(map, (size_t)st.st_size);
	return stop_check(e);
}

static bool
is_left_out(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, ".git") || !strcmp(name, ".hg") ||
	    !strcmp(name, ".svn");
}

static int
search_directory(struct code *c, int at, const char *name, const char *prefix, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), bad = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d)
		return err_sys(e, "%s", *prefix ? prefix : name);
	while (!bad && (entry = readdir(d))) {
		MEM_SCOPE(m);
		char *path = mem_fmt(m, "%s%s%s", prefix, *prefix ? "/" : "", entry->d_name);
		struct stat st;

		if (is_left_out(entry->d_name) || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode))
			bad = search_directory(c, fd, entry->d_name, path, e);
		else if (S_ISREG(st.st_mode))
			bad = search_file(c, fd, entry->d_name, path, e);
	}
	closedir(d);
	return bad;
}

static int
see_image_file(void *code, const char *path, const char *text, size_t len, struct err *e)
{
	see_file(code, path, text, len);
	return stop_check(e);
}

int
code_search(struct code *c, const char *tree, struct err *e)
{
	struct stat st;
	int bad;

	if (stat(tree, &st))
		return err_sys(e, "--code %s", tree);
	if (S_ISDIR(st.st_mode))
		bad = search_directory(c, AT_FDCWD, mem_fmt(c->m, "%s/.", tree), "", e);
	else
		bad = image_each(tree, see_image_file, c, e);
	return bad ? err_in(e, "--code %s", tree) : 0;
}

const char *
code_blind(const struct code *c)
{
	if (!c->texts)
		return "the old code that was given holds no text to search";
	return c->compiled ? mem_fmt(c->m, "%s is compiled, and what it uses cannot be searched for", c->compiled) : NULL;
}

long long code_bytes(const struct code *c) { return c->bytes; }
long code_files(const struct code *c) { return c->files; }
