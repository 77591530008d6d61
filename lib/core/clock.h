/* clock - monotonic time for deadlines, UTC for records. */
#ifndef CLOCK_H
#define CLOCK_H

#include <time.h>

/* Room for clock_rfc3339 and clock_stamp. */
enum { CLOCK_TEXT = 32 };

/* Monotonic seconds; only differences mean anything. */
double clock_now(void);
/* Milliseconds since 1970, UTC. */
long long clock_unix_ms(void);
/* "2026-11-20T17:40:09.456Z" for MS since 1970; returns BUF. */
char *clock_rfc3339(char buf[CLOCK_TEXT], long long ms);
/* "20261120T174009Z", for file and database names; returns BUF. */
char *clock_stamp(char buf[CLOCK_TEXT], long long ms);
/* "500ms", "30s", "5m", "1h", "2d", bare number = seconds. NAN when malformed or negative. */
double clock_parse_duration(const char *);
/* What is left until DEADLINE (clock_now's scale) as poll's milliseconds, rounded up, never
 * negative; -1 (for ever) when DEADLINE is INFINITY. */
int clock_poll_ms(double deadline);
/* The wall clock's time in MS milliseconds, as pthread_cond_timedwait wants it. */
struct timespec clock_in(int ms);

#endif
