/* wait_show - how a wait looks: lines on standard error for people, and the record's result. */
#ifndef HEALTH_WAIT_SHOW_H
#define HEALTH_WAIT_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "core/step.h"
#include "core/value.h"
#include "health/wait.h"

/* One piece of news as a line on standard error. */
void wait_show_news(struct step *, const struct wait *, size_t count, enum wait_news,
    const struct wait_target *);
/* "2 of 3 targets are not good: TARGET: STATE (TEXT); …" into BUF. */
void wait_show_summary(const struct wait *, size_t count, char *buf, size_t size);
/* Fill the record's result. */
void wait_show_result(struct mem *, struct value *result, const struct wait *, size_t count);

#endif
