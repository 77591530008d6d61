/* registry - asks a container registry (OCI distribution, docker v2) what tags and digests there
 * are. */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "core/err.h"
#include "core/mem.h"

struct registry;

/* The repository of IMAGE: "redmine" is docker.io's library/redmine, "host:5000/acme/app" is on
 * that host. Loopback hosts are spoken to without TLS, all others with it. Credentials: as
 * manifest/credentials finds them. */
struct registry *registry_open(struct mem *, const char *image, struct err *);

/* All tags, over all pages. */
int registry_tags(struct registry *, char ***tags, size_t *count, struct err *);
/* The digest that TAG stands for: "sha256:…" in MEM. NULL: error, FAIL_NO "no-such-tag" when there
 * is none. */
char *registry_digest(struct registry *, const char *tag, struct err *);

/* Errors of both: FAIL_TROUBLE "unauthorized" (401, 403), "not-found" (404), "rate-limited" (429,
 * with the time to wait when it says one), "registry" (other answers), "connection". */

#endif
