/* envfile.c - NAME=value lines as a shell would read them, and nothing of them is run. */
#include <string.h>

#include "core/io.h"
#include "rollback/envfile.h"

enum { LARGEST = 1024 * 1024 };

/* The value of NAME in TEXT: plain, or in quotes of either kind; the last one counts. NULL: not
 * there. */
static char *
find(struct mem *m, const char *text, const char *name)
{
	size_t n = strlen(name);
	char *value = NULL;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		struct mem_text t = { .m = m };
		const char *p = line + strspn(line, " \t");
		char quote;

		p += strncmp(p, "export ", 7) ? 0 : 7;
		if (strncmp(p, name, n) || p[n] != '=')
			continue;
		p += n + 1;
		quote = *p == '"' || *p == '\'' ? *p++ : 0;
		mem_text_add(&t, "", 0);
		for (; *p && *p != '\n' && *p != '\r' &&
		     (quote ? *p != quote : *p != ' ' && *p != '#');
		     p++) {
			p += quote == '"' && *p == '\\' && p[1] && p[1] != '\n';
			mem_text_add(&t, p, 1);
		}
		value = t.text;
	}
	return value;
}

/* "notes-20260518T153012Z.tar.zst" is what 20260518_153012 names; anything else names itself. */
static bool
is_named(const char *archive, const char *stamp)
{
	if (strspn(stamp, "0123456789") != 8 || strlen(stamp) != 15)
		return !strcmp(archive, stamp);
	for (const char *p = archive; *p; p++)
		if (!strncmp(p, stamp, 8) && (p[8] == 'T' || p[8] == '_') &&
		    !strncmp(p + 9, stamp + 9, 6))
			return true;
	return false;
}

static void
compare_backup(struct evidence *ev, const char *file, const char *stamp)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot", s));) {
		const char *archive = value_get_string(s->result, "archive");

		if (story_is_done(s) && archive && is_named(archive, stamp))
			return;
	}
	sentences_add(ev->m, &ev->doubts,
	    "%s names a backup of %s that no record tells of: snapshot-verify proves an archive",
	    file, stamp);
}

void
envfile_compare(struct evidence *ev, const char *file)
{
	MEM_SCOPE(m);
	struct err e;
	char *text = io_read_file(m, file, LARGEST, NULL, &e), *ticket, *backups, *save = NULL;

	if (!text) {
		sentences_add(ev->m, &ev->doubts, "what the release noted cannot be read: %s",
		    e.text);
		return;
	}
	ticket = find(m, text, "TICKET");
	backups = find(m, text, "BACKUPS");
	if (!ticket || !backups)
		sentences_add(ev->m, &ev->doubts, "%s names no %s", file,
		    ticket ? "BACKUPS" : "TICKET");
	if (ticket && ev->release && strcmp(ticket, ev->release))
		sentences_add(ev->m, &ev->doubts, "%s is of release %s, the records are of %s",
		    file, ticket, ev->release);
	for (char *w = backups ? strtok_r(backups, " \t", &save) : NULL; w;
	     w = strtok_r(NULL, " \t", &save)) {
		char *equals = strrchr(w, '=');

		if (equals)
			*equals = 0;
		if (equals && (!ev->service || !strcmp(w, ev->service)))
			compare_backup(ev, file, equals + 1);
		else if (!equals)
			sentences_add(ev->m, &ev->doubts, "%s: '%s' in BACKUPS is no SERVICE=TIME",
			    file, w);
	}
}
