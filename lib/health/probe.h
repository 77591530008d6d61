/* probe - one attempt at one target, and the table of the kinds of target. Each kind is one file
 * and one row. */
#ifndef HEALTH_PROBE_H
#define HEALTH_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "health/loop.h"
#include "health/option.h"

struct target;
struct resolve;
struct fetch;

/* What all attempts share. */
struct scene {
	struct mem *m;                  /* as long as the wait */
	struct loop *loop;
	struct resolve *resolve;
	struct fetch *fetch;            /* made by the first attempt that needs it */
	const char *version;            /* of the newest manifest-bump record upstream, or NULL */
};

enum { PROBE_STATE = 32, PROBE_TEXT = 400 };

/* What was seen of a target. */
struct sight {
	char state[PROBE_STATE];        /* "ok", or one word of the closed set in health-wait(1) */
	char text[PROBE_TEXT];          /* one line that says why */
	bool final;                     /* waiting cannot change it */
	int status;                     /* HTTP status, 0: none */
	int addresses;                  /* how many the host has, 0: not known */
	char address[64];               /* where the attempt went, "" when it is not known */
	char version[64];               /* the version that was seen, "" when none was asked */
	char sqlstate[6];               /* of a Postgres server, or "" */
};

struct probe {
	const struct target *target;
	struct scene *scene;
	struct mem *m;                  /* dies with the attempt */
	double begun, deadline;
	unsigned number;                /* attempts before this one at the same target */
	void *own;                      /* the kind's */
	struct sight sight;
	void (*report)(struct probe *, bool ended);
	void *owner;
};

struct kind {
	const char *name;               /* "tcp" */
	const char *const *prefixes;    /* "tcp://", …, NULL-ended */
	uint64_t takes;                 /* OPTION_BIT of each option besides OPTION_ALWAYS */
	unsigned flags;
	int fds;                        /* descriptors that an attempt holds at most */
	/* Check TARGET->text and take it apart; everything that is wrong with it is found here. */
	int (*parse)(struct mem *, struct target *, struct err *);
	/* Begin. May end the probe at once. */
	void (*start)(struct probe *);
	/* Time is over: set the state that tells how far it came (unset: "timeout"). May be
	 * NULL. */
	void (*cut)(struct probe *);
	/* Free what is not in the probe's mem: handles, children, watches. Called once, also after
	 * the end. */
	void (*drop)(struct probe *);
	/* Called once with its target before the first attempt: what then calls WAKE when it is
	 * worth looking at once. May be NULL. */
	void (*alert)(const struct target *, struct scene *, void (*wake)(void *), void *arg);
};

enum {
	KIND_SLOW = 1,          /* an attempt is dear: not under 250 ms between them, no hedge */
	/* an attempt goes on for ever and reports each change (probe_note) */
	KIND_LIVE = 2,
};

/* One TARGET of the command line. */
struct target {
	const char *text;               /* as given */
	const char *shown;              /* without passwords */
	const struct kind *kind;
	struct want want;
	struct opt_list words;          /* its command line: shown, then "--option=value" each */
	/* what the kind's parse found; NULL where it means nothing */
	const char *host, *port, *path, *rest;
	void *own;
};

/* The row whose prefix TEXT has, or NULL; *REST is what comes after the prefix (may be NULL). */
const struct kind *kind_of(const char *text, const char **rest);
/* All prefixes, for messages: "http://, https://, tcp:// …". */
const char *kind_prefixes(struct mem *);

/* Set what was seen. */
void probe_say(struct probe *, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Say and end: the probe is gone after the call, return at once. */
void probe_end(struct probe *, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* For KIND_LIVE: say and go on. */
void probe_note(struct probe *, const char *state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What was said stands: end. */
void probe_finish(struct probe *);
/* What fetches for this run; NULL: that was told, the probe is gone. */
struct fetch *probe_fetch(struct probe *);
/* Is BODY (LEN bytes, and a NUL behind them) what the target's options expect: text, JSON, version?
 * False: what it is was said of WHAT, "the body". */
bool probe_body(struct probe *, const char *what, const char *body, size_t len);
/* The state's word and text for a connect or socket error. */
void probe_end_errno(struct probe *, int error, const char *what);

#endif
