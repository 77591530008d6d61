/* proxy.c - the variables that curl and most programs obey. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "health/proxy.h"

static const char *
variable(const char *lower, const char *upper)
{
	const char *v = getenv(lower);

	if (!v && upper)
		v = getenv(upper);
	return v && *v ? v : NULL;
}

static bool
ends_with(const char *host, const char *domain, size_t len)
{
	size_t n = strlen(host);

	return n >= len && !strncasecmp(host + n - len, domain, len) &&
	    (n == len || host[n - len - 1] == '.');
}

static bool
is_loopback(const char *host)
{
	return ends_with(host, "localhost", 9) || !strncmp(host, "127.", 4) ||
	    !strcmp(host, "::1") || !strcmp(host, "[::1]") || !strcmp(host, "0.0.0.0");
}

static bool
is_listed(const char *host)
{
	const char *list = variable("no_proxy", "NO_PROXY");

	for (const char *p = list; p && *p;) {
		size_t n;

		p += strspn(p, ", .");
		n = strcspn(p, ", ");
		if (n && ((n == 1 && *p == '*') || ends_with(host, p, n)))
			return true;
		p += n;
	}
	return false;
}

const char *
proxy_for(const char *scheme, const char *host)
{
	/* not HTTP_PROXY: a web server sets that from a request's "Proxy:" header for its CGI
	 * programs */
	const char *v = strcmp(scheme, "https") ? variable("http_proxy", NULL) :
						  variable("https_proxy", "HTTPS_PROXY");

	if (!v)
		v = variable("all_proxy", "ALL_PROXY");
	return v && !is_loopback(host) && !is_listed(host) ? v : NULL;
}
