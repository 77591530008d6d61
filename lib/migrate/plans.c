/* plans.c - journals and plans beside the migrations. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/io.h"
#include "migrate/plans.h"

enum { JOURNAL_MAX = 64 << 20 };

static int
bad_journal(const char *path, const char *what, struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "bad-input", "%s: %s", path, what);
}

static int
add_entry(struct mem *m, struct migrate_dir *d, const struct value *entry, const char *journal,
    struct err *e)
{
	const char *tag = value_get_string(entry, "tag");
	struct migrate_file *f;
	size_t n = 0;

	if (!tag || value_get_int(entry, "when", -1) < 0)
		return bad_journal(journal, "an entry without 'tag' or 'when'", e);
	if (strchr(tag, '/'))
		return bad_journal(journal, "a tag that holds a slash", e);
	while (isdigit((unsigned char)tag[n]))
		n++;
	f = migrate_dir_add(m, d);
	f->version = n ? mem_dup(m, tag, n) : mem_string(m, tag);
	f->name = mem_string(m, n && tag[n] == '_' ? tag + n + 1 : tag + n);
	f->file = mem_fmt(m, "%s.sql", tag);
	f->note = value_keep(m, entry);
	return 0;
}

/* A file that the journal does not name would never run, and nobody would know. */
static void
note_strangers(struct mem *m, struct migrate_dir *d, const struct migrate_listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		bool known = false;

		for (size_t k = 0; k < d->count && !known; k++)
			known = !strcmp(d->file[k].file, l->name[i]);
		if (known)
			continue;
		mem_grow(m, &d->ignored, d->ignored_count, &d->ignored_room, sizeof *d->ignored);
		d->ignored[d->ignored_count++] = mem_fmt(m,
		    "%s: meta/_journal.json does not name it", l->name[i]);
	}
}

int
migrate_walk_drizzle(struct mem *m, struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	const char *path = mem_fmt(m, "%s/meta/_journal.json", l->dir);
	const struct value *journal, *entries;
	const char *dialect;
	size_t len;
	char *text = io_read_file(m, path, JOURNAL_MAX, &len, e);

	if (!text)
		return -1;
	if (!(journal = value_parse(m, text, len, e)))
		return err_in(e, "%s", path);
	entries = value_get(journal, "entries");
	dialect = value_get_string(journal, "dialect");
	if (dialect && strcmp(dialect, "postgresql") && strcmp(dialect, "pg"))
		return bad_journal(path,
		    mem_fmt(m, "these migrations are for %s, not for Postgres", dialect), e);
	if (value_kind(entries) != VALUE_ARRAY)
		return bad_journal(path, "no array 'entries'", e);
	for (size_t i = 0; i < value_count(entries); i++)
		if (add_entry(m, d, value_item(entries, i), path, e))
			return -1;
	note_strangers(m, d, l);
	return 0;
}

static int
digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* A digest in hex as base64. */
static void
to_base64(const char *hex, char out[DIGEST_HEX])
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(hex) / 2, k = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = 0;

		for (size_t j = i; j < i + 3; j++)
			v = v << 8 |
			    (j < n ? (unsigned)(digit(hex[2 * j]) << 4 | digit(hex[2 * j + 1])) :
				     0);
		for (size_t j = 0; j < 4; j++)
			out[k++] = i + j > n ? '=' : letters[v >> (18 - 6 * j) & 63];
	}
	out[k] = 0;
}

static int
bad_sum(const char *path, const char *why, struct err *e)
{
	err_set(e, FAIL_NO, "atlas-sum", "%s %s", path, why);
	return err_hint(e, "if the change is meant: atlas migrate hash");
}

static bool
first_line_has(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at && at < text + strcspn(text, "\n");
}

/* What the file of that name is in the list; it need not be there. */
static struct migrate_file *
listed(const struct migrate_dir *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->file[i].file, name))
			return &d->file[i];
	return NULL;
}

/* Add the file NAME to the RUNNING digest and to the one of the whole; its line must be in SUMS. */
static int
vouch(struct mem *m, const struct migrate_dir *d, const char *name, const char *sums,
    struct digest *running, struct digest *whole, struct err *e)
{
	struct digest *copy = digest_new(m);
	struct migrate_file *f = listed(d, name);
	char *path = mem_fmt(m, "%s/%s", d->path, name), hex[DIGEST_HEX], base64[DIGEST_HEX], *text;
	struct value *note = value_object(m);
	size_t len;

