/* pieces of core that deserve a test of their own */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "../tap.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/record.h"
#include "core/secret.h"
#include "core/seen.h"
#include "core/value.h"

static void
values(struct mem *m)
{
	struct err e = { 0 };
	struct value *o = value_object(m), *v;

	value_set_text(o, "bad", "a\xff" "b\xed\xa0\x80", 6);
	is(value_text(m, o, 0), "{\"bad\":\"a\357\277\275b\357\277\275\357\277\275\357\277\275\"}",
	    "bytes that are not UTF-8 become U+FFFD");
	value_set_real(o, "bad", 8.3);
	is(value_text(m, o, 0), "{\"bad\":8.3}", "reals print short");
	v = value_parse(m, "{\"a\":{\"b\":[1,2.5,18446744073709551616]}}", 40, &e);
	ok(v && value_int(value_item(value_at(v, "a.b"), 0), 0) == 1, "value_at walks");
	ok(value_real(value_item(value_at(v, "a.b"), 2), 0) > 1.8e19,
	    "a number over 64 bits is a real");
	ok(!value_parse(m, "{} x", 4, &e), "trailing words are refused");
	ok(!value_get(NULL, "x") && !value_string(NULL) && value_int(NULL, 7) == 7,
	    "readers take NULL");
}

static void
times(void)
{
	char buf[CLOCK_TEXT];

	is(clock_rfc3339(buf, 1795196409456), "2026-11-20T17:40:09.456Z", "RFC 3339");
	is(clock_stamp(buf, 1795196409456), "20261120T174009Z", "stamp");
	ok(clock_parse_duration("500ms") == 0.5 && clock_parse_duration("2m") == 120 &&
	    clock_parse_duration("1.5h") == 5400 && clock_parse_duration("7") == 7, "durations");
	ok(isnan(clock_parse_duration("-1s")) && isnan(clock_parse_duration("5x")) &&
	    isnan(clock_parse_duration("")) && isnan(clock_parse_duration("nan")), "what is none");
}

static void
ids(struct mem *m)
{
	char a[RECORD_ID], b[RECORD_ID];
	struct seen *s = seen_new(m);
	int wrong = 0;

	record_new_id(a);
	usleep(2000);
	record_new_id(b);
	ok(strlen(a) == 26 && strcmp(a, b) < 0, "ids sort by time");
	for (int i = 0; i < 20000; i++)
		wrong += seen_add(s, mem_fmt(m, "%d", i), "ok", "x", 1) != SEEN_NEW;
	ok(!wrong, "20000 new keys are new");
	ok(seen_add(s, "77", "ok", "x", 1) == SEEN_REPEAT, "a repeat");
	ok(seen_add(s, "77", "ok", "y", 1) == SEEN_OTHER_BODY, "another body");
	ok(seen_add(s, "77", "started", "y", 1) == SEEN_NEW, "another status");
	ok(seen_has(s, "19999", "ok") && !seen_has(s, "20000", "ok"), "seen_has");
}

static void
files(struct mem *m)
{
	struct err e = { 0 };
	char dir[] = "/tmp/t.core.XXXXXX", hex[DIGEST_HEX], *path, *link;
	struct io_file *f;
	struct mem *inner = mem_new();

	if (!mkdtemp(dir))
		exit(2);
	path = mem_fmt(m, "%s/f", dir);
	link = mem_fmt(m, "%s/link", dir);
	f = io_file_begin(inner, path, IO_NEW, 0600, &e);
	ok(f && !io_write_all(io_file_fd(f), "one", 3) && access(path, F_OK),
	    "not there before commit");
	mem_free(inner);
	ok(access(path, F_OK), "nor when it is dropped");
	ok(!io_replace_file(path, "one", 3, 0640, &e), "written");
	ok(!symlink("f", link) && !io_replace_file(link, "two", 3, 0600, &e), "through a link");
	is(io_read_file(m, path, 10, NULL, &e), "two", "the link's target changed");
	ok(!io_file_begin(m, path, IO_NEW, 0600, &e), "IO_NEW never overwrites");
	is(e.word, "exists", "and says so");
	ok(!io_read_file(m, path, 2, NULL, &e), "a limit is a limit");
	is(digest_bytes(hex, "abc", 3),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "SHA-256 of abc (FIPS 180-4)");
	io_remove_tree(dir, &e);
	ok(access(dir, F_OK), "the tree is gone");
}

