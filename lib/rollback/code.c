/* code.c - one pass over a tree; each word is looked up in a hash of the wanted names. Case and
 * underscores do not count, and a plural is found by its singular: user_preferences is also
 * UserPreferences, userPreference. */
#include <ctype.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/stop.h"
#include "rollback/code.h"
#include "rollback/image.h"
#include "rollback/tree.h"

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
	size_t shortest;                /* of the wanted words; at most 32 */
	/* the first three bytes of which some wanted word may begin */
	unsigned char filter[1 << 15];
	const char *const *globs;
	size_t glob_count;
	long long bytes;
	long files, texts;
	const char *compiled;           /* a program that cannot be searched, or NULL */
	pthread_mutex_t lock;           /* of what was found */
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
	pthread_mutex_init(&c->lock, NULL);
	c->globs = admin_globs;
	c->glob_count = glob_count;
	c->size = 256;
	c->shortest = 32;
	/* an underscore among the three may be left out: all of those pass */
	for (size_t i = 0; i < sizeof c->filter; i++)
		c->filter[i] = (i >> 10) == ('_' & 31) || (i >> 5 & 31) == ('_' & 31) ||
		    (i & 31) == ('_' & 31);
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
	    (c->table[i].hash != hash || c->table[i].len != len ||
		memcmp(c->table[i].key, key, len)))
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

/* Where in the filter do these three bytes stand? Case is lost, and digits fall together with
 * letters. */
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
		c->shortest = n < c->shortest ? n : c->shortest;
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

/* Of all places the first are kept, in the order of files and lines: the same in every run. */
static void
add_place(struct code *c, struct code_hits *h, const char *path, long line, bool admin)
{
	size_t at = h->shown;

	while (at && (strcmp(h->places[at - 1].file, path) > 0 ||
	    (!strcmp(h->places[at - 1].file, path) && h->places[at - 1].line > line)))
		at--;
	if (at == CODE_SHOWN)
		return;
	h->shown += h->shown < CODE_SHOWN;
	memmove(h->places + at + 1, h->places + at, (h->shown - at - 1) * sizeof *h->places);
	h->places[at] = (struct code_place){ mem_string(c->m, path), line, admin };
}

/* A line that mentions a name. */
struct mention {
	struct code_hits *hits;
	long line;
};

/* One file, in one thread. */
struct scanning {
	const unsigned char *end, *counted;     /* newlines before COUNTED are in LINE */
	long line;
	struct mem *m;                          /* NULL: nothing was found yet */
	struct mention *list;
	size_t count, room;
};

static void
mention(struct scanning *s, struct code_hits *h)
{
	/* the forms of a name twice on a line are one mention */
	for (size_t i = s->count; i-- > 0 && s->list[i].line == s->line;)
		if (s->list[i].hits == h)
			return;
	s->m = s->m ? s->m : mem_new();
	mem_grow(s->m, &s->list, s->count, &s->room, sizeof *s->list);
	s->list[s->count++] = (struct mention){ h, s->line };
}

static bool
is_word(unsigned char c)
{
	return c >= 0x80 || c == '_' || (unsigned)((c | 32) - 'a') < 26 || (unsigned)(c - '0') < 10;
}

#ifdef __SSE2__
/* Which of 16 bytes belong to words: the same as is_word. */
static uint64_t
word_bits(const unsigned char *p)
{
	__m128i c = _mm_loadu_si128((const void *)p);
	__m128i letter = _mm_sub_epi8(_mm_or_si128(c, _mm_set1_epi8(32)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(c, _mm_set1_epi8('0'));
	__m128i is = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
	    _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit));

	/* what is 0x80 or more has its sign bit set already */
	is = _mm_or_si128(_mm_or_si128(is, _mm_cmpeq_epi8(c, _mm_set1_epi8('_'))), c);
	return (uint64_t)(unsigned)_mm_movemask_epi8(is);
}
#endif

/* Which of 64 bytes belong to words. */
static uint64_t
word_mask(const unsigned char *p, size_t len)
{
	uint64_t mask = 0;

#ifdef __SSE2__
	if (len >= 64)
		return word_bits(p) | word_bits(p + 16) << 16 | word_bits(p + 32) << 32 |
		    word_bits(p + 48) << 48;
#endif
	for (size_t i = 0; i < len && i < 64; i++)
		mask |= (uint64_t)is_word(p[i]) << i;
	return mask;
}

