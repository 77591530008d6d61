/* tag - takes an image tag apart: prefix words, numbers, prerelease, variant, build. */
#ifndef TAG_H
#define TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"

/* How the numbers of a tag are to be read. */
enum tag_scheme {
	TAG_WORDS,      /* no number at all: latest, bookworm */
	TAG_HASH,       /* only a commit hash tells it apart: sha-1a2b3c4 */
	TAG_NUMBERS,    /* 5.1.4 */
	TAG_CALVER,     /* the first number is a year: 2024.10.5 */
	TAG_DATE,       /* a day: 20240510, 2024-05-10, RELEASE.2024-05-10T01-41-38Z */
	TAG_SHORT,      /* YY.MM or YY.MM.DD: 24.04, v25.11.04.1 */
	TAG_UNIX,       /* seconds since 1970 */
	TAG_COUNTER,    /* a bare counter behind a word: build-123 */
};

/* Digits of any length, without leading zeros; PADDED tells that there were some. */
struct tag_number {
	const char *digits;
	size_t len;
	bool padded;
};

struct tag_numbers {
	struct tag_number *item;
	size_t count, room;
};

/* A word with the numbers that belong to it: alpine 3.20, pg 16, rc 1. */
struct tag_word {
	char *name;             /* lower case */
	struct tag_numbers numbers;
};

struct tag_words {
	struct tag_word *item;
	size_t count, room;
};

struct tag {
	const char *text;               /* the tag without a digest */
	const char *digest;             /* "sha256:…" or NULL */
	enum tag_scheme scheme;
	struct tag_words prefix;        /* words in front of the numbers, without v */
	struct tag_numbers numbers;
	/* identifiers in order; an identifier that is a number has the name "" */
	struct tag_words prerelease;
	struct tag_words variant;
	struct tag_numbers build;
	const char *hash;               /* a commit hash among the words, or NULL */
};

/* Take TEXT ("1.2.3-alpine", "1.2.3@sha256:…") apart. Never fails: what is not understood is a
 * variant word. The result points into TEXT's copy in MEM. */
struct tag *tag_parse(struct mem *, const char *text);

/* How ripe a prerelease of that name is, from 0; -1: it is none. */
int tag_stage(const char *, size_t len);
/* The value of LEN digits, as far as it is below 1e8. */
long tag_digits(const char *, size_t len);
/* -1, 0, 1 by value. */
int tag_compare_number(const struct tag_number *, const struct tag_number *);
/* By value, missing ones as 0. */
int tag_compare_numbers(const struct tag_numbers *, const struct tag_numbers *);
/* As in semver 11.4, with dev < alpha < beta < rc < none. */
int tag_compare_prerelease(const struct tag_words *, const struct tag_words *);
/* The value of number I, at most MAX; -1 when there are not so many. */
long tag_value(const struct tag_numbers *, size_t i, long max);
/* The word NAME of the list, or NULL. */
const struct tag_word *tag_find(const struct tag_words *, const char *name);

#endif