	if (!(text = io_read_file(m, path, JOURNAL_MAX, &len, e)))
		return -1;
	if (first_line_has(text, "atlas:txtar"))
		return err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s: an archive of checks and a migration, which only Atlas runs", path);
	digest_add(running, name, strlen(name));
	if (first_line_has(text, "atlas:sum ignore"))
		return 0;
	digest_add(running, text, len);
	digest_copy(copy, running);
	to_base64(digest_end(copy, hex), base64);
	digest_add(whole, name, strlen(name));
	digest_add(whole, base64, strlen(base64));
	if (!strstr(sums, mem_fmt(m, "\n%s h1:%s\n", name, base64)))
		return bad_sum(path,
		    strstr(sums, mem_fmt(m, "\n%s h1:", name)) ?
			"is not what atlas.sum vouches for" :
			"is not in atlas.sum",
		    e);
	value_set_string(note, "sum", base64);
	if (f) {
		f->note = note;
		if (first_line_has(text, "atlas:checkpoint"))
			f->kind = MIGRATE_BASELINE;
	}
	return 0;
}

/* Each line vouches for all files up to its own, the digest runs on; the first one for all
 * lines. */
int
migrate_check_atlas(struct mem *m, const struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	char *path = mem_fmt(m, "%s/atlas.sum", l->dir),
	     *sums = io_read_file(m, path, JOURNAL_MAX, NULL, e);
	struct digest *running = digest_new(m), *whole = digest_new(m);
	char hex[DIGEST_HEX], base64[DIGEST_HEX];

	if (!sums)
		return -1;
	for (size_t i = 0; i < l->count; i++)
		if (strlen(l->name[i]) > 4 &&
		    !strcmp(l->name[i] + strlen(l->name[i]) - 4, ".sql") &&
		    vouch(m, d, l->name[i], sums, running, whole, e))
			return -1;
	to_base64(digest_end(whole, hex), base64);
	if (strncmp(sums, "h1:", 3) || strcspn(sums + 3, "\r\n") != strlen(base64) ||
	    strncmp(sums + 3, base64, strlen(base64)))
		return bad_sum(path,
		    "names a file that is not there, or its first line is not the sum of the "
		    "others",
		    e);
	return 0;
}

/* What stands behind LABEL on a line of its own; NULL: nowhere, or "-". */
static char *
header(struct mem *m, const char *text, const char *label)
{
	const char *at = strstr(text, label);
	char *word;

	if (!at || (at > text && at[-1] != '\n'))
		return NULL;
	at += strlen(label);
	at += strspn(at, " ");
	word = mem_dup(m, at, strcspn(at, " \r\n"));
	return strcmp(word, "-") ? word : NULL;
}

/* Behind the lines "--! Word: …" that the file begins with, and the empty line after them. */
static const char *
skip_headers(const char *text)
{
	for (size_t n; !strncmp(text, "--! ", 4); text += n + (text[n] == '\n')) {
		n = strspn(text + 4,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		if (!n || !strchr(":\r\n", text[4 + n]))
			break;
		n = strcspn(text, "\n");
	}
	return text;
}

/* The hash that the file must have: of the one before it and of its own text. */
static char *
graphile_hash(struct mem *m, const char *text, const char *previous)
{
	const char *body = skip_headers(text), *end;
	char hex[DIGEST_HEX];
	struct mem_text t = { .m = m };

	body += strspn(body, " \t\r\n");
	for (end = body + strlen(body); end > body && strchr(" \t\r\n", end[-1]);)
		end--;
	mem_text_fmt(&t, "%s%s%.*s\n", previous ? previous : "", previous ? "\n" : "",
	    (int)(end - body), body);
	return mem_fmt(m, "sha1:%s", digest_other(hex, "sha1", t.text, t.len));
}

int
migrate_check_graphile(struct mem *m, const struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	const char *last = NULL;

	(void)l;
	for (size_t i = 0; i < d->count; i++) {
		struct migrate_file *f = &d->file[i];
		struct value *note = value_object(m);
		const char *text = io_read_file(m, f->path, JOURNAL_MAX, NULL, e), *hash, *previous;

		if (!text)
			return -1;
		hash = header(m, text, "--! Hash:");
		previous = header(m, text, "--! Previous:");
		if (!hash || (last ? !previous || strcmp(previous, last) : previous != NULL))
			return err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s: its '--! Previous:' is not the hash of the migration "
			    "before it",
			    f->path);
		if (strcmp(hash, graphile_hash(m, text, previous)) &&
		    !strstr(text, "--! AllowInvalidHash")) {
			err_set(e, FAIL_NO, "changed-file",
			    "%s: its text is not that of its '--! Hash:'", f->path);
			return err_hint(e,
			    "put the old text back; or, when the change is meant, --! "
			    "AllowInvalidHash");
		}
		value_set_string(note, "hash", hash);
		if (previous)
			value_set_string(note, "previous", previous);
		f->note = note;
		last = hash;
	}
	return 0;
}

