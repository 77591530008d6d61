/* an archive that is written can be read; one that was touched anywhere cannot */
#include <inttypes.h>
#include <unistd.h>

#include "../tap.h"
#include "core/io.h"
#include "snapshot/prove.h"
#include "snapshot/rows.h"
#include "snapshot/tar.h"
#include "snapshot/writer.h"

static struct err e;

static int
gather(void *text, const void *data, size_t len, struct err *err)
{
	(void)err;
	mem_text_add(text, data, len);
	return 0;
}

static void
raw_member(struct mem *m, struct mem_text *raw, const char *name, const char *body)
{
	struct tar_writer *tar = tar_writer_new(m, gather, raw);

	tar_put_member(tar, name, (int64_t)strlen(body), 1, &e);
	tar_put_data(tar, body, strlen(body), &e);
	tar_put_end(tar, &e);
}

static int
add(struct mem *m, struct writer *w, struct frame_packer *p, const char *name, const char *table, const char *body)
{
	struct mem_text raw = { .m = m };
	struct rows *rows = rows_new(m);
	struct format_frame f = { .member = name, .members = 1, .store = "db", .table = table };

	raw_member(m, &raw, name, body);
	rows_begin(rows);
	rows_add(rows, body, strlen(body));
	f.rows = rows_count(rows);
	f.row_sum = rows_sum(rows);
	return writer_add(w, p, &f, raw.text, raw.len, &e);
}

static int
stream(struct mem *m, struct writer *w, struct frame_packer *p, int undo)
{
	struct mem_text raw = { .m = m };
	struct format_frame f = { .member = "stores/db/big", .members = 1, .store = "db" };

	raw_member(m, &raw, "stores/db/big", undo ? "never kept" : "a big one");
	if (writer_stream_begin(w, p, 2, &e))
		return -1;
	if (writer_stream_add(w, raw.text, raw.len / 2, &e) ||
	    writer_stream_add(w, raw.text + raw.len / 2, raw.len - raw.len / 2, &e))
		return -1;
	return undo ? writer_stream_undo(w, &e) : writer_stream_end(w, &f, &e);
}

/* An archive of one table; WRONG: its store counts another sum than that of the rows. */
static int
make(const char *path, char sum[DIGEST_HEX], int wrong)
{
	MEM_SCOPE(m);
	struct writer *w = writer_begin(m, path, 1, &e);
	struct frame_packer *p;
	struct value *manifest = value_object(m), *store, *table;
	struct rows *rows = rows_new(m);
	int64_t size;

	if (!w)
		return -1;
	rows_begin(rows);
	rows_add(rows, "one\n\ntwo\n", 9);
	p = writer_packer(m, w);
	store = value_add_object(m, value_set_array(m, manifest, "stores"));
	value_set_string(store, "name", "db");
	table = value_add_object(m, value_set_array(m, store, "tables"));
	value_set_string(table, "name", "t");
	value_set_int(table, "rows", 3);
	value_set_string(table, "row_sum", mem_fmt(m, "%016" PRIx64, rows_sum(rows) + (uint64_t)wrong));
	if (add(m, w, p, "stores/db/data/t/0001.copy", "t", "one\n\ntwo\n") || stream(m, w, p, 1) ||
	    stream(m, w, p, 0) || writer_finish(w, manifest, &e))
		return -1;
	return writer_commit(w, sum, &size, &e);
}

static int
good(const char *path)
{
	MEM_SCOPE(m);
	struct reader *r = reader_open(m, path, "A", &e);

	return r ? prove_archive(r, 2, &e) : -1;
}

static void
put(const char *path, const char *data, size_t len)
{
	if (io_replace_file(path, data, len, 0600, &e))
		diag("%s", e.text);
}

