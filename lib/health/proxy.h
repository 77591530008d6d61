/* proxy - which proxy the environment asks for, for one host. */
#ifndef HEALTH_PROXY_H
#define HEALTH_PROXY_H

#include <stdbool.h>

/* The proxy URL that $http_proxy, $https_proxy or $all_proxy names for SCHEME and HOST; NULL: none,
 * as always for the loopback and for what $no_proxy lists. */
const char *proxy_for(const char *scheme, const char *host);

#endif