static void
children(struct mem *m)
{
	struct err e = { 0 };
	struct proc_result r;
	const char *argv[] = { "sh", "-c", "echo out; echo err >&2; exit 3", NULL };
	const char *flood[] = { "sh", "-c",
		"i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done; echo end",
		NULL };
	const char *slow[] = { "sh", "-c", "setsid sleep 30 & sleep 30", NULL };
	const char *none[] = { "no-such-program-here", NULL };
	const char *daemon[] = { "sh", "-c", "sleep 2 & echo up", NULL };
	struct proc_spec s = { .argv = argv, .in = -1, .out = -1, .errfd = -1 };

	ok(!proc_run(m, &s, &r, &e) && r.status == 3, "exit status");
	is(r.out, "out\n", "stdout alone");
	ok(r.output_total == 8, "both are counted");
	s.argv = flood;
	s.keep = 100;
	ok(!proc_run(m, &s, &r, &e) && r.output_len == 100 && r.output_total == 33004,
	    "only the tail is kept");
	is(r.output + 96, "end\n", "its end");
	s.argv = none;
	ok(proc_run(m, &s, &r, &e) == -1, "no such program");
	is(e.word, "not-found", "is not-found");
	s.argv = slow;
	s.timeout = 0.2;
	s.grace = 0.2;
	ok(!proc_run(m, &s, &r, &e) && r.timed_out && r.seconds < 3, "a timeout ends it");
	s.argv = daemon;
	s.timeout = 0;
	ok(!proc_run(m, &s, &r, &e) && r.seconds < 1.5, "a daemon left behind is not waited for");
}

static void
environment(struct mem *m)
{
	struct err e = { 0 };
	struct proc_result r;
	const char *argv[] = { "sh", "-c", "echo \"$CORE_A ${CORE_B-none} $CORE_C\"", NULL };
	const char *env[] = { "CORE_A=first", "CORE_B", "CORE_C=1=2", "CORE_A=last", NULL };
	struct proc_spec s = { .argv = argv, .env = env, .in = -1, .out = -1, .errfd = -1 };

	setenv("CORE_A", "ours", 1);
	setenv("CORE_B", "ours", 1);
	ok(!proc_run(m, &s, &r, &e), "with an environment of its own");
	is(r.out, "last none 1=2\n", "the last of a name holds, a name alone is taken out");
	is(getenv("CORE_B"), "ours", "ours is as it was");
}

static atomic_bool enough;

__attribute__((noinline)) static void left(unsigned, int);
__attribute__((noinline)) static void right(unsigned, int);

/* A sanitizer notes under a lock of its own each new way by which malloc() is called. */
static void
malloc_by(unsigned way, int depth)
{
	void *volatile p;

	if (depth) {
		(way & 1 ? left : right)(way >> 1, depth - 1);
		return;
	}
	p = malloc(64);
	free(p);
}

static void
left(unsigned way, int depth)
{
	malloc_by(way, depth);
}

static void
right(unsigned way, int depth)
{
	malloc_by(way, depth);
}

static void *
busy(void *unused)
{
	for (unsigned way = 0; !enough; way++)
		malloc_by(way, 20);
	return unused;
}

static void
threads(struct mem *m)
{
	struct err e = { 0 };
	struct proc_result r;
	const char *argv[] = { "true", NULL }, *env[] = { "CORE_A=1", NULL };
	struct proc_spec s = { .argv = argv, .env = env, .in = -1, .out = -1, .errfd = -1 };
	pthread_t thread;
	int failed = 0;

	pthread_create(&thread, NULL, busy, NULL);
	for (int i = 0; i < 300; i++)
		failed += proc_run(m, &s, &r, &e) != 0;
	enough = true;
	pthread_join(thread, NULL);
	ok(!failed, "a child starts while another thread allocates");
}

static void
secrets(void)
{
	char text[] = "connect postgres://u:pa%24s@h/d with pa$s";

	secret_add_inside("postgres://u:pa%24s@h/d");
	secret_wash(text, strlen(text));
	is(text, "connect postgres://u:******@h/d with ****", "washed as written and decoded");
}

int
main(void)
{
	MEM_SCOPE(m);

	values(m);
	times();
	ids(m);
	files(m);
	children(m);
	environment(m);
	threads(m);
	secrets();
	return done();
}
