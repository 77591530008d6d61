/* extract.c - COPY's text form becomes CSV (RFC 4180). */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/io.h"
#include "core/near.h"
#include "core/stop.h"
#include "snapshot/extract.h"
#include "snapshot/store.h"
#include "snapshot/tar.h"

enum { FULL = 256 * 1024 };

struct csv {
	struct mem *m;
	const char **name;      /* of the columns, quoted */
	size_t count;
	size_t *order;          /* in which the values come; NULL: in that of the names */
	struct mem_text row;    /* gathered, to bring them into that order */
	int fd;
	const char *file;
	bool escape;            /* the last byte was a backslash */
	bool open, null;        /* of the value at hand: its quote is written; it is NULL */
	size_t len;
	char buf[FULL + 4];
};

static int
flush(struct csv *c, struct err *e)
{
	size_t n = c->len;

	c->len = 0;
	return io_write_all(c->fd, c->buf, n) ? err_sys(e, "%s", c->file) : 0;
}

static void
put(struct csv *c, char byte)
{
	if (!c->open)
		c->buf[c->len++] = '"';
	c->open = true;
	if (byte == '"')
		c->buf[c->len++] = '"';
	c->buf[c->len++] = byte;
}

static void
end_value(struct csv *c, char by)
{
	/* an empty string is quoted, NULL is not */
	c->null |= !c->count;
	if (!c->open && !c->null)
		c->buf[c->len++] = '"';
	if (!c->null)
		c->buf[c->len++] = '"';
	c->buf[c->len++] = by;
	c->open = c->null = false;
}

static char
unescape(char byte)
{
	static const char from[] = "bfnrtv", to[] = "\b\f\n\r\t\v";
	const char *p = strchr(from, byte);

	return p && byte ? to[p - from] : byte;
}

static int
convert(struct csv *c, const char *data, size_t len, struct err *e)
{
	for (const char *p = data; p < data + len; p++) {
		if (c->len >= FULL && flush(c, e))
			return -1;
		if (c->escape) {
			c->escape = false;
			if (*p == 'N')
				c->null = true;
			else
				put(c, unescape(*p));
		} else if (*p == '\\') {
			c->escape = true;
		} else if (*p == '\t') {
			end_value(c, ',');
		} else if (*p == '\n') {
			end_value(c, '\n');
		} else {
			put(c, *p);
		}
	}
	return 0;
}

/* A partition may have its columns in another order than the first one */

/* ("a", "b""c") taken apart: the names with their quotes, *COUNT of them. */
static const char **
names_of(struct mem *m, const char *columns, size_t *count)
{
	const char **list = NULL, *from = NULL;
	size_t room = 0;

	*count = 0;
	for (const char *p = columns; p && *p; p++) {
		if (*p != '"')
			continue;
		if (from && p[1] == '"') {
			p++;
			continue;
		}
		if (from) {
			mem_grow(m, &list, *count, &room, sizeof *list);
			list[(*count)++] = mem_dup(m, from, (size_t)(p + 1 - from));
		}
		from = from ? NULL : p;
	}
	return list;
}

/* Which of the values that come is the first, the second … of those that go out; NULL: they come in
 * that order. */
static int
set_order(struct csv *c, const char *columns, struct err *e)
{
	size_t count;
	const char **name = names_of(c->m, columns, &count);
	bool same = true;

	c->order = mem_zero(c->m, c->count + 1, sizeof *c->order);
	for (size_t i = 0; i < c->count; i++) {
		while (c->order[i] < count && strcmp(name[c->order[i]], c->name[i]))
			c->order[i]++;
		if (c->order[i] == count)
			return err_set(e, FAIL_NO, "damaged",
			    "%s: the tables do not have the same columns", c->file);
		same &= c->order[i] == i;
	}
	if (same)
		c->order = NULL;
	return 0;
}

/* The row at hand, which is complete. */
static int
convert_row(struct csv *c, struct err *e)
{
	MEM_SCOPE(m);
	const char **value = mem_zero(m, c->count + 1, sizeof *value), *p = c->row.text;

	for (size_t i = 0; i < c->count; i++) {
		value[i] = p;
		p += strcspn(p, "\t\n") + 1;
	}
	for (size_t i = 0; i < c->count; i++) {
		const char *from = value[c->order[i]];

		if (convert(c, from, strcspn(from, "\t\n"), e) ||
		    convert(c, i + 1 < c->count ? "\t" : "\n", 1, e))
			return -1;
	}
	c->row.len = 0;
	return 0;
}

