/* err.c - formats errors into their fixed places. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/stop.h"

#define FORMAT(buf, fmt)                            \
	do {                                        \
		va_list ap_;                        \
		va_start(ap_, fmt);                 \
		vsnprintf(buf, sizeof buf, fmt, ap_); \
		va_end(ap_);                        \
	} while (0)

static void
word(struct err *e, const char *w)
{
	snprintf(e->word, sizeof e->word, "%s", w);
}

int
err_set(struct err *e, enum fail code, const char *w, const char *fmt, ...)
{
	char text[sizeof e->text];

	FORMAT(text, fmt);
	memcpy(e->text, text, sizeof text);
	e->code = code;
	e->hint[0] = 0;
	word(e, w);
	return -1;
}

static const char *
errno_word(int n)
{
	switch (n) {
	case ENOSPC:
	case EDQUOT: return "no-space";
	case ENOENT: return "not-found";
	case EEXIST: return "exists";
	case EACCES:
	case EPERM:
	case EROFS: return "permission";
	case EINTR: return stop_signal() ? "cancelled" : "io"; /* only stopping interrupts a call */
	default: return "io";
	}
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char text[sizeof e->text];
	size_t n;

	FORMAT(text, fmt);
	n = strlen(text);
	snprintf(text + n, sizeof text - n, ": %s", strerror(saved));
	memcpy(e->text, text, sizeof text);
	e->code = FAIL_TROUBLE;
	e->hint[0] = 0;
	word(e, errno_word(saved));
	return -1;
}

int
err_in(struct err *e, const char *fmt, ...)
{
	char where[sizeof e->text], whole[2 * sizeof e->text + 2];

	FORMAT(where, fmt);
	snprintf(whole, sizeof whole, "%s: %s", where, e->text);
	whole[sizeof e->text - 1] = 0;
	memcpy(e->text, whole, sizeof e->text);
	return -1;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	FORMAT(e->hint, fmt);
	return -1;
}
