/* clock.c - time. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

double
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

long long
clock_unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

char *
clock_rfc3339(char buf[CLOCK_TEXT], long long ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, CLOCK_TEXT - n, ".%03dZ", (int)(ms % 1000));
	return buf;
}

char *
clock_stamp(char buf[CLOCK_TEXT], long long ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(buf, CLOCK_TEXT, "%Y%m%dT%H%M%SZ", &tm);
	return buf;
}

double
clock_parse_duration(const char *s)
{
	static const struct { const char *unit; double seconds; } units[] = {
		{ "", 1 }, { "ms", 0.001 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	char *end;
	double v;

	if (!strchr("0123456789.", *s))
		return NAN;
	v = strtod(s, &end);
	if (end == s || !isfinite(v))
		return NAN;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(end, units[i].unit))
			return v * units[i].seconds;
	return NAN;
}

int
clock_poll_ms(double deadline)
{
	double left = (deadline - clock_now()) * 1000;

	if (isinf(deadline))
		return -1;
	if (left <= 0)
		return 0;
	return left > INT_MAX - 1 ? INT_MAX : (int)ceil(left);
}

struct timespec
clock_in(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}
