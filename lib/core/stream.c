/* stream.c - the reading side of a release record. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/seen.h"
#include "core/stop.h"
#include "core/stream.h"

enum { CHUNK = 1 << 16, LONGEST = 256 << 20 };

/* A started record that had no end when it was read. */
struct open_step {
	char *id, *what;
};

struct reader {
	struct mem *m;
	struct stream *s;
	int in, out;
	stream_see *see;
	void *arg;
	struct seen *seen;
	char *line;             /* bytes not yet taken; malloc'ed: grows to the longest line */
	size_t len, room;
	char *pending;          /* bytes to pass on */
	size_t pending_len, pending_room;
	struct open_step *open;
	size_t open_count, open_room;
	char release_time[40], service_time[40];
};

static void
add_bytes(char **buf, size_t *len, size_t *room, const char *s, size_t n)
{
	if (*len + n + 1 > *room) {
		*room = 2 * (*len + n + 1);
		*buf = mem_must(realloc(*buf, *room));
	}
	memcpy(*buf + *len, s, n);
	*len += n;
}

static void
pass(struct reader *r, const char *s, size_t n)
{
	if (r->out < 0)
		return;
	add_bytes(&r->pending, &r->pending_len, &r->pending_room, s, n);
	if (!n || s[n - 1] != '\n')
		add_bytes(&r->pending, &r->pending_len, &r->pending_room, "\n", 1);
}

static int
flush(struct reader *r, struct err *e)
{
	if (!r->pending_len)
		return 0;
	if (io_write_all(r->out, r->pending, r->pending_len)) {
		err_sys(e, "standard output: cannot write the records");
		return err_set(e, FAIL_TROUBLE, "output", "%s", mem_string(r->m, e->text));
	}
	r->pending_len = 0;
	return 0;
}

/* Keep the newest name by the record's time; later lines win a tie. */
static void
newest(struct reader *r, const struct value *rec, const char *key, char **name,
    char newest_time[40])
{
	const char *v = value_get_string(rec, key), *time = value_get_string(rec, "time");

	if (!time)
		time = "";
	if (!v || !*v || strcmp(time, newest_time) < 0)
		return;
	if (!*name || strcmp(*name, v))
		*name = mem_string(r->m, v);
	strncpy(newest_time, time, 39);
}

static void
note_step(struct reader *r, const char *step, const char *service, const char *status)
{
	struct stream *s = r->s;

	for (size_t i = 0; i < s->step_count; i++) {
		struct stream_step *k = &s->steps[i];

		if (!strcmp(k->step, step) && !strcmp(k->status, status) &&
		    !strcmp(k->service ? k->service : "", service ? service : ""))
			return;
	}
	mem_grow(r->m, &s->steps, s->step_count, &s->step_room, sizeof *s->steps);
	s->steps[s->step_count++] = (struct stream_step){ mem_string(r->m, step),
		service ? mem_string(r->m, service) : NULL, mem_string(r->m, status) };
}

static const char *
or(const char *s, const char *fallback)
{
	return s ? s : fallback;
}

static void
note_blocker(struct reader *r, const struct value *rec, const char *status)
{
	const char *why = value_string(value_at(rec, "error.message"));

	if (r->s->blocker)
		return;
	r->s->blocker_word = mem_string(r->m, "upstream-failed");
	r->s->blocker = mem_fmt(r->m, "the earlier step %s (%s) is %s%s%s",
	    or (value_get_string(rec, "step"), "?"), or (value_get_string(rec, "id"), "?"), status,
	    why ? ": " : "", or (why, ""));
}

/* Drop those that have ended since, so that the list stays as long as what is open. */
static void
forget_closed(struct reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->open_count; i++) {
		if (seen_has(r->seen, r->open[i].id, "")) {
			free(r->open[i].id);
			free(r->open[i].what);
		} else {
			r->open[kept++] = r->open[i];
		}
	}
	r->open_count = kept;
}

static void
note_started(struct reader *r, const struct value *rec, const char *id)
{
	if (r->open_count == r->open_room) {
		forget_closed(r);
		r->open_room = 2 * r->open_count + 64;
		r->open = mem_must(realloc(r->open, r->open_room * sizeof *r->open));
	}
	r->open[r->open_count++] = (struct open_step){ mem_must(strdup(id)),
		mem_must(strdup(or(value_get_string(rec, "step"), "?"))) };
}

static void
note(struct reader *r, const struct value *rec, const char *id, const char *status)
{
	const char *step = value_get_string(rec, "step");

	newest(r, rec, "release", &r->s->release, r->release_time);
	newest(r, rec, "service", &r->s->service, r->service_time);
	if (!status)
		return;
	if (!strcmp(status, "started") && id) {
		note_started(r, rec, id);
		return;
	}
	if (id)
		seen_add(r->seen, id, "", "", 0);
	if (step)
		note_step(r, step, value_get_string(rec, "service"), status);
	if (!strcmp(status, "failed") || !strcmp(status, "cancelled") || !strcmp(status, "refused"))
		note_blocker(r, rec, status);
}

/* One object of a line: 1 when it repeats an earlier record, 0 when it is new. */
static int
object(struct reader *r, const struct value *v, const char *text, size_t len, struct err *e)
{
	const char *id = value_get_string(v, "id"), *status = value_get_string(v, "status");