static int
convert_ordered(struct csv *c, const char *data, size_t len, struct err *e)
{
	const char *end;

	for (; c->order && (end = memchr(data, '\n', len)); data = end + 1) {
		len -= (size_t)(end + 1 - data);
		mem_text_add(&c->row, data, (size_t)(end + 1 - data));
		if (convert_row(c, e))
			return -1;
	}
	if (!c->order)
		return convert(c, data, len, e);
	mem_text_add(&c->row, data, len);
	return 0;
}

static void
put_head(struct csv *c)
{
	struct mem_text t = { .m = c->m };

	for (size_t i = 0; i < c->count && t.len < FULL - 1024; i++)
		mem_text_fmt(&t, "%s%s", i ? "," : "", c->name[i]);
	mem_text_add(&t, "\n", 1);
	memcpy(c->buf, t.text, t.len);
	c->len = t.len;
}

static int
put_frame(struct csv *c, struct reader_cursor *cursor, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	struct tar_reader *tar = tar_reader_new(m, reader_read, cursor);
	struct tar_entry entry;
	const char *data;
	long n;
	int found;

	reader_seek(cursor, i);
	if ((found = tar_next(tar, &entry, e)) < 0)
		return -1;
	while (found && (n = tar_data(tar, &data, e)) != 0)
		if (n < 0 || stop_check(e) || convert_ordered(c, data, (size_t)n, e))
			return -1;
	return reader_drain(cursor, e);
}

/* Finding the table */

/* How near NAME comes to what was asked for. */
enum near { FAR, SIMILAR, FOLDED, BARE, EXACT };

/* The part of a name that begins at *P, without its quotes, each of which is told twice in it. */
static char *
part(struct mem *m, const char **p)
{
	struct mem_text t = { .m = m };
	bool in = false;

	mem_text_add(&t, "", 0);
	for (; **p && (in || **p != '.'); ++*p) {
		if (**p == '"' && in && (*p)[1] == '"')
			++*p;
		else if (**p == '"') {
			in = !in;
			continue;
		}
		mem_text_add(&t, *p, 1);
	}
	*p += **p == '.';
	return t.text;
}

/* TABLE is what somebody has typed: as SQL has it, or without quotes, or in other letters. */
static enum near
compare(const char *name, const char *table)
{
	MEM_SCOPE(m);
	const char *p = name, *schema = part(m, &p), *last = p, *bare = part(m, &p);
	const char *full = mem_fmt(m, "%s.%s", schema, bare);

	if (!strcmp(name, table) || !strcmp(last, table))
		return EXACT;
	if (!strcmp(full, table) || !strcmp(bare, table))
		return BARE;
	if (!strcasecmp(full, table) || !strcasecmp(bare, table) || !strcasecmp(last, table))
		return FOLDED;
	return near_distance(table, strlen(table), full) <= 2 ||
		near_distance(table, strlen(table), bare) <= 2 ?
	    SIMILAR :
	    FAR;
}

/* The tables that come nearest to what was asked for. */
struct finding {
	struct mem *m;
	const char *table;      /* what was asked for */
	enum near near;
	const char **name;
	size_t count, room;
	const struct value *store;      /* of the last one */
};

static void
consider(struct finding *f, const struct value *store, const char *name)
{
	enum near near = name ? compare(name, f->table) : FAR;

	if (near == FAR || near < f->near)
		return;
	if (near > f->near)
		f->count = 0;
	/* what is partitioned comes again with each of its partitions */
	for (size_t i = 0; i < f->count && f->store == store; i++)
		if (!strcmp(f->name[i], name))
			return;
	mem_grow(f->m, &f->name, f->count, &f->room, sizeof *f->name);
	f->name[f->count++] = name;
	f->near = near;
	f->store = store;
}

static int
cannot_tell(const struct reader *r, const struct finding *f, struct err *e)
{
	struct mem_text names = { .m = f->m };

	for (size_t i = 0; i < f->count; i++)
		mem_text_fmt(&names, "%s%s", i ? ", " : "", f->name[i]);
	if (f->near > SIMILAR) {
		err_set(e, FAIL_TROUBLE, "no-table", "%s: several tables are called '%s': %s",
		    reader_name(r), f->table, names.text);
		return err_hint(e, "name one with its schema; --list tells what each database has");
	}
	err_set(e, FAIL_TROUBLE, "no-table", "%s: it has no table '%s'", reader_name(r), f->table);
	return f->count ? err_hint(e, "did you mean %s?", names.text) :
			  err_hint(e, "snapshot-restore --list tells their names");
}

