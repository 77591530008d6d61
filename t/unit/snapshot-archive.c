/* an archive that is written can be read; one that was touched anywhere cannot */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tap.h"
#include "core/io.h"
#include "snapshot/prove.h"
#include "snapshot/restore.h"
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
add(struct mem *m, struct writer *w, struct frame_packer *p, const char *name, const char *table,
    const char *body)
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

/* A writer into the new file PATH. */
static struct writer *
begin(struct mem *m, const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return *fd < 0 ? NULL : writer_begin(m, *fd, path, 1, 0, &e);
}

/* An archive of one table; WRONG: its store counts another sum than that of the rows. */
static int
make(const char *path, char sum[DIGEST_HEX], int wrong)
{
	MEM_SCOPE(m);
	int fd;
	struct writer *w = begin(m, path, &fd);
	struct frame_packer *p;
	struct value *manifest = value_object(m), *store, *table;
	struct rows *rows = rows_new(m);

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
	value_set_string(table, "row_sum",
	    mem_fmt(m, "%016" PRIx64, rows_sum(rows) + (uint64_t)wrong));
	if (add(m, w, p, "stores/db/data/t/0001.copy", "t", "one\n\ntwo\n") || stream(m, w, p, 1) ||
	    stream(m, w, p, 0) || writer_finish(w, manifest, &e))
		return -1;
	writer_sum(w, sum);
	return close(fd);
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
		{ "stores/db/../../etc/passwd", "stores/db/../../etc/passwd",
		    "does not belong there", 1 },
		{ "/etc/passwd", "/etc/passwd", "does not belong there", 1 },
		{ "stores/other/a", "stores/other/a", "does not belong there", 1 },
		{ "stores/db/a", "stores/db/b", "does not belong there", 1 },
		{ "stores/db/a", "stores/db/a", "as many members", 2 },
	};

	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
		MEM_SCOPE(m);
		const struct forged *x = &forged[i];
		int fd;
		struct writer *w = begin(m, "forged", &fd);
		struct format_frame f = { .member = x->member,
			.members = x->members,
			.store = "db" };
		struct mem_text raw = { .m = m };

		raw_member(m, &raw, x->inside, "evil");
		if (writer_add(w, writer_packer(m, w), &f, raw.text, raw.len, &e) ||
		    writer_finish(w, value_object(m), &e) || close(fd))
			diag("%s", e.text);
		ok(good("forged") && strstr(e.text, x->says), "%s that is %s: %s", x->member,
		    x->inside, e.text);
		unlink("forged");
	}
}

/* One entry of a forged directory: a file with BODY, or a link (HARD: another name) to TO. */
struct evil {
	const char *name, *body, *to;
	bool hard;
};

static void
evil_entry(struct mem *m, struct mem_text *raw, const struct evil *x)
{
	struct tar_writer *tar = tar_writer_new(m, gather, raw);
	struct stat st = { .st_mode = x->hard || x->body ? S_IFREG | 0644 : S_IFLNK | 0777,
		.st_nlink = 1 };

	st.st_uid = getuid();
	st.st_gid = getgid();
	if (x->body)
		raw_member(m, raw, x->name, x->body);
	else if (tar_put_link(tar, x->name, x->to, x->hard, &st, &e) || tar_put_end(tar, &e))
		diag("%s", e.text);
}

static void
ignore(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* Directories that would be written outside their own: "outside" must stay as it is. */
static void
test_outside(void)
{
	static const struct {
		const char *what;
		struct evil entry[3];
	} attacks[] = {
		{ "..", { { "stores/d/files/../../outside/file", "evil", NULL, false } } },
		{ "an absolute name", { { "stores/d/files//outside/file", "evil", NULL, false } } },
		{ "a file behind a link",
		    { { "stores/d/files/l", NULL, "../outside", false },
			{ "stores/d/files/l/file", "evil", NULL, false } } },
		{ "a file through a link",
		    { { "stores/d/files/l", NULL, "../outside/file", false },
			{ "stores/d/files/l", "evil", NULL, false } } },
		{ "a link behind a link",
		    { { "stores/d/files/l", NULL, "..", false },
			{ "stores/d/files/l/outside/file", NULL, "x", false } } },
		{ "another name of a file outside",
		    { { "stores/d/files/h", NULL, "stores/d/files/../../outside/file", true },
			{ "stores/d/files/h", "evil", NULL, false } } },
		{ "another name of a file behind a link",
		    { { "stores/d/files/l", NULL, "../outside", false },
			{ "stores/d/files/h", NULL, "stores/d/files/l/file", true },
			{ "stores/d/files/h", "evil", NULL, false } } },
	};

	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		MEM_SCOPE(m);
		int fd;
		struct writer *w = begin(m, "evil", &fd);
		struct format_frame f = { .member = attacks[i].entry[0].name, .store = "d" };
		struct mem_text raw = { .m = m };
		struct value *manifest = value_object(m),
			     *store = value_add_object(m, value_set_array(m, manifest, "stores"));
		struct restore how = { .say = ignore, .jobs = 1 };
		char *text;

		for (; f.members < 3 && attacks[i].entry[f.members].name; f.members++)
			evil_entry(m, &raw, &attacks[i].entry[f.members]);
		value_set_string(store, "name", "d");
		value_set_string(store, "kind", "directory");
		value_set_int(store, "entries", f.members);
		if (writer_add(w, writer_packer(m, w), &f, raw.text, raw.len, &e) ||
		    writer_finish(w, manifest, &e) ||
		    system("rm -rf outside into && mkdir outside && echo good >outside/file"))
			diag("%s", e.text);
		close(fd);
		e.text[0] = 0;
		if (!(how.r = reader_open(m, "evil", "evil", &e)))
			diag("%s", e.text);
		else
			restore_directory(m, &how,
			    value_item(value_get(reader_manifest(how.r), "stores"), 0), "into",
			    &(struct restored_directory){ 0 }, store, &e);
		text = io_read_file(m, "outside/file", 100, NULL, &(struct err){ 0 });
		ok(text && !strcmp(text, "good\n") &&
			!system("test \"$(ls -A outside)\" = file && test ! -L outside/file"),
		    "%s: nothing is written outside (%s)", attacks[i].what, e.text);
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
	ok(!passed, "a flipped bit is seen, whichever byte of %zu it is in (%zu were not)", len,
	    passed);
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
	ok(good("b.tar.zst") && strstr(e.text, "rows of t are not all there"),
	    "a table's sum must be that of its rows");
	ok(!system("tar --zstd -xf a.tar.zst && test \"$(cat stores/db/big)\" = 'a big one' && "
		   "test -s MANIFEST.json "
		   "&& zstd -qt a.tar.zst"),
	    "tar and zstd take it for one of theirs");
	test_forged();
	test_outside();
	test_mutilated("a.tar.zst");
	io_remove_tree(dir, &e);
	return done();
}
