/* binary_value.c - values of the built-in types that most columns have. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/binary_value.h"

enum { CHARACTER = 1042 };

/* Days from 0000-03-01 to 2000-01-01, the server's epoch; microseconds of a day. */
static const int64_t epoch = 730425, day = 86400 * INT64_C(1000000);

static bool
is(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(s, word, len);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Texts: as they are. */
static long
put_text(char *to, const char *s, size_t len)
{
	memcpy(to, s, len);
	return (long)len;
}

/* character(n): the server counts the characters, and adds as many blanks as there are too few. */
static long
put_padded(char *to, const char *s, size_t len)
{
	static const char blanks[] = "        ";
	const size_t some = sizeof blanks - 1;

	while (len >= some && !memcmp(s + len - some, blanks, some))
		len -= some;
	while (len && s[len - 1] == ' ')
		len--;
	return put_text(to, s, len);
}

/* Behind the version of the form. */
static long
put_jsonb(char *to, const char *s, size_t len)
{
	*to = 1;
	return 1 + put_text(to + 1, s, len);
}

static long
put_bool(char *to, const char *s, size_t len)
{
	*to = *s == 't';
	return is(s, len, "t") || is(s, len, "f") ? 1 : -1;
}

/* Numbers */

/* From LEAST to MOST. */
static bool
read_int(const char *s, size_t len, int64_t least, int64_t most, int64_t *v)
{
	bool minus = len && *s == '-';
	uint64_t n = 0;

	/* as many digits do not overflow */
	if (len == minus || len - minus > 19)
		return false;
	for (size_t i = minus; i < len; i++) {
		if (!is_digit(s[i]))
			return false;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	*v = (int64_t)(minus ? -n : n);
	return n <= (uint64_t)INT64_MAX + minus && *v >= least && *v <= most;
}

static long
put_int2(char *to, const char *s, size_t len)
{
	int64_t v = 0;

	if (!read_int(s, len, INT16_MIN, INT16_MAX, &v))
		return -1;
	binary_be16(to, (uint16_t)v);
	return 2;
}

static long
put_int4(char *to, const char *s, size_t len)
{
	int64_t v = 0;

	if (!read_int(s, len, INT32_MIN, INT32_MAX, &v))
		return -1;
	binary_be32(to, (uint32_t)v);
	return 4;
}

static long
put_oid(char *to, const char *s, size_t len)
{
	int64_t v = 0;

	if (!read_int(s, len, 0, UINT32_MAX, &v))
		return -1;
	binary_be32(to, (uint32_t)v);
	return 4;
}

static long
put_int8(char *to, const char *s, size_t len)
{
	int64_t v = 0;

	if (!read_int(s, len, INT64_MIN, INT64_MAX, &v))
		return -1;
	binary_be64(to, (uint64_t)v);
	return 8;
}

static long
put_float4(char *to, const char *s, size_t len)
{
	char *end;
	float v = strtof(s, &end);
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	binary_be32(to, bits);
	return len && end == s + len ? 4 : -1;
}

static long
put_float8(char *to, const char *s, size_t len)
{
	char *end;
	double v = strtod(s, &end);
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	binary_be64(to, bits);
	return len && end == s + len ? 8 : -1;
}

/* Number of digits (to the base of 10000), weight of the first, sign, digits behind the point. */
static long
put_numeric_head(char *to, size_t count, long weight, unsigned sign, size_t scale)
{
	binary_be16(to, (uint16_t)count);
	binary_be16(to + 2, (uint16_t)weight);
	binary_be16(to + 4, (uint16_t)sign);
	binary_be16(to + 6, (uint16_t)scale);
	return 8 + 2 * (long)count;
}

/* Four decimal digits, of which those from FROM to END are at S; the others are zeros. */
static unsigned
four(const char *s, const char *from, const char *end)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v * 10 + (s + i >= from && s + i < end ? (unsigned)(s[i] - '0') : 0);
	return v;
}

static long
put_numeric(char *to, const char *s, size_t len)
{
	const char *end = s + len, *point, *fraction, *from;
	bool minus = len && *s == '-';
	size_t count = 0, kept = 0;
	long weight, first = 0;

	if (is(s, len, "NaN"))
		return put_numeric_head(to, 0, 0, 0xc000, 0);
	if (is(s + minus, len - minus, "Infinity"))
		return put_numeric_head(to, 0, 0, minus ? 0xf000 : 0xd000, 0);
	s += minus;
	point = memchr(s, '.', (size_t)(end - s));
	point = point ? point : end;
	fraction = point < end ? point + 1 : end;
	for (from = s; from < end; from++)
		if (from != point && !is_digit(*from))
			return -1;
	if (s == point || point - s > 131072 || end - fraction > 16383)
		return -1;
	weight = (point - s + 3) / 4 - 1;
	for (from = point - 4 * (weight + 1); from < point; from += 4)
		binary_be16(to + 8 + 2 * count++, (uint16_t)four(from, s, point));
	for (from = fraction; from < end; from += 4)
		binary_be16(to + 8 + 2 * count++, (uint16_t)four(from, fraction, end));
	/* no zeros at either end */
	while (first < (long)count && !to[8 + 2 * first] && !to[9 + 2 * first])
		first++;
	while (count > (size_t)first && !to[6 + 2 * count] && !to[7 + 2 * count])
		count--;
	kept = count - (size_t)first;
	memmove(to + 8, to + 8 + 2 * first, 2 * kept);
	return put_numeric_head(to, kept, kept ? weight - first : 0, minus && kept ? 0x4000 : 0,
	    (size_t)(end - fraction));
}

/* Times */

/* Exactly N digits at *S, which moves on. */
static bool
read_digits(const char **s, const char *end, int n, int64_t *v)
{
	for (*v = 0; n > 0 && *s < end && is_digit(**s); n--)
		*v = *v * 10 + (*(*s)++ - '0');
	return n == 0;
}

static bool
read_char(const char **s, const char *end, char c)
{
	return *s < end && *(*s)++ == c;
}

/* " BC" at the end is taken off. */
static bool
is_before_christ(const char *s, const char **end)
{
	if (*end - s < 3 || memcmp(*end - 3, " BC", 3))
		return false;
	*end -= 3;
	return true;
}

/* Days since the epoch: of a year that begins in March the leap day is the last. */
static int64_t
days(int64_t year, int64_t month, int64_t d)
{
	int64_t cycle;

	year -= month < 3;
	cycle = (year >= 0 ? year : year - 399) / 400;
	year -= cycle * 400;
	return cycle * 146097 + year * 365 + year / 4 - year / 100 +
	    (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + d - 1 - epoch;
}

static bool
read_date(const char **s, const char *end, bool bc, int64_t *v)
{
	int64_t year, month, d;
	int n = 0;

	while (*s + n < end && is_digit((*s)[n]))
		n++;
	if (n < 4 || n > 7 || !read_digits(s, end, n, &year) || !read_char(s, end, '-') ||
	    !read_digits(s, end, 2, &month) || !read_char(s, end, '-') ||
	    !read_digits(s, end, 2, &d) || month < 1 || month > 12 || d < 1 || d > 31)
		return false;
	*v = days(bc ? 1 - year : year, month, d);
	return true;
}

static bool
read_time(const char **s, const char *end, int64_t *v)
{
	int64_t hour, minute, second, part = 0;
	int places = 0;

	if (!read_digits(s, end, 2, &hour) || !read_char(s, end, ':') ||
	    !read_digits(s, end, 2, &minute) || !read_char(s, end, ':') ||
	    !read_digits(s, end, 2, &second))
		return false;
	if (*s < end && **s == '.') {
		while (*s + 1 + places < end && is_digit((*s)[1 + places]))
			places++;
		(*s)++;
		if (!places || places > 6 || !read_digits(s, end, places, &part))
			return false;
	}
	for (; places < 6; places++)
		part *= 10;
	*v = ((hour * 60 + minute) * 60 + second) * 1000000 + part;
	return true;
}

static long
put_date(char *to, const char *s, size_t len)
{
	const char *end = s + len;
	bool bc = is_before_christ(s, &end);
	int64_t v;

	if (is(s, len, "infinity"))
		v = INT32_MAX;
	else if (is(s, len, "-infinity"))
		v = INT32_MIN;
	else if (!read_date(&s, end, bc, &v) || s != end)
		return -1;
	binary_be32(to, (uint32_t)v);
	return 4;
}

/* ZONE: what follows the time. */
static long
put_time(char *to, const char *s, size_t len, const char *zone)
{
	const char *end = s + len;
	bool bc = is_before_christ(s, &end);
	int64_t date, time, v;

	if (is(s, len, "infinity"))
		v = INT64_MAX;
	else if (is(s, len, "-infinity"))
		v = INT64_MIN;
	else if (!read_date(&s, end, bc, &date) || !read_char(&s, end, ' ') ||
	    !read_time(&s, end, &time) || !is(s, (size_t)(end - s), zone))
		return -1;
	else
		v = date * day + time;
	binary_be64(to, (uint64_t)v);
	return 8;
}

static long
put_timestamp(char *to, const char *s, size_t len)
{
	return put_time(to, s, len, "");
}

static long
put_timestamptz(char *to, const char *s, size_t len)
{
	return put_time(to, s, len, "+00");
}

/* Bytes */

static int
nibble(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of digits; SKIP stands between some of them. */
static long
put_hex(char *to, const char *s, size_t len, char skip)
{
	char *begin = to;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (s[i] == skip)
			continue;
		high = nibble(s[i]);
		low = ++i < len ? nibble(s[i]) : -1;
		if (high < 0 || low < 0)
			return -1;
		*to++ = (char)(high << 4 | low);
	}
	return to - begin;
}

static long
put_bytea(char *to, const char *s, size_t len)
{
	return len < 2 || memcmp(s, "\\x", 2) ? -1 : put_hex(to, s + 2, len - 2, 0);
}

static long
put_uuid(char *to, const char *s, size_t len)
{
	return len == 36 && put_hex(to, s, len, '-') == 16 ? 16 : -1;
}

/* The server's own types have the same number in every version. */
binary_put *
binary_put_for(unsigned type, int modifier)
{
	static const struct {
		unsigned type;
		binary_put *put;
	} kinds[] = {
		{ 16, put_bool },
		{ 17, put_bytea },
		{ 20, put_int8 },
		{ 21, put_int2 },
		{ 23, put_int4 },
		{ 25, put_text },
		{ 26, put_oid },
		{ 114, put_text },      /* json */
		{ 700, put_float4 },
		{ 701, put_float8 },
		{ CHARACTER, put_text },
		{ 1043, put_text },     /* character varying */
		{ 1082, put_date },
		{ 1114, put_timestamp },
		{ 1184, put_timestamptz },
		{ 1700, put_numeric },
		{ 2950, put_uuid },
		{ 3802, put_jsonb },
	};

	if (type == CHARACTER && modifier >= 0)
		return put_padded;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type)
			return kinds[i].put;
	return NULL;
}
