/* version.c - compares versions. */
#include <ctype.h>
#include <string.h>

#include "migrate/version.h"

static const char *
skip_zeros(const char *s)
{
	while (*s == '0')
		s++;
	return s;
}

static size_t
digits(const char *s)
{
	size_t n = 0;

	while (isdigit((unsigned char)s[n]))
		n++;
	return n;
}

/* Nothing but zeros and separators: as good as nothing. */
static int
is_zero(const char *s)
{
	return !s[strspn(s, "0._-")];
}

int
migrate_version_compare(const char *a, const char *b)
{
	while (*a && *b) {
		size_t na, nb;
		int order;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			if (*a != *b)
				return (unsigned char)*a - (unsigned char)*b;
			a++;
			b++;
			continue;
		}
		a = skip_zeros(a);
		b = skip_zeros(b);
		na = digits(a);
		nb = digits(b);
		if (na != nb)
			return na < nb ? -1 : 1;
		if ((order = memcmp(a, b, na)))
			return order;
		a += na;
		b += nb;
	}
	if (is_zero(a) && is_zero(b))
		return 0;
	return *a ? 1 : -1;
}