/* Settings that files have; what else there may be would change what runs. */
static int
read_conf(struct migrate_file *f, const char *path, char *text, struct err *e)
{
	char *rest;

	for (char *line = strtok_r(text, "\r\n", &rest); line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		char *equals = strchr(line, '='), *end;

		line += strspn(line, " \t");
		if (!*line || *line == '#' || *line == '!')
			continue;
		for (end = equals ? equals : line + strlen(line);
		     end > line && strchr(" \t", end[-1]);)
			end--;
		*end = 0;
		if (equals && !strcmp(line, "executeInTransaction"))
			f->up.bare = strstr(equals + 1, "false");
		else if (equals && !strcmp(line, "placeholderReplacement"))
			f->fills = !strstr(equals + 1, "false");
		else
			return err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s: a setting that is not had here: %s%s%s", path, line,
			    equals ? "=" : "", equals ? equals + 1 : "");
	}
	return 0;
}

/* What Flyway's own environment says of placeholders. */
static int
read_environment(const struct migrate_dir *d, struct err *e)
{
	static const char *const marks[][2] = { { "FLYWAY_PLACEHOLDER_PREFIX", "${" },
		{ "FLYWAY_PLACEHOLDER_SUFFIX", "}" } };
	const char *wanted = getenv("FLYWAY_PLACEHOLDER_REPLACEMENT"), *mark;
	bool fills = !wanted || strcasecmp(wanted, "false");

	for (size_t i = 0; fills && i < sizeof marks / sizeof *marks; i++)
		if ((mark = getenv(marks[i][0])) && strcmp(mark, marks[i][1]))
			return err_set(e, FAIL_TROUBLE, "usage",
			    "%s is '%s': only placeholders like ${name} are filled in here",
			    marks[i][0], mark);
	for (size_t i = 0; i < d->count; i++)
		d->file[i].fills &= fills;
	return 0;
}

int
migrate_check_flyway(struct mem *m, const struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	if (read_environment(d, e))
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		size_t n = strlen(l->name[i]);
		struct migrate_file *f;
		char *path, *text;

		if (n < 6 || strcmp(l->name[i] + n - 5, ".conf") ||
		    !(f = listed(d, mem_dup(m, l->name[i], n - 5))))
			continue;
		path = mem_fmt(m, "%s/%s", l->dir, l->name[i]);
		if (!(text = io_read_file(m, path, JOURNAL_MAX, NULL, e)) ||
		    read_conf(f, path, text, e))
			return -1;
	}
	return 0;
}

/* Has TEXT, TOML, a line "NAME = VALUE"? */
static bool
has_setting(const char *text, const char *name, const char *value)
{
	for (const char *line = text; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t");
		size_t n = strlen(name);

		if (strncmp(at, name, n))
			continue;
		at += n;
		at += strspn(at, " \t");
		if (*at == '=' && !strncmp(at + 1 + strspn(at + 1, " \t"), value, strlen(value)))
			return true;
	}
	return false;
}

int
migrate_join_directories(struct mem *m, const struct migrate_dir *d,
    const struct migrate_listing *l, struct err *e)
{
	const char *lock = mem_fmt(m, "%s/migration_lock.toml", l->dir), *text, *provider;

	if (!access(lock, F_OK)) {
		if (!(text = io_read_file(m, lock, JOURNAL_MAX, NULL, e)))
			return -1;
		provider = strstr(text, "provider");
		provider = provider ? strchr(provider, '"') : NULL;
		if (provider && strncmp(provider, "\"postgresql\"", 12) &&
		    strncmp(provider, "\"cockroachdb\"", 13))
			return err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s: these migrations are for %.*s, not for Postgres", lock,
			    (int)strcspn(provider + 1, "\"\n"), provider + 1);
	}
	for (size_t i = 0; i < d->count; i++) {
		struct migrate_file *f = &d->file[i];
		char *inside = mem_fmt(m, "%s/%.*s", l->dir, (int)(strchr(f->file, '/') - f->file),
		    f->file);
		char *down = mem_fmt(m, "%s/down.sql", inside),
		     *settings = mem_fmt(m, "%s/metadata.toml", inside);

		if (!access(down, F_OK))
			f->down_path = down;
		if (access(settings, F_OK))
			continue;
		if (!(text = io_read_file(m, settings, JOURNAL_MAX, NULL, e)))
			return -1;
		f->up.bare = f->down.bare = has_setting(text, "run_in_transaction", "false");
	}
	return 0;
}
