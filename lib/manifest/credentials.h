/* credentials - who we are to a registry: from the environment, else from what docker login
 * left. */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include "core/err.h"
#include "core/mem.h"

/* All NULL: nobody. Either user and password, or an identity token. */
struct credentials {
	const char *user, *password;
	const char *identity;
};

/* Those for HOST ("docker.io", "ghcr.io", "127.0.0.1:5000"): $HANDRAIL_REGISTRY_USER and
 * $HANDRAIL_REGISTRY_PASSWORD, else docker's config.json ($DOCKER_CONFIG, ~/.docker): the helper
 * that credHelpers or credsStore names, else auths. Errors: "credential-helper" when a helper is
 * not there or fails in another way than having none. */
int credentials_find(struct mem *, const char *host, struct credentials *, struct err *);
/* User and password as HTTP's Basic scheme wants them. */
const char *credentials_basic(struct mem *, const struct credentials *);

#endif