	if (value_kind(v) != VALUE_OBJECT)
		return err_set(e, FAIL_TROUBLE, "bad-input",
		    "not a release record (a JSON object)");
	if (id && status) {
		switch (seen_add(r->seen, id, status, text, len)) {
		case SEEN_REPEAT: return 1;
		case SEEN_OTHER_BODY:
			return err_set(e, FAIL_TROUBLE, "bad-input",
			    "record %s with status %s was there before with another body", id,
			    status);
		case SEEN_NEW: break;
		}
	}
	note(r, v, id, status);
	return r->see && r->see(r->arg, v, e) ? -1 : 0;
}

/* The objects of one line: as a rule one, two where "cat" joined files without a last newline. The
 * line goes on as it is; where one object of several is a repeat, the others go on alone. */
static int
objects(struct reader *r, const char *line, size_t len, struct err *e)
{
	MEM_SCOPE(m);
	/* a byte order mark */
	size_t at = len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;
	size_t repeats = 0;
	struct mem_text fresh = { .m = m };

	while (at < len) {
		size_t used;
		const struct value *v;
		int repeat;

		if (isspace((unsigned char)line[at])) {
			at++;
			continue;
		}
		if (!(v = value_parse_first(m, line + at, len - at, &used, e)))
			return -1;
		if ((repeat = object(r, v, line + at, used, e)) < 0)
			return -1;
		repeats += (size_t)repeat;
		if (!repeat) {
			mem_text_add(&fresh, line + at, used);
			mem_text_add(&fresh, "\n", 1);
		}
		at += used;
	}
	if (repeats == 0)
		pass(r, line, len);
	else if (fresh.len)
		pass(r, fresh.text, fresh.len);
	return 0;
}

static int
line(struct reader *r, const char *text, size_t len, bool ended, struct err *e)
{
	r->s->lines++;
	if (!objects(r, text, len, e))
		return 0;
	if (strcmp(e->word, "bad-input"))
		return -1;
	if (!ended)
		err_set(e, FAIL_TROUBLE, "bad-input",
		    "the last line is cut off in the middle of a record");
	err_in(e, "standard input: line %lld", r->s->lines);
	return err_hint(e,
	    "standard input takes release records (JSON Lines); give -n to leave it alone");
}

/* Take every whole line; at the end of input the rest, too. */
static int
lines(struct reader *r, bool end, size_t *searched, struct err *e)
{
	size_t from = 0;
	char *nl;

	while ((nl = memchr(r->line + *searched, '\n', r->len - *searched))) {
		size_t next = (size_t)(nl - r->line) + 1;

		if (line(r, r->line + from, next - from, true, e))
			return -1;
		*searched = from = next;
	}
	if (end && from < r->len && line(r, r->line + from, r->len - from, false, e))
		return -1;
	r->len = end ? 0 : r->len - from;
	memmove(r->line, r->line + from, r->len);
	*searched = r->len;
	if (r->len > LONGEST)
		return err_set(e, FAIL_TROUBLE, "bad-input",
		    "standard input: line %lld is longer than %d MiB", r->s->lines + 1,
		    LONGEST >> 20);
	return 0;
}

static ssize_t
more(struct reader *r, char *buf, struct err *e)
{
	for (;;) {
		struct pollfd p[] = { { .fd = r->in, .events = POLLIN },
			{ .fd = stop_fd(), .events = POLLIN } };
		ssize_t n;

		poll(p, 2, -1);
		if (stop_check(e))
			return -1;
		n = read(r->in, buf, CHUNK);
		if (n >= 0)
			return n;
		if (errno == EBADF)
			return 0;
		if (errno != EINTR && errno != EAGAIN)
			return err_sys(e, "standard input");
	}
}

static int
read_all(struct reader *r, struct err *e)
{
	char *buf = mem_zero(r->m, 1, CHUNK);
	size_t searched = 0;
	ssize_t n;

	do {
		if ((n = more(r, buf, e)) < 0)
			return -1;
		add_bytes(&r->line, &r->len, &r->room, buf, (size_t)n);
		if (lines(r, n == 0, &searched, e)) {
			struct err ignored;

			flush(r, &ignored);
			return -1;
		}
		if (flush(r, e))
			return -1;
	} while (n > 0);
	return 0;
}

int
stream_read(struct mem *m, struct stream *s, int in, int out, stream_see *see, void *arg,
    struct err *e)
{
	struct reader r = { .m = m, .s = s, .in = in, .out = out, .see = see, .arg = arg };
	int bad;

	r.seen = seen_new(m);
	bad = read_all(&r, e);
	forget_closed(&r);
	if (!bad && r.open_count && !s->blocker) {
		s->blocker_word = mem_string(m, "upstream-unfinished");
		s->blocker = mem_fmt(m, "the earlier step %s (%s) was started and never ended",
		    r.open[0].what, r.open[0].id);
	}
	for (size_t i = 0; i < r.open_count; i++) {
		free(r.open[i].id);
		free(r.open[i].what);
	}
	free(r.open);
	free(r.line);
	free(r.pending);
	return bad;
}

bool
stream_has(const struct stream *s, const char *step, const char *service, bool planned)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct stream_step *k = &s->steps[i];

		if (strcmp(k->step, step) ||
		    (service && (!k->service || strcmp(k->service, service))))
			continue;
		if (!strcmp(k->status, "ok") || !strcmp(k->status, "unchanged") ||
		    (planned && !strcmp(k->status, "planned")))
			return true;
	}
	return false;
}
