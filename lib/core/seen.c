/* seen.c - a hash table of 128-bit XXH3 keys with linear probing; hashes stand for the texts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/seen.h"

struct slot {
	XXH128_hash_t key;      /* never all zero */
	uint64_t body;
};

struct seen {
	struct slot *slot;
	size_t count, room;     /* room: a power of two */
};

static void
drop(void *p)
{
	struct seen *s = p;

	free(s->slot);
	free(s);
}

struct seen *
seen_new(struct mem *m)
{
	struct seen *s = mem_must(calloc(1, sizeof *s));

	s->room = 256;
	s->slot = mem_must(calloc(s->room, sizeof *s->slot));
	return mem_own(m, s, drop);
}

static XXH128_hash_t
hash(const char *key, const char *part)
{
	XXH64_hash_t seed = XXH3_64bits(part, strlen(part));
	XXH128_hash_t h = XXH3_128bits_withSeed(key, strlen(key), seed);

	h.low64 |= 1;
	return h;
}

static struct slot *
find(const struct seen *s, XXH128_hash_t key)
{
	size_t i = key.high64 & (s->room - 1);

	while (s->slot[i].key.low64 && !XXH128_isEqual(s->slot[i].key, key))
		i = (i + 1) & (s->room - 1);
	return &s->slot[i];
}

static void
grow(struct seen *s)
{
	struct slot *old = s->slot;
	size_t room = s->room;

	s->room *= 2;
	s->slot = mem_must(calloc(s->room, sizeof *s->slot));
	for (size_t i = 0; i < room; i++)
		if (old[i].key.low64)
			*find(s, old[i].key) = old[i];
	free(old);
}

enum seen_verdict
seen_add(struct seen *s, const char *key, const char *part, const void *body, size_t len)
{
	XXH128_hash_t h = hash(key, part);
	uint64_t b = XXH3_64bits(body, len);
	struct slot *at = find(s, h);

	if (at->key.low64)
		return at->body == b ? SEEN_REPEAT : SEEN_OTHER_BODY;
	at->key = h;
	at->body = b;
	if (++s->count * 4 > s->room * 3)
		grow(s);
	return SEEN_NEW;
}

bool
seen_has(const struct seen *s, const char *key, const char *part)
{
	return find(s, hash(key, part))->key.low64;
}
