/* site - the places of a file where a version is pinned. */
#ifndef SITE_H
#define SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "manifest/yaml.h"

/* What the user selects; NULL and 0 select everything. */
struct site_want {
	const char *service, *image, *path;
	const char *kind, *name, *container;
	int doc;                /* 1 is the first */
};

/* One file, read once. */
struct site_file {
	const char *file;       /* as given */
	const char *dialect;    /* "yaml", "dockerfile", "env" */
	char *text;
	size_t len;
	struct yaml_lines *lines;
	struct yaml *yaml;      /* NULL for what is not YAML */
	bool masked;            /* YAML read through a mask over {{…}} */
};

struct site_span {
	yaml_ref node;          /* the scalar, or 0 in files that are not YAML */
	size_t at, len;         /* bytes of the text */
	size_t offset;          /* of the same bytes in the scalar's value */
	bool there;
};

struct site {
	const struct site_file *file;
	/* the row of the table that knew it: "reference", "tag", "uses" … */
	const char *shape;
	struct site_span whole;         /* the scalar's value that holds the version */
	/* len 0 and not there: the reference has no tag; one can be put in at AT */
	struct site_span version;
	struct site_span digest;        /* "sha256:…", maybe in another scalar; or not there */
	struct site_span comment;       /* uses: x@sha # v4.2.0: the words behind the # */
	/* the alias or the merging map that it was reached through, or 0 */
	yaml_ref user;
	const char *image;              /* name without tag, or NULL */
	const char *service;            /* NULL when none can be told */
	const char *path;
	/* of the environment, whose value wins over this text; or NULL */
	const char *variable;
	/* what stands around VARIABLE in the tag: "v", "-alpine"; NULL is "" */
	const char *front, *behind;
	bool indirect;                  /* the version is not here but in VARIABLE */
	bool variable_whole;            /* VARIABLE holds the whole reference */
	int doc;
};

struct site_list {
	struct site *item;
	size_t count, room;
	size_t limit;                   /* stop here; 0: none */
};

/* Read FILE: by its name a Dockerfile, an environment file, else YAML (as a Helm template when it
 * only reads as one). */
struct site_file *site_read(struct mem *, const char *file, struct err *);
/* The same for a text at hand. */
struct site_file *site_read_text(struct mem *, const char *file, char *text, size_t len,
    struct err *);

/* All sites of FILE that WANT selects, in the order of the text; a scalar reached twice is listed
 * for each user. */
int site_find(struct mem *, const struct site_file *, const struct site_want *, struct site_list *,
    struct err *);

/* Where else the scalar of SITE is used, through aliases: "file:line:column path" strings; *LIVE
 * tells whether its own place counts as a use (it is not only a template under an x- key). */
size_t site_users(struct mem *, const struct site *, char ***users, bool *live);

/* Bytes of a span, NUL-terminated, in MEM. */
char *site_text(struct mem *, const struct site *, const struct site_span *);

/* Files in DIR that may pin versions, sorted: *.yaml, *.yml, Dockerfile*, *.env. */
int site_walk(struct mem *, const char *dir, char ***files, size_t *count, struct err *);

#endif
