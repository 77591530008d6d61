/* extract.c - COPY's text form becomes CSV (RFC 4180). */
#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "core/stop.h"
#include "snapshot/extract.h"
#include "snapshot/tar.h"

enum { FULL = 256 * 1024 };

struct csv {
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

/* ("a", "b""c") as the first line. */
static void
put_head(struct csv *c, const char *columns)
{
	bool in = false;

	for (const char *p = columns; *p && c->len < FULL; p++) {
		if (*p == '"')
			in = !in;
		if (in || *p == '"' || *p == ',')
			c->buf[c->len++] = *p;
	}
	c->buf[c->len++] = '\n';
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
		if (n < 0 || stop_check(e) || convert(c, data, (size_t)n, e))
			return -1;
	return reader_drain(cursor, e);
}

/* The table's part of the manifest, and its store's name. */
static const struct value *
find(const struct reader *r, const char *table, const char **store, struct err *e)
{
	const struct value *stores = value_get(reader_manifest(r), "stores"), *found = NULL;
	int count = 0;

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *tables = value_get(value_item(stores, i), "tables");

		for (size_t k = 0; k < value_count(tables); k++) {
			const char *name = value_get_string(value_item(tables, k), "name"), *dot;

			dot = name ? strrchr(name, '.') : NULL;
			if (!name || (strcmp(name, table) && (!dot || strcmp(dot + 1, table))))
				continue;
			found = value_item(tables, k);
			*store = value_get_string(value_item(stores, i), "name");
			count++;
		}
	}
	if (count == 1)
		return found;
	err_set(e, FAIL_TROUBLE, "no-table",
	    "%s: %s a table '%s' whose rows are frames of their own", reader_name(r),
	    count ? "it has more than one such: " : "it has not", table);
	err_hint(e, "snapshot-restore --list tells their names");
	return NULL;
}

int
extract_table(const struct reader *r, const char *table, const char *file, int64_t *rows,
    struct err *e)
{
	MEM_SCOPE(m);
	const char *store = NULL, *name, *columns;
	const struct value *found = find(r, table, &store, e);
	struct io_file *out = found ? io_file_begin(m, file, IO_NEW, 0600, e) : NULL;
	struct reader_cursor *cursor = reader_cursor_new(m, r);
	struct csv *c = mem_zero(m, 1, sizeof *c);

	if (!out)
		return -1;
	c->fd = io_file_fd(out);
	c->file = file;
	name = value_get_string(found, "name");
	columns = value_get_string(found, "columns");
	put_head(c, columns ? columns : "");
	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (f->table && !strcmp(f->table, name) && f->store && store &&
		    !strcmp(f->store, store) && put_frame(c, cursor, i, e))
			return -1;
	}
	*rows = value_get_int(found, "rows", 0);
	return flush(c, e) ? -1 : io_file_commit(out, e);
}
