/* form.c - chooses forms by name and writes them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/form.h"
#include "core/io.h"

static const struct form *
find(const struct form_choice *c, const char *name, size_t len)
{
	for (const struct form *f = c->forms; f && f->name; f++)
		if (strlen(f->name) == len && !strncmp(f->name, name, len))
			return f;
	return len == strlen(c->plain->name) && !strncmp(name, c->plain->name, len) ? c->plain :
										      NULL;
}

static int
unknown(struct mem *m, const struct form_choice *c, const char *name, size_t len, struct err *e)
{
	struct mem_text all = { .m = m };

	mem_text_fmt(&all, "json, %s", c->plain->name);
	for (const struct form *f = c->forms; f && f->name; f++)
		if (strcmp(f->name, c->plain->name))
			mem_text_fmt(&all, ", %s", f->name);
	err_set(e, FAIL_TROUBLE, "usage", "there is no form '%.*s'", (int)len, name);
	return err_hint(e, "the forms are %s", all.text);
}

int
form_choose(struct mem *m, struct form_choice *c, const char *format, struct err *e)
{
	if (format && strcmp(format, "json") && !(c->chosen = find(c, format, strlen(format))))
		return unknown(m, c, format, strlen(format), e);
	if (!format && isatty(1))
		c->chosen = find(c, c->plain->name, strlen(c->plain->name));
	for (size_t i = 0; i < c->writes->count; i++) {
		const char *w = c->writes->item[i];
		size_t n = strcspn(w, "=");

		if (!w[n] || !w[n + 1])
			return err_set(e, FAIL_TROUBLE, "usage",
			    "--write takes FORM=FILE, not '%s'", w);
		if (!find(c, w, n))
			return unknown(m, c, w, n, e);
	}
	return 0;
}

bool
form_wanted(const struct form_choice *c, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < c->writes->count; i++)
		if (!strncmp(c->writes->item[i], name, n) && c->writes->item[i][n] == '=')
			return true;
	return c->chosen && !strcmp(c->chosen->name, name);
}

static int
render(struct step *s, const struct form *f, char **text, size_t *len, struct err *e)
{
	FILE *out = mem_must(open_memstream(text, len));
	int bad = f->render(s, out, e);

	fclose(out);
	return bad;
}

static int
write_file(struct step *s, const struct form *f, const char *path, struct err *e)
{
	char *text;
	size_t len;
	int bad = render(s, f, &text, &len, e) || io_replace_file(path, text, len, 0666, e);

	free(text);
	return bad ? -1 : 0;
}

static int
write_stdout(struct step *s, const struct form *f, struct err *e)
{
	char *text;
	size_t len;
	int bad = render(s, f, &text, &len, e);

	if (!bad && io_write_all(1, text, len))
		bad = err_sys(e, "standard output");
	free(text);
	return bad;
}

int
form_write(struct step *s, const struct form_choice *c, struct err *e)
{
	for (size_t i = 0; i < c->writes->count; i++) {
		const char *w = c->writes->item[i];
		size_t n = strcspn(w, "=");

		if (write_file(s, find(c, w, n), w + n + 1, e))
			return -1;
	}
	return c->chosen ? write_stdout(s, c->chosen, e) : 0;
}
