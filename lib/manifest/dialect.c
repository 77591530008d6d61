/* dialect.c - the shapes in which YAML files pin versions: one row a key. */
#include <ctype.h>
#include <string.h>

#include "manifest/finder.h"

typedef void row_found(struct finder *, yaml_ref map, yaml_ref value, yaml_ref user);

static bool
is_kind(const struct finder *f, yaml_ref ref, enum yaml_kind kind)
{
	return ref && yaml_node(f->y, ref)->kind == kind;
}

/* Does REF's own key, or the key of the list that it is in, have this name? */
static bool
under(const struct finder *f, yaml_ref ref, const char *key)
{
	yaml_ref parent = yaml_node(f->y, ref)->parent;

	if (is_kind(f, parent, YAML_LIST))
		ref = parent;
	return yaml_is(f->y, yaml_key_of(f->y, ref), key);
}

/* The map that carries the name of what an image map belongs to: {image: {name, tag}} */
static yaml_ref
owner_of(const struct finder *f, yaml_ref map)
{
	yaml_ref parent = yaml_node(f->y, map)->parent;

	return under(f, map, "image") && is_kind(f, parent, YAML_MAP) ? parent : map;
}

/* The whole value, or a default in it, is the version; what stands behind an @ is the digest. */
static void
whole_value(struct finder *f, struct offer *o)
{
	size_t len;
	const char *v = finder_value(f, o->node, &len);
	struct reference r;

	if (!v)
		return;
	r = reference_parse_version(v, len);
	o->version = r.tag;
	o->digest = r.digest;
	o->variable = r.variable;
	o->front = r.front;
	o->behind = r.behind;
	o->indirect = r.indirect;
}

/* digest: sha256:…, or sha: … as the charts of Grafana have it, which would pin the old image */
static void
add_digest_sibling(struct finder *f, yaml_ref map, struct offer *o)
{
	yaml_ref d = finder_scalar(f, map, "digest");
	size_t len;

	d = d ? d : finder_scalar(f, map, "sha");
	if (o->digest.there || !d || !finder_value(f, d, &len) || !len)
		return;
	o->digest_node = d;
	o->digest = (struct reference_part){ 0, len, true };
}

/* Offer the scalar VALUE of MAP as the version of the image that the first of NAMES names. */
static void
offer_version(struct finder *f, const char *shape, yaml_ref map, yaml_ref value, yaml_ref user,
    const char *const *names)
{
	struct offer o = { .shape = shape, .node = value, .user = user, .owner = owner_of(f, map) };
	yaml_ref name = 0, registry = finder_scalar(f, map, "registry");

	for (; *names && !name; names++)
		name = finder_scalar(f, map, *names);
	if (!name || !is_kind(f, value, YAML_SCALAR))
		return;
	o.image = finder_value(f, name, &o.image_len);
	if (o.image_len > 6 && !memcmp(o.image, "oci://", 6)) {
		o.image += 6;
		o.image_len -= 6;
	}
	if (registry)
		o.registry = finder_value(f, registry, &o.registry_len);
	whole_value(f, &o);
	add_digest_sibling(f, map, &o);
	finder_offer(f, &o);
}

/* Rows */

/* The reference that the value of an image: is, or holds (GitLab: {name: ruby:3.2, entrypoint: …});
 * 0: none. */
static yaml_ref
reference_in(const struct finder *f, yaml_ref value)
{
	if (!value || is_kind(f, value, YAML_SCALAR))
		return value;
	return is_kind(f, value, YAML_MAP) && !yaml_get(f->y, value, "tag") ?
	    finder_scalar(f, value, "name") :
	    0;
}

static void
at_image(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	yaml_ref reference = reference_in(f, value);

	/* image beside a tag: the row of the tag offers it */
	if (is_kind(f, value, YAML_SCALAR) &&
	    (finder_scalar(f, map, "tag") || finder_scalar(f, map, "imageTag") ||
		finder_scalar(f, map, "image_tag")))
		return;
	if (reference)
		finder_offer_reference(f, reference, user, map, 0);
}

/* CloudNativePG: imageName: ghcr.io/cloudnative-pg/postgresql:16.3; elsewhere it is a name beside a
 * tag. */
static void
at_image_name(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	size_t len;
	const char *v = finder_value(f, value, &len);

	if (v && reference_parse(v, len).tag.there)
		at_image(f, map, value, user);
}

static void
at_tag(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const names[] = { "repository", "name", "image", "imageName", NULL };
	static const char *const flux[] = { "url", NULL };
	yaml_ref spec = yaml_node(f->y, map)->parent;

	/* Flux OCIRepository: spec: {url: oci://…, ref: {tag: …}} */
	if (under(f, map, "ref") && yaml_get(f->y, spec, "url")) {
		struct offer o = { .shape = "ocirepository",
			.node = value,
			.user = user,
			.owner = spec };
		yaml_ref url = finder_scalar(f, spec, flux[0]);

		if (!url || !is_kind(f, value, YAML_SCALAR))
			return;
		o.image = finder_value(f, url, &o.image_len);
		if (o.image_len > 6 && !memcmp(o.image, "oci://", 6))
			o.image += 6, o.image_len -= 6;
		whole_value(f, &o);
		add_digest_sibling(f, map, &o);
		finder_offer(f, &o);
		return;
	}
	offer_version(f, "tag", map, value, user, names);
}

