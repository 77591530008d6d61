/* finder - inside of site_find: what the dialects offer, and what is kept of it. */
#ifndef FINDER_H
#define FINDER_H

#include "core/seen.h"
#include "manifest/reference.h"
#include "manifest/site.h"

struct finder {
	struct mem *m;
	const struct site_file *file;
	const struct yaml *y;
	const struct site_want *want;
	struct site_list *out;
	int doc;
	yaml_ref root;                  /* of the document at hand */
	yaml_ref path_node, path_user;  /* where --path leads in this document, or 0 */
};

/* A place where a dialect found a version. Parts are offsets into the value of their scalar. */
struct offer {
	const char *shape;
	yaml_ref node, user;
	yaml_ref owner;                 /* the map that the service or the container is */
	struct reference_part version, digest, variable, front, behind;
	yaml_ref digest_node;           /* 0: the digest stands in NODE, too */
	bool indirect, variable_whole;
	const char *registry, *image;   /* not NUL-terminated */
	size_t registry_len, image_len;
	/* bytes of the text behind the scalar that name the version */
	size_t comment_at, comment_len;
};

/* Keep it when the user selects it. */
void finder_offer(struct finder *, const struct offer *);
bool finder_full(const struct finder *);
/* A key of the map that is a scalar, aliases followed; 0 when it is not there. */
yaml_ref finder_scalar(const struct finder *, yaml_ref map, const char *key);
/* The value as the file has it, through the mask. */
const char *finder_value(const struct finder *, yaml_ref, size_t *len);
/* Offer an image reference that stands at OFFSET of the scalar's value. */
void finder_offer_reference(struct finder *, yaml_ref node, yaml_ref user, yaml_ref owner,
    size_t offset);

/* The rows: all maps of the document at hand. */
void dialect_scan(struct finder *);
/* A scalar that no row knows, selected by --path: a reference, or a bare version. */
void dialect_scan_any(struct finder *, yaml_ref scalar, yaml_ref user);
/* Dockerfiles and environment files. */
int dialect_scan_docker(struct mem *, const struct site_file *, const struct site_want *,
    struct site_list *);
int dialect_scan_env(struct mem *, const struct site_file *, const struct site_want *,
    struct site_list *);

/* Where PATH ("a.b[name=x].c", "a['k.e/y'].0") leads from ROOT; 0 when nowhere. USER: the last
 * alias on the way. -1 when PATH cannot be read, with the error set. */
int path_resolve(const struct yaml *, yaml_ref root, const char *path, yaml_ref *node,
    yaml_ref *user, struct err *);
/* The path of NODE, as path_resolve takes it. */
char *path_of(struct mem *, const struct yaml *, yaml_ref node);
/* The path of KEY in the map at PATH ("" is the root). */
char *path_join(struct mem *, const char *path, const char *key);
/* A key that stands twice on the way to NODE; 0 when none does. CLEAN remembers for the next node
 * of FILE the maps in which none does; NULL, which is quicker, where there is no next one. */
yaml_ref path_duplicate(const struct yaml *, yaml_ref node, struct seen *clean, const char *file);

#endif
