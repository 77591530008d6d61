/* tag.c - a hand-written lexer (runs of letters, runs of digits, what parts them) and a parser over
 * it. */
#include <ctype.h>
#include <string.h>

#include "manifest/tag.h"

enum atom_kind { ATOM_END, ATOM_WORD, ATOM_NUMBER, ATOM_HASH };

struct atom {
	enum atom_kind kind;
	char before;            /* the separator in front: '-', '_', '.', '+', or 0 when glued */
	const char *text;
	size_t len;
};

struct parse {
	struct mem *m;
	struct tag *tag;
	struct atom *atom;
	size_t count, room, at, main;
};

/* Words that only say "a version follows". */
static const char *const plain_prefixes[] = { "v", "ver", "version", "release", "rel", NULL };
/* Words that hold digits of their own; the rest of the group follows them. */
static const char *const whole_words[] = { "arm32v5", "arm32v6", "arm32v7", "arm64v8", "arm64",
	"amd64", "i386", "x86_64", "ppc64le", "s390x", "riscv64", "mips64le", "k3s", "rke2r",
	"log4j", "x64", "x86", NULL };
/* A number behind one of these counts rebuilds of the same version. */
static const char *const build_words[] = { "r", "ls", "k3s", "rke2r", "b", "build", "rev", "p",
	"patch", "pl", "post", "cu", "gdr", "sp", "hotfix", "u", "ce", "ee", NULL };
/* Those of them that count behind a plus, too. */
static const char *const plus_words[] = { "k3s", "rke2r", NULL };
/* A branch or a job in front of a bare number: the number only counts. */
static const char *const counter_words[] = { "build", "b", "r", "rev", "ci", "run", "ls", "next",
	"main", "master", "develop", "dev", "nightly", "snapshot", "edge", "canary", "job",
	"pipeline", "branch", "staging", NULL };

static bool
one_of(const char *const *list, const char *s, size_t len)
{
	for (; *list; list++)
		if (strlen(*list) == len && !strncasecmp(*list, s, len))
			return true;
	return false;
}

/* Lexer */

/* A commit hash: seven or more hex digits, letters and figures mixed (behind "sha" or "g": any);
 * BEFORE is the word in front, or NULL. */
static bool
is_hash(const char *s, size_t len, const struct atom *before)
{
	static const char *const words[] = { "sha", "git", "gitsha", "commit", NULL };
	bool told = before && before->kind == ATOM_WORD && one_of(words, before->text, before->len);
	size_t letters = 0, digits = 0;

	if (*s == 'g' && len > 7) {     /* of git describe */
		s++, len--;
		letters++;
	}

	for (size_t i = 0; i < len; i++) {
		if (isdigit((unsigned char)s[i]))
			digits++;
		else if (s[i] >= 'a' && s[i] <= 'f')
			letters++;
		else
			return false;
	}
	return len >= 7 && ((letters && digits) || told);
}

static size_t
whole_word(const char *s, size_t len)
{
	for (const char *const *w = whole_words; *w; w++)
		if (strlen(*w) <= len && !strncasecmp(*w, s, strlen(*w)))
			return strlen(*w);
	return 0;
}

static size_t
run_length(const char *s, size_t len)
{
	size_t n = whole_word(s, len);
	int digit = isdigit((unsigned char)*s);

	if (n)
		return n;
	while (n < len && !isdigit((unsigned char)s[n]) == !digit)
		n++;
	return n;
}

static void
add_atom(struct parse *p, enum atom_kind kind, char before, const char *text, size_t len)
{
	mem_grow(p->m, &p->atom, p->count, &p->room, sizeof *p->atom);
	p->atom[p->count++] = (struct atom){ kind, before, text, len };
}

static void
lex(struct parse *p, const char *s)
{
	char before = '-';

	while (*s) {
		size_t group = strcspn(s, "-_.+");
		bool hash = is_hash(s, group, p->count ? &p->atom[p->count - 1] : NULL);

		for (size_t n; group; s += n, group -= n, before = 0) {
			n = hash ? group : run_length(s, group);
			add_atom(p,
			    hash                         ? ATOM_HASH
			    : isdigit((unsigned char)*s) ? ATOM_NUMBER
							 : ATOM_WORD,
			    before, s, n);
		}
		before = *s;
		s += *s != 0;
	}
	add_atom(p, ATOM_END, '-', s, 0);
	p->count--;
}

/* Parser */

static const struct atom *
peek(const struct parse *p, size_t ahead)
{
	size_t i = p->at + ahead;

	return &p->atom[i < p->count ? i : p->count];
}

static bool
is_word(const struct atom *a, const char *word)
{
	return a->kind == ATOM_WORD && a->len == strlen(word) &&
	    !strncasecmp(a->text, word, a->len);
}