static void
at_image_tag(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const names[] = { "image", "repository", "imageName", "imageRepository",
		NULL };

	offer_version(f, "imageTag", map, value, user, names);
}

static void
at_new_tag(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const names[] = { "newName", "name", NULL };

	offer_version(f, "kustomization", map, value, user, names);
}

/* {name|repository|url, digest} without a tag */
static void
at_digest(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const tags[] = { "tag", "newTag", "semver", "imageTag" };
	static const char *const names[] = { "newName", "name", "repository" };
	struct offer o = { .shape = "digest",
		.node = value,
		.user = user,
		.owner = owner_of(f, map) };
	yaml_ref name = 0;

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (finder_scalar(f, map, tags[i]))
			return;
	for (size_t i = 0; !name && i < sizeof names / sizeof *names; i++)
		name = finder_scalar(f, map, names[i]);
	if (!name || !is_kind(f, value, YAML_SCALAR))
		return;
	o.image = finder_value(f, name, &o.image_len);
	o.digest.there = finder_value(f, value, &o.digest.len) && o.digest.len;
	finder_offer(f, &o);
}

static void
at_version(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const dependency[] = { "name", NULL },
				 *const release[] = { "chart", NULL };

	if (under(f, map, "dependencies"))
		offer_version(f, "chart-dependency", map, value, user, dependency);
	else if (finder_scalar(f, map, "chart"))
		offer_version(f, "chart-release", map, value, user, release);
	else if (finder_scalar(f, map, "repository") && !finder_scalar(f, map, "tag"))
		offer_version(f, "version", map, value, user,
		    (const char *const[]){ "repository", NULL });
}

static void
at_target_revision(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const names[] = { "chart", "repoURL", NULL };

	offer_version(f, "argocd", map, value, user, names);
}

static void
at_ref(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	static const char *const names[] = { "project", NULL };

	offer_version(f, "gitlab-include", map, value, user, names);
}

/* GitLab: include: [{component: $CI_SERVER_FQDN/group/project/name@1.2.3}] */
static void
at_component(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	struct offer o = { .shape = "gitlab-component", .node = value, .user = user, .owner = map };
	size_t len;
	const char *v = finder_value(f, value, &len), *at = v ? memchr(v, '@', len) : NULL;

	if (!at || !under(f, map, "include"))
		return;
	o.image = v;
	o.image_len = (size_t)(at - v);
	o.version = (struct reference_part){ o.image_len + 1, len - o.image_len - 1, true };
	finder_offer(f, &o);
}

static bool
is_sha(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return len == 40 || len == 64;
}

/* The version that a comment behind the scalar names: "# v4.2.0", "# tag=v4.2.0". */
static void
find_comment(const struct finder *f, struct offer *o)
{
	size_t size, at = yaml_end(f->y, o->node), end;
	const char *text = yaml_text(f->y, &size);

	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	if (at >= size || text[at] != '#')
		return;
	for (end = at; end < size && text[end] != '\n' && text[end] != '\r'; end++)
		;
	while (at < end && !isdigit((unsigned char)text[at]) &&
	    !(text[at] == 'v' && at + 1 < end && isdigit((unsigned char)text[at + 1])))
		at++;
	o->comment_at = at;
	while (at < end && !isspace((unsigned char)text[at]))
		at++;
	o->comment_len = at - o->comment_at;
}

/* GitHub Actions: owner/repo/path@v4, @sha # v4.2.0, docker://image:tag */
static void
at_uses(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	struct offer o = { .shape = "uses", .node = value, .user = user, .owner = map };
	size_t len, n;
	const char *v = finder_value(f, value, &len), *at;

	if (!v || !len)
		return;
	if (len > 9 && !memcmp(v, "docker://", 9)) {
		finder_offer_reference(f, value, user, map, 9);
		return;
	}
	if (!(at = memchr(v, '@', len)) || *v == '.')
		return;
	n = (size_t)(at - v);
	o.image = v;
	o.image_len = n;
	o.version = (struct reference_part){ n + 1, len - n - 1, true };
	if (is_sha(at + 1, len - n - 1)) {
		find_comment(f, &o);
		o.digest = o.version;
		o.version = (struct reference_part){ 0 };
	}
	finder_offer(f, &o);
}

/* GitHub: jobs.X.container: node:18 */
static void
at_container(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	if (is_kind(f, value, YAML_SCALAR) &&
	    (yaml_get(f->y, map, "runs-on") || yaml_get(f->y, map, "steps")))
		finder_offer_reference(f, value, user, map, 0);
}

