/* family - what is known of images by name: how they count, whether they hold data, which releases
 * must not be skipped. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdbool.h>
#include <stddef.h>

enum family_scheme {
	FAMILY_AUTO,            /* as the tags look */
	FAMILY_NUMBERS,         /* 1.2.3: major, minor, patch, even when it looks like a date */
	FAMILY_CALVER,          /* the first number is a year */
	FAMILY_SHORT,           /* YY.MM or YY.MM.DD */
	FAMILY_TWO_MAJOR,       /* the first two numbers are the major: MariaDB 10.6 */
};

enum family_steps {
	FAMILY_FREE,            /* any newer release may follow */
	FAMILY_EACH_MAJOR,      /* no major may be skipped */
	FAMILY_EACH_MINOR,      /* no minor may be skipped, and no major */
};

struct family {
	const char *names; /* patterns of the name or its last parts, parted by blanks: "mongo",
			      "cilium*" */
	enum family_scheme scheme;
	/* the first two numbers are the major in versions before this one; 0: never */
	int two_until;
	bool stateful;          /* its major decides over the format of the data */
	const char *hidden;     /* word whose number is the stateful major: "pg" of 2.14.2-pg16 */
	bool extension;         /* behind the dash stands the version of an extension: 16-3.4 */
	enum family_steps steps;
	int month_step;         /* FAMILY_CALVER with EACH_MINOR: months between releases */
	/* EACH_MINOR: only these must not be skipped: "17.3 17.5"; NULL: each minor */
	const char *stops;
	const char *hint;       /* what to know before a major, or NULL */
};

/* The family of IMAGE (without tag; with or without registry), never NULL. */
const struct family *family_of(const char *image);
/* IMAGE's name as people compare it: without docker.io/, library/ and registry mirrors' defaults.
 * Points into IMAGE. */
const char *family_short_name(const char *image);

#endif