/* The word at P, up to END, when it is wanted. */
static const struct wanted *
look_up(const struct code *c, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *from = p;
	const struct wanted *w;
	uint32_t hash;
	char key[WORD];
	size_t n;

	while (p < end && is_word(*p))
		p++;
	if (p - from >= WORD)
		return NULL;
	n = fold(key, (const char *)from, (size_t)(p - from), &hash);
	w = slot(c, key, n, hash);
	return w->key ? w : NULL;
}

static void
found(struct scanning *s, const unsigned char *at, const struct wanted *w)
{
	for (; s->counted < at; s->counted++)
		s->line += *s->counted == '\n';
	for (const struct owner *o = w->owners; o; o = o->next)
		mention(s, o->hits);
}

/* Of MASK and the 64 bytes after it, NEXT: the bytes from which on LEN more belong to words. */
static uint64_t
long_enough(uint64_t mask, uint64_t next, size_t len)
{
	for (size_t have = 1, step; have < len; have += step) {
		step = len - have < have ? len - have : have;
		mask &= mask >> step | next << (64 - step);
		next &= next >> step | ~0ULL << (64 - step);
	}
	return mask;
}

/* Masks find where words begin that are long enough, without a branch for each byte; a filter of
 * the first three bytes then passes few. */
static void
scan(const struct code *c, struct scanning *s, const unsigned char *p)
{
	uint64_t inside = 0, mask = word_mask(p, (size_t)(s->end - p)), next;

	for (; p < s->end; p += 64, mask = next) {
		uint64_t starts = mask & ~(mask << 1 | inside);

		next = s->end - p > 64 ? word_mask(p + 64, (size_t)(s->end - p) - 64) : 0;
		starts &= long_enough(mask, next, c->shortest);
		for (inside = mask >> 63; starts; starts &= starts - 1) {
			const unsigned char *word = p + __builtin_ctzll(starts);
			const struct wanted *w;

			if (word + 3 <= s->end && !c->filter[filter_at(word)])
				continue;
			if ((w = look_up(c, word, s->end)))
				found(s, word, w);
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

static bool
is_compiled(const char *path, const char *bytes, size_t len)
{
	if (strstr(path, "node_modules/"))
		return false;
	for (size_t i = 0; i < sizeof compiled / sizeof *compiled; i++) {
		const char *magic = compiled[i].magic, *inside = compiled[i].inside;

		if (ends_with(path, compiled[i].suffix) && len >= strlen(magic) &&
		    !memcmp(bytes, magic, strlen(magic)) &&
		    (!inside || memmem(bytes, len, inside, strlen(inside))))
			return true;
	}
	return false;
}

/* Several threads at once are here: what is found goes to all in one go. */
static int
see_file(void *code, const char *path, const char *bytes, size_t len, struct err *e)
{
	struct code *c = code;
	const unsigned char *p = (const unsigned char *)bytes;
	struct scanning s = { .end = p + len, .counted = p, .line = 1 };
	bool text = is_text(bytes, len), admin = is_admin(c, path);
	bool blind = !text && !admin && is_compiled(path, bytes, len);

	if (text)
		scan(c, &s, p);
	pthread_mutex_lock(&c->lock);
	c->files++;
	c->texts += text;
	c->bytes += (long long)len;
	for (size_t i = 0; i < s.count; i++) {
		*(admin ? &s.list[i].hits->admin : &s.list[i].hits->live) += 1;
		add_place(c, s.list[i].hits, path, s.list[i].line, admin);
	}
	if (blind && (!c->compiled || strcmp(path, c->compiled) < 0))
		c->compiled = mem_string(c->m, path);
	pthread_mutex_unlock(&c->lock);
	mem_free(s.m);
	return stop_check(e);
}

int
code_search(struct code *c, const char *tree, struct err *e)
{
	struct stat st;
	int bad;

	if (stat(tree, &st))
		return err_sys(e, "--code %s", tree);
	bad = S_ISDIR(st.st_mode) ? tree_each(tree, see_file, c, e) :
				    image_each(tree, see_file, c, e);
	return bad ? err_in(e, "--code %s", tree) : 0;
}

const char *
code_blind(const struct code *c)
{
	if (!c->texts)
		return "the old code that was given holds no text to search";
	return c->compiled ?
	    mem_fmt(c->m, "%s is compiled, and what it uses cannot be searched for", c->compiled) :
	    NULL;
}

long long code_bytes(const struct code *c) { return c->bytes; }
long code_files(const struct code *c) { return c->files; }