static void
add_digits(struct parse *p, struct tag_numbers *to, const char *s, size_t len)
{
	size_t zeros = 0;

	while (zeros + 1 < len && s[zeros] == '0')
		zeros++;
	mem_grow(p->m, &to->item, to->count, &to->room, sizeof *to->item);
	to->item[to->count++] = (struct tag_number){ s + zeros, len - zeros, zeros > 0 };
}

static struct tag_word *
add_word(struct parse *p, struct tag_words *to, const char *s, size_t len)
{
	struct tag_word *w;

	mem_grow(p->m, &to->item, to->count, &to->room, sizeof *to->item);
	w = &to->item[to->count++];
	*w = (struct tag_word){ .name = mem_dup(p->m, s, len) };
	for (char *c = w->name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return w;
}

/* NUMBER(.NUMBER)* from here on. */
static void
take_numbers(struct parse *p, struct tag_numbers *to)
{
	do {
		add_digits(p, to, peek(p, 0)->text, peek(p, 0)->len);
		p->at++;
	} while (peek(p, 0)->kind == ATOM_NUMBER && peek(p, 0)->before == '.');
}

static bool
is_year(long v)
{
	return v >= 1990 && v <= 2099;
}

/* 202405, 20240510, 202405101530, 20240510153000: parted into year, month, day, time. */
static bool
take_packed_date(struct parse *p)
{
	const struct atom *a = peek(p, 0);
	long month, day;

	if (a->len != 6 && a->len != 8 && a->len != 12 && a->len != 14)
		return false;
	month = tag_digits(a->text + 4, 2);
	day = a->len > 6 ? tag_digits(a->text + 6, 2) : 1;
	if (!is_year(tag_digits(a->text, 4)) || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	add_digits(p, &p->tag->numbers, a->text, 4);
	for (size_t i = 4; i < a->len; i += 2)
		add_digits(p, &p->tag->numbers, a->text + i, 2);
	p->tag->scheme = TAG_DATE;
	p->at++;
	while (peek(p, 0)->kind == ATOM_NUMBER && peek(p, 0)->before == '.')
		take_numbers(p, &p->tag->numbers);
	return true;
}

/* NUMBER of two digits behind a dash */
static bool
is_date_part(const struct atom *a)
{
	return a->kind == ATOM_NUMBER && a->before == '-' && a->len == 2;
}

/* 2024-05, 2024-05-10, and the time behind it: T01-41-38Z. */
static bool
take_iso_date(struct parse *p)
{
	const struct atom *y = peek(p, 0);
	int parts = is_date_part(peek(p, 2)) ? 3 : 2;

	if (y->len != 4 || !is_year(tag_digits(y->text, 4)) || !is_date_part(peek(p, 1)) ||
	    tag_digits(peek(p, 1)->text, 2) > 12)
		return false;
	for (int i = 0; i < parts; i++, p->at++)
		add_digits(p, &p->tag->numbers, peek(p, 0)->text, peek(p, 0)->len);
	p->tag->scheme = TAG_DATE;
	if (!is_word(peek(p, 0), "T") || peek(p, 1)->kind != ATOM_NUMBER)
		return true;
	p->at++;
	while (peek(p, 0)->kind == ATOM_NUMBER && peek(p, 0)->before != '_') {
		add_digits(p, &p->tag->numbers, peek(p, 0)->text, peek(p, 0)->len);
		p->at++;
	}
	p->at += is_word(peek(p, 0), "Z");
	return true;
}

static void
take_main(struct parse *p)
{
	struct tag *t = p->tag;

	if (take_packed_date(p) || take_iso_date(p))
		return;
	take_numbers(p, &t->numbers);
	/* Java's 8u412 is 8.0.412 */
	if (t->numbers.count == 1 && is_word(peek(p, 0), "u") && !peek(p, 0)->before &&
	    peek(p, 1)->kind == ATOM_NUMBER) {
		add_digits(p, &t->numbers, "0", 1);
		p->at++;
		take_numbers(p, &t->numbers);
	}
	t->scheme = TAG_NUMBERS;
	if (is_year(tag_value(&t->numbers, 0, 9999)))
		t->scheme = TAG_CALVER;
	if (t->numbers.count == 1 && t->numbers.item[0].len == 10 &&
	    t->numbers.item[0].digits[0] == '1')
		t->scheme = TAG_UNIX;
	else if (t->numbers.count == 1 && t->prefix.count && t->scheme == TAG_NUMBERS) {
		const char *last = t->prefix.item[t->prefix.count - 1].name;

		if (one_of(counter_words, last, strlen(last)))
			t->scheme = TAG_COUNTER;
	}
}

/* The number that is the version: the first that begins a group (behind v, too; behind the ts of
 * pg16-ts2.15), else the first of all. */
static size_t
find_main(const struct parse *p)
{
	size_t glued = p->count;

	for (size_t i = 0; i < p->count; i++) {
		const struct atom *a = &p->atom[i];

		if (a->kind != ATOM_NUMBER)
			continue;
		if ((a->before && (a->before != '.' || !i || (a - 1)->kind != ATOM_NUMBER)) ||
		    (i && (is_word(a - 1, "v") || is_word(a - 1, "ts")) && (a - 1)->before))
			return i;
		if (glued == p->count)
			glued = i;
	}
	return glued;
}

static void
take_prefix(struct parse *p)
{
	while (p->at < p->main) {
		const struct atom *a = peek(p, 0);
		struct tag_word *w;

		p->at++;
		if (a->kind == ATOM_HASH)
			p->tag->hash = mem_dup(p->m, a->text, a->len);
		if (a->kind != ATOM_WORD ||
		    (one_of(plain_prefixes, a->text, a->len) && p->at == p->main))
			continue;
		w = add_word(p, &p->tag->prefix, a->text, a->len);
		for (; p->at < p->main && peek(p, 0)->kind == ATOM_NUMBER; p->at++)
			add_digits(p, &w->numbers, peek(p, 0)->text, peek(p, 0)->len);
	}
}

/* rc1, rc.1, rc-1, alpha.beta.2 */
static void
take_prerelease(struct parse *p)
{
	const struct atom *a = peek(p, 0);
	struct tag_words *to = &p->tag->prerelease;

	add_word(p, to, a->text, a->len);
	p->at++;
	for (bool first = true;; first = false) {
		a = peek(p, 0);
		if (a->kind == ATOM_NUMBER &&
		    (!a->before || a->before == '.' || (first && a->before == '-')))
			add_digits(p, &add_word(p, to, "", 0)->numbers, a->text, a->len);
		else if (a->kind == ATOM_WORD && a->before == '.')
			add_word(p, to, a->text, a->len);
		else
			return;
		p->at++;
	}
}

static bool
begins_prerelease(const struct parse *p)
{
	const struct atom *a = peek(p, 0);

	if (a->kind != ATOM_WORD || tag_stage(a->text, a->len) < 0)
		return false;
	/* a single letter is one only as in 3.13.0a1 and 0.108.0-b.50; M1 also behind a dash */
	if (a->len == 1 && peek(p, 1)->kind != ATOM_NUMBER)
		return false;
	return a->len > 1 || !a->before || tolower((unsigned char)*a->text) == 'm' ||
	    peek(p, 1)->before == '.';
}

static void
take_build(struct parse *p)
{
	while (peek(p, 0)->kind == ATOM_NUMBER)
		take_numbers(p, &p->tag->build);
}

static void
take_variant(struct parse *p)
{
	const struct atom *a = peek(p, 0);
	struct tag_word *w = add_word(p, &p->tag->variant, a->text, a->len);

	p->at++;
	if (peek(p, 0)->kind != ATOM_NUMBER)
		return;
	if (one_of(build_words, a->text, a->len))
		take_build(p);
	else
		take_numbers(p, &w->numbers);
}

static void
take_tail(struct parse *p)
{
	const struct atom *a = peek(p, 0), *next = peek(p, 1);
	bool counts = next->kind == ATOM_NUMBER && one_of(build_words, a->text, a->len) &&
	    a->kind == ATOM_WORD;
	bool edition = is_word(a, "ce") || is_word(a, "ee");

	if (a->before == '+' && !one_of(plus_words, a->text, a->len)) {
		p->at = p->count;       /* build metadata order nothing (semver 10) */
	} else if (a->kind == ATOM_NUMBER) {
		take_build(p);
	} else if (a->kind == ATOM_HASH) {
		p->tag->hash = mem_dup(p->m, a->text, a->len);
		p->at++;
	} else if (begins_prerelease(p)) {
		take_prerelease(p);
	} else if ((counts && !edition) || (is_word(a, "v") && next->kind == ATOM_NUMBER)) {
		p->at++;
		take_build(p);
	} else {
		take_variant(p);
	}
}

struct tag *
tag_parse(struct mem *m, const char *text)
{
	struct tag *t = mem_zero(m, 1, sizeof *t);
	struct parse p = { .m = m, .tag = t };
	const char *at = strchr(text, '@');

	t->text = mem_dup(m, text, at ? (size_t)(at - text) : strlen(text));
	t->digest = at ? mem_string(m, at + 1) : NULL;
	lex(&p, t->text);
	p.main = find_main(&p);
	take_prefix(&p);
	if (p.at < p.count)
		take_main(&p);
	while (p.at < p.count)
		take_tail(&p);
	if (t->scheme == TAG_WORDS && t->hash)
		t->scheme = TAG_HASH;
	return t;
}