/* GitLab: services: [postgres:15, {name: redis:7}] */
static void
at_services(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	if (!is_kind(f, value, YAML_LIST))
		return;
	for (yaml_ref at = yaml_child(f->y, value); at; at = yaml_node(f->y, at)->next) {
		yaml_ref real = yaml_resolve(f->y, at), name = finder_scalar(f, real, "name");

		if (is_kind(f, real, YAML_SCALAR))
			finder_offer_reference(f, real, real == at ? user : at, map, 0);
		else if (name && !yaml_get(f->y, real, "image"))
			finder_offer_reference(f, name, user, real, 0);
	}
}

/* kustomize in Argo CD, and lists like it: images: [acme/app:1.2.3, app=ghcr.io/acme/app:1.2.3] */
static void
at_images(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	if (!is_kind(f, value, YAML_LIST))
		return;
	for (yaml_ref at = yaml_child(f->y, value); at; at = yaml_node(f->y, at)->next) {
		yaml_ref real = yaml_resolve(f->y, at);
		size_t len, from;
		const char *v = is_kind(f, real, YAML_SCALAR) ? finder_value(f, real, &len) : NULL,
			   *renamed = v ? memchr(v, '=', len) : NULL;
		struct reference r;

		if (!v)
			continue;
		from = renamed ? (size_t)(renamed - v) + 1 : 0;
		r = reference_parse(v + from, len - from);
		if (r.tag.there || r.digest.there)
			finder_offer_reference(f, real, real == at ? user : at, map, from);
	}
}

/* A service that takes its image over from an anchor: <<: *base, <<: [*a, *b] */
static void
at_merge(struct finder *f, yaml_ref map, yaml_ref value, yaml_ref user)
{
	yaml_ref image, at = is_kind(f, value, YAML_LIST) && !user ? yaml_child(f->y, value) : user;

	if (yaml_get(f->y, map, "image"))
		return;
	for (; at; at = at == user ? 0 : yaml_node(f->y, at)->next)
		if ((image = reference_in(f,
			 yaml_resolve(f->y, yaml_get(f->y, yaml_resolve(f->y, at), "image"))))) {
			finder_offer_reference(f, image, at, map, 0);
			return;
		}
}

static const struct row {
	const char *key;
	row_found *found;
} rows[] = {
	/* Compose, Kubernetes, GitHub, GitLab, Helm values, PMA */
	{ "image", at_image },
	{ "imageName", at_image_name },
	/* {repository|name, registry, tag, digest}, OCIRepository */
	{ "tag", at_tag },
	{ "semver", at_tag },
	{ "imageTag", at_image_tag },
	{ "image_tag", at_image_tag },
	{ "newTag", at_new_tag },               /* kustomization */
	{ "digest", at_digest },
	{ "version", at_version },              /* Chart.yaml dependencies, HelmRelease, helmfile */
	{ "targetRevision", at_target_revision },       /* Argo CD */
	{ "ref", at_ref },                      /* GitLab include */
	{ "component", at_component },
	{ "uses", at_uses },                    /* GitHub Actions */
	{ "container", at_container },
	{ "services", at_services },            /* GitLab CI */
	{ "images", at_images },
	{ "<<", at_merge },
};

static const struct row *
row_of(const struct finder *f, yaml_ref key)
{
	size_t len;
	const char *k = yaml_value(f->y, key, &len);

	for (size_t i = 0; k && len <= 14 && i < sizeof rows / sizeof *rows; i++)
		if (rows[i].key[0] == *k && strlen(rows[i].key) == len &&
		    !memcmp(rows[i].key, k, len))
			return &rows[i];
	return NULL;
}

static void
scan_map(struct finder *f, yaml_ref map)
{
	for (yaml_ref k = yaml_child(f->y, map); k && !finder_full(f);
	     k = yaml_node(f->y, yaml_node(f->y, k)->next)->next) {
		const struct row *r = row_of(f, k);
		yaml_ref value = yaml_node(f->y, k)->next;
		bool alias = yaml_node(f->y, value)->kind == YAML_ALIAS;

		if (r)
			r->found(f, map, yaml_resolve(f->y, value), alias ? value : 0);
	}
}

void
dialect_scan(struct finder *f)
{
	yaml_ref doc = yaml_node(f->y, f->root)->parent, end = yaml_node(f->y, doc)->next;

	if (!end)
		end = (yaml_ref)yaml_count(f->y);
	for (yaml_ref at = f->root; at < end && !finder_full(f); at++)
		if (yaml_node(f->y, at)->kind == YAML_MAP)
			scan_map(f, at);
}

void
dialect_scan_any(struct finder *f, yaml_ref scalar, yaml_ref user)
{
	struct offer o = { .shape = "path",
		.node = scalar,
		.user = user,
		.owner = yaml_node(f->y, scalar)->parent };
	size_t len;
	const char *v = finder_value(f, scalar, &len);
	struct reference r;

	if (!v)
		return;
	r = reference_parse(v, len);
	if (r.tag.there || r.digest.there) {
		finder_offer_reference(f, scalar, user, o.owner, 0);
		return;
	}
	whole_value(f, &o);
	finder_offer(f, &o);
}
