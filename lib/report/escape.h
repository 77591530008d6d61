/* escape - text of records made harmless for the form it goes into. */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include "core/mem.h"

/* One line without control characters, for terminals. */
char *escape_line(struct mem *, const char *);
/* That, and Markdown's characters without their meaning. */
char *escape_markdown(struct mem *, const char *);
/* For text and attributes of HTML and XML; what XML cannot hold becomes U+FFFD. */
char *escape_markup(struct mem *, const char *);
/* For the message (or, with PROPERTY, a property) of a GitHub workflow command. */
char *escape_github(struct mem *, const char *, int property);
/* For a double-quoted value in an env file that a shell reads. */
char *escape_env(struct mem *, const char *);

#endif
