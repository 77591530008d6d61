/* spec.c - what an option table says for people: --help, completion words, the manual's option
 * list. */
#include <stdio.h>
#include <string.h>

#include "core/opt.h"

enum { COLUMN = 30, WIDTH = 79 };

/* HELP from column COLUMN on, wrapped before WIDTH. */
static void
wrapped(int at, const char *help)
{
	if (at >= COLUMN) {
		printf("\n");
		at = 0;
	}
	printf("%*s", COLUMN - at, "");
	for (at = COLUMN; *help;) {
		size_t len = strcspn(help, " ");

		if (at > COLUMN && at + 1 + (int)len > WIDTH) {
			printf("\n%*s", COLUMN, "");
			at = COLUMN;
		}
		at += printf("%s%.*s", at > COLUMN ? " " : "", (int)len, help);
		help += len + (help[len] == ' ');
	}
	printf("\n");
}

static void
row(const struct opt *o)
{
	int n;

	if (o->type == OPT_GROUP) {
		printf("\n%s:\n", o->help);
		return;
	}
	n = printf(o->key ? "  -%c, " : "      ", o->key);
	n += printf("--%s%s%s", o->name, o->arg ? "=" : "", o->arg ? o->arg : "");
	wrapped(n + 1 > COLUMN ? COLUMN : n, o->help);
}

static void
help(const struct opt_spec *s)
{
	printf("usage: %s [options]%s%s\n", s->name, s->operands ? " " : "",
	    s->operands ? s->operands : "");
	printf("%s: %s\n\n", s->name, s->brief);
	for (const struct opt *o = s->opts; o->type != OPT_END; o++)
		row(o);
	if (s->common)
		for (const struct opt *o = s->common; o->type != OPT_END; o++)
			row(o);
	printf("\nManual: man %s\n", s->name);
}

static void
mdoc_row(const struct opt *o)
{
	if (o->type == OPT_GROUP)
		return;
	printf(".It ");
	if (o->key)
		printf("Fl %c , ", o->key);
	printf("Fl -%s", o->name);
	if (o->arg)
		printf(" Ns = Ns Ar %s", o->arg);
	printf("\n%c%s.\n",
	    o->help[0] >= 'a' && o->help[0] <= 'z' ? o->help[0] - 'a' + 'A' : o->help[0],
	    o->help + 1);
}

static void
words(const struct opt *o)
{
	for (; o && o->type != OPT_END; o++)
		if (o->name)
			printf("--%s%s\n", o->name, o->arg ? "=" : "");
}

static void
mdoc(const struct opt_spec *s)
{
	printf(".Bl -tag -width Ds\n");
	for (const struct opt *o = s->opts; o->type != OPT_END; o++)
		mdoc_row(o);
	printf(".El\n");
}

void
opt_show(const struct opt_spec *s, enum opt_found what)
{
	switch (what) {
	case OPT_HELP: help(s); break;
	case OPT_VERSION: printf("%s (handrail) %s\n", s->name, VERSION); break;
	case OPT_SPEC_WORDS: words(s->opts); words(s->common); break;
	case OPT_SPEC_MDOC: mdoc(s); break;
	case OPT_RUN: break;
	}
}
