/* err - what went wrong, carried by value up to main; only cmd/ may exit. */
#ifndef ERR_H
#define ERR_H

/* Exit statuses of every program; handrail(7) documents them once. */
enum fail {
	/* the answer is no: gate shut, not healthy, rolled back; state is as it was */
	FAIL_NO = 1,
	/* could not do the work: usage, input, connection, space; state is as it was */
	FAIL_TROUBLE = 2,
	FAIL_UPSTREAM = 3,      /* refused because of an earlier record */
	FAIL_DIRTY = 4,         /* failed after changing something that could not be undone */
};

struct err {
	enum fail code;
	char word[40];          /* stable word for error.code in records: "lock-timeout", "usage" */
	char text[2000];
	char hint[600];         /* what to do next, or "" */
};

/* All return -1, so that failing functions can "return err_set(e, ...)". */

/* Set the error anew: exit status, stable word, message. Clears the hint. */
int err_set(struct err *, enum fail, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Set from errno: FAIL_TROUBLE, word from errno ("no-space", "not-found", "permission", "cancelled"
 * for a call that stopping has interrupted, else "io"). */
int err_sys(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Put the place in front: "FILE: line 3: ..." */
int err_in(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Say what to do next. */
int err_hint(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
