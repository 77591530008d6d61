/* dial - a connection for an attempt, by TCP to all addresses of a host at once or to a Unix
 * socket. */
#ifndef HEALTH_DIAL_H
#define HEALTH_DIAL_H

#include "health/probe.h"

struct dial;

/* Connect to PORT of HOST, or to the socket PATH when that is not NULL. *DIAL is set first, as the
 * probe may end within the call: a dial that fails ends it with the state that says why. DONE gets
 * the connected descriptor, later. */
void dial_start(struct probe *, struct dial **, const char *host, const char *port,
    const char *path, void (*done)(struct probe *, int fd));
/* For a probe that is cut: where the dial stands. False: it is connected. */
bool dial_progress(const struct dial *);
/* Close all; NULL is fine. */
void dial_drop(struct dial *);

/* Take "host:port", "[::1]:port" apart, in MEM; PORT is the default when there is none (NULL: it is
 * needed). */
int dial_parse(struct mem *, const char *text, const char **host, const char **port, struct err *);

#endif
