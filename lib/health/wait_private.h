/* wait_private - what the files of wait share; the rest of the folder sees wait.h. */
#ifndef HEALTH_WAIT_PRIVATE_H
#define HEALTH_WAIT_PRIVATE_H

#include "health/wait.h"

enum { FLIGHTS = 2 };           /* attempts at once: the one and its hedge */

struct flight {
	struct probe probe;
	struct run *run;
	struct loop_timer cut;
};

struct run {
	struct wait_target pub;
	struct wait *wait;
	struct flight *flight[FLIGHTS];
	struct loop_timer next, hedge;
	double ramp;            /* when the present kind of failure began */
	double last_good;
	int streak, addresses;
	bool queued;
	struct run *queue_next;
};

struct queue {
	struct run *first, **end;
};

struct wait {
	struct mem *m;
	struct wait_spec spec;
	struct scene scene;
	struct run *runs;
	size_t count, good;
	double begun, deadline, ended;
	double all_since;       /* since when all are good; INFINITY: they are not */
	/* due attempts: targets that are not good, those that are */
	struct queue urgent, calm;
	double tokens, token_time;
	int fds, fd_budget;
	struct loop_timer refill, span, tick;
	bool hopeless, stopped;
};

/* wait.c */

/* Look at R again at AT. */
void wait_due_at(struct run *, double at);

/* judge.c */

/* One attempt at R saw S. */
void judge_sight(struct run *, const struct sight *, double took);
/* Good attempts in a row that make R good. */
int judge_needed(const struct run *);
/* Until when each target must have been seen good. */
double judge_span_end(const struct wait *);
/* Have all been good for long enough? */
bool judge_healthy(const struct wait *);

#endif
