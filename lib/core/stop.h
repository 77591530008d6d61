/* stop - a signal asks to stop; whoever waits sees it, returns an error and lets its caller
 * undo. */
#ifndef STOP_H
#define STOP_H

#include "core/err.h"

/* Catch SIGINT, SIGTERM and SIGHUP, ignore SIGPIPE and SIGXFSZ. Called once by step_main. */
void stop_catch(void);
/* The signal that asked to stop, or 0. */
int stop_signal(void);
/* A descriptor that becomes readable (and stays so) when stop is asked: put it into every poll. */
int stop_fd(void);
/* 0, or -1 with word "cancelled" when stop was asked. */
int stop_check(struct err *);
/* Sleep SECONDS or until stop is asked; as stop_check. */
int stop_sleep(double seconds, struct err *);
/* In a child after fork: default signal actions, and nothing left of the parent's descriptor. */
void stop_reset_child(void);

#endif