/* The store that has TABLE, and in *NAME what the manifest calls it. NULL on error. */
static const struct value *
find(struct mem *m, const struct reader *r, const char *table, const char **name, struct err *e)
{
	const struct value *stores = value_get(reader_manifest(r), "stores");
	struct finding f = { .m = m, .table = table };

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *s = value_item(stores, i), *tables = value_get(s, "tables");

		for (size_t k = 0; k < value_count(tables); k++)
			consider(&f, s, value_get_string(value_item(tables, k), "name"));
		for (size_t k = 0; k < value_count(tables); k++) {
			const struct value *of = value_get(value_item(tables, k), "partition_of");

			for (size_t n = 0; n < value_count(of); n++)
				consider(&f, s, value_string(value_item(of, n)));
		}
	}
	if (f.near == SIMILAR || f.count != 1) {
		cannot_tell(r, &f, e);
		return NULL;
	}
	*name = *f.name;
	return f.store;
}

/* Is TABLE the one called NAME, or a part of it? */
static bool
is_of(const struct value *table, const char *name)
{
	const struct value *of = value_get(table, "partition_of");
	const char *own = value_get_string(table, "name");
	bool yes = own && !strcmp(own, name);

	for (size_t i = 0; i < value_count(of) && !yes; i++) {
		const char *whole = value_string(value_item(of, i));

		yes = whole && !strcmp(whole, name);
	}
	return yes;
}

/* Writing it */

static int
put_table(struct csv *c, const struct reader *r, struct reader_cursor *cursor, const char *store,
    const struct value *table, struct err *e)
{
	const char *name = value_get_string(table, "name"),
		   *columns = value_get_string(table, "columns");

	if (!c->name && !c->count) {
		c->name = names_of(c->m, columns, &c->count);
		put_head(c);
	}
	if (value_get(table, "left_out"))
		return err_set(e, FAIL_TROUBLE, "left-out",
		    "%s: the rows of %s were left out when it was taken", reader_name(r), name);
	if (value_get(table, "from")) {
		err_set(e, FAIL_TROUBLE, "no-table",
		    "%s: the rows of %s are not frames of their own: pg_dump has them",
		    reader_name(r), name);
		return err_hint(e, "restore the database, or read stores/*/rest.dump by pg_restore "
		    "--data-only");
	}
	if (set_order(c, columns, e))
		return -1;
	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (f->table && !strcmp(f->table, name) && f->store && !strcmp(f->store, store) &&
		    put_frame(c, cursor, i, e))
			return -1;
	}
	return 0;
}

int
extract_table(const struct reader *r, const char *table, const char *file, bool dry,
    int64_t *rows, struct err *e)
{
	MEM_SCOPE(m);
	const char *name;
	const struct value *store = find(m, r, table, &name, e), *tables;
	bool piped = !strcmp(file, "-");
	bool writes = store && !dry && !piped;
	struct io_file *out = writes ? io_file_begin(m, file, IO_NEW, 0600, e) : NULL;
	struct reader_cursor *cursor = reader_cursor_new(m, r);
	struct csv *c = mem_zero(m, 1, sizeof *c);

	if (!store || (writes && !out))
		return -1;
	if (dry && !piped && !faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW))
		return err_set(e, FAIL_TROUBLE, "exists", "%s: it is there already", file);
	c->m = c->row.m = m;
	c->fd = piped ? STDOUT_FILENO : out ? io_file_fd(out) : -1;
	c->file = piped ? "standard output" : file;
	*rows = 0;
	tables = value_get(store, "tables");
	for (size_t i = 0; i < value_count(tables); i++) {
		const struct value *t = value_item(tables, i);

		if (!is_of(t, name))
			continue;
		if (!dry && put_table(c, r, cursor, value_get_string(store, "name"), t, e))
			return -1;
		*rows += value_get_int(t, "rows", 0);
	}
	return flush(c, e) ? -1 : piped || dry ? 0 : io_file_commit(out, e);
}