static void
test_rows(void)
{
	MEM_SCOPE(m);
	struct rows *whole = rows_new(m), *parts = rows_new(m);
	static const char text[] = "a\nbcd\n\nefgh\n", other[] = "efgh\n\nbcd\na\n";

	rows_begin(whole);
	rows_add(whole, text, strlen(text));
	rows_begin(parts);
	for (size_t i = 0; i < strlen(other); i++)
		rows_add(parts, other + i, 1);
	ok(rows_count(whole) == 4 && rows_count(parts) == 4, "rows are counted");
	ok(rows_sum(whole) == rows_sum(parts), "their sum does not depend on order or on chunks");
	rows_begin(parts);
	rows_add(parts, "a\nbcd\n\nefgi\n", 12);
	ok(rows_sum(whole) != rows_sum(parts), "and differs when a byte does");
}

/* Archives whose sums are all right, written by someone who means harm. */
static void
test_forged(void)
{
	static const struct forged {
		const char *member, *inside, *says;
		int64_t members;
	} forged[] = {
		{ "stores/db/../../etc/passwd", "stores/db/../../etc/passwd", "does not belong there", 1 },
		{ "/etc/passwd", "/etc/passwd", "does not belong there", 1 },
		{ "stores/other/a", "stores/other/a", "does not belong there", 1 },
		{ "stores/db/a", "stores/db/b", "does not belong there", 1 },
		{ "stores/db/a", "stores/db/a", "as many members", 2 },
	};

	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
		MEM_SCOPE(m);
		const struct forged *x = &forged[i];
		struct writer *w = writer_begin(m, "forged", 1, &e);
		struct format_frame f = { .member = x->member, .members = x->members, .store = "db" };
		struct mem_text raw = { .m = m };
		char sum[DIGEST_HEX];
		int64_t size;

		raw_member(m, &raw, x->inside, "evil");
		if (writer_add(w, writer_packer(m, w), &f, raw.text, raw.len, &e) ||
		    writer_finish(w, value_object(m), &e) || writer_commit(w, sum, &size, &e))
			diag("%s", e.text);
		ok(good("forged") && strstr(e.text, x->says), "%s that is %s: %s", x->member, x->inside, e.text);
		unlink("forged");
	}
}

static void
test_mutilated(const char *archive)
{
	MEM_SCOPE(m);
	size_t len = 0, passed = 0, wordless = 0;
	char *data = io_read_file(m, archive, 1 << 20, &len, &e);

	for (size_t i = 0; i < len; i++) {
		data[i] ^= 0x10;
		put("bad", data, len);
		passed += !good("bad");
		wordless += strcmp(e.word, "damaged") != 0;
		data[i] ^= 0x10;
	}
	ok(!passed, "a flipped bit is seen, whichever byte of %zu it is in (%zu were not)", len, passed);
	ok(!wordless, "and is called damage");
	passed = 0;
	for (size_t i = 0; i < len; i++) {
		put("bad", data, i);
		passed += !good("bad");
	}
	ok(!passed, "an archive cut short is seen, whatever its length (%zu were not)", passed);
}

int
main(void)
{
	char sum[DIGEST_HEX], file_sum[DIGEST_HEX], dir[] = "/tmp/unit.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	test_rows();
	ok(!make("a.tar.zst", sum, 0), "an archive is written");
	ok(!good("a.tar.zst"), "and proven (%s)", e.text);
	digest_file(file_sum, "a.tar.zst", &e);
	is(sum, file_sum, "its sum is that of the file, in spite of a frame undone");
	make("b.tar.zst", file_sum, 1);
	ok(good("b.tar.zst") && strstr(e.text, "rows of t are not all there"), "a table's sum must be that of its rows");
	ok(make("a.tar.zst", sum, 0) && !strcmp(e.word, "exists"), "it is never overwritten");
	ok(!system("tar --zstd -xf a.tar.zst && test \"$(cat stores/db/big)\" = 'a big one' && test -s MANIFEST.json "
	    "&& zstd -qt a.tar.zst"), "tar and zstd take it for one of theirs");
	test_forged();
	test_mutilated("a.tar.zst");
	io_remove_tree(dir, &e);
	return done();
}
