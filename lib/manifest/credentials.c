/* credentials.c - docker's config.json and its credential helpers. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/proc.h"
#include "core/secret.h"
#include "core/value.h"
#include "manifest/credentials.h"

enum { HELPER_SECONDS = 30 };

static char *
base64(struct mem *m, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct mem_text t = { .m = m };

	for (size_t n = strlen(text); n; n -= n < 3 ? n : 3, text += 3) {
		unsigned long v = (unsigned long)(unsigned char)text[0] << 16;

		v |= n > 1 ? (unsigned long)(unsigned char)text[1] << 8 : 0;
		v |= n > 2 ? (unsigned long)(unsigned char)text[2] : 0;
		mem_text_fmt(&t, "%c%c%c%c", digits[v >> 18], digits[v >> 12 & 63],
		    n > 1 ? digits[v >> 6 & 63] : '=', n > 2 ? digits[v & 63] : '=');
		if (n < 3)
			break;
	}
	return t.text;
}

static char *
unbase64(struct mem *m, const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct mem_text t = { .m = m };
	unsigned long v = 0;
	int bits = 0;

	mem_text_add(&t, "", 0);
	for (const char *d; *text && (d = strchr(digits, *text)); text++) {
		v = v << 6 | (unsigned long)(d - digits);
		if ((bits += 6) >= 8) {
			char c = (char)(v >> (bits -= 8) & 0xff);

			mem_text_add(&t, &c, 1);
		}
	}
	return t.text;
}

static const struct value *
read_config(struct mem *m)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
	const char *path = dir ? mem_fmt(m, "%s/config.json", dir) :
	    mem_fmt(m, "%s/.docker/config.json", home ? home : "");
	struct err ignored;
	size_t len;
	char *text = io_read_file(m, path, 1 << 20, &len, &ignored);

	return text ? value_parse(m, text, len, &ignored) : NULL;
}

static void
read_auth(struct mem *m, const struct value *auth, struct credentials *c)
{
	const char *both = value_get_string(auth, "auth");
	char *text = both ? unbase64(m, both) : NULL, *colon = text ? strchr(text, ':') : NULL;

	c->identity = value_get_string(auth, "identitytoken");
	if (!colon)
		return;
	*colon = 0;
	c->user = text;
	c->password = colon + 1;
}

/* Run docker-credential-NAME get, the key on its standard input; its answer never leaves the pipe.
 * OUTPUT: NULL when it has none for the key. */
static int
run_helper(struct mem *m, const char *name, const char *key, struct proc_result *r, struct err *e)
{
	const char *const argv[] = { mem_fmt(m, "docker-credential-%s", name), "get", NULL };
	struct proc_spec spec = { .argv = argv, .out = -1, .errfd = -1, .timeout = HELPER_SECONDS };
	int ends[2], bad;

	if (strchr(name, '/'))
		return err_set(e, FAIL_TROUBLE, "credential-helper",
		    "docker's config.json: %s is no helper", name);
	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "pipe");
	/* a host's name fits into any pipe */
	bad = io_write_all(ends[1], key, strlen(key)) ? err_sys(e, "pipe") : 0;
	close(ends[1]);
	spec.in = ends[0];
	bad = bad || proc_run(m, &spec, r, e);
	close(ends[0]);
	if (!bad)
		return 0;
	if (!strcmp(e->word, "cancelled"))
		return -1;
	snprintf(e->word, sizeof e->word, "credential-helper");
	return err_hint(e,
	    "docker's config.json names it: install it, or set HANDRAIL_REGISTRY_USER and "
	    "HANDRAIL_REGISTRY_PASSWORD");
}

static int
ask_helper(struct mem *m, const char *name, const char *key, struct credentials *c, struct err *e)
{
	struct proc_result r;
	const struct value *v;
	const char *user, *secret;

	if (run_helper(m, name, key, &r, e))
		return -1;
	if (r.status) {
		/* its way to say that there are none */
		if (r.out && strstr(r.out, "credentials not found"))
			return 0;
		return err_set(e, FAIL_TROUBLE, "credential-helper",
		    "docker-credential-%s get: %s (%d)", name,
		    r.timed_out ? "took too long" : "failed", r.status);
	}
	v = value_parse(m, r.out, r.out_len, e);
	user = value_get_string(v, "Username");
	secret = value_get_string(v, "Secret");
	if (!user || !secret)
		return err_set(e, FAIL_TROUBLE, "credential-helper",
		    "docker-credential-%s get: the answer holds no Username and Secret", name);
	if (!strcmp(user, "<token>"))
		c->identity = secret;
	else
		c->user = user, c->password = secret;
	return 0;
}

static int
find_in_docker_config(struct mem *m, const char *host, struct credentials *c, struct err *e)
{
	static const char hub[] = "https://index.docker.io/v1/";
	bool is_hub = !strcmp(host, "docker.io");
	const char *keys[] = { is_hub ? hub : host, is_hub ? host : mem_fmt(m, "https://%s", host),
		mem_fmt(m, "https://%s/v1/", host) };
	const struct value *config = read_config(m), *helpers = value_get(config, "credHelpers");
	const char *helper = NULL;

	for (size_t i = 0; !helper && i < sizeof keys / sizeof *keys; i++)
		helper = value_get_string(helpers, keys[i]);
	if (!helper)
		helper = value_get_string(config, "credsStore");
	if (helper && *helper && ask_helper(m, helper, keys[0], c, e))
		return -1;
	for (size_t i = 0; !c->user && !c->identity && i < sizeof keys / sizeof *keys; i++)
		read_auth(m, value_get(value_get(config, "auths"), keys[i]), c);
	return 0;
}

int
credentials_find(struct mem *m, const char *host, struct credentials *c, struct err *e)
{
	*c = (struct credentials){ .user = getenv("HANDRAIL_REGISTRY_USER"),
		.password = getenv("HANDRAIL_REGISTRY_PASSWORD") };
	if (!c->user || !c->password) {
		*c = (struct credentials){ 0 };
		if (find_in_docker_config(m, host, c, e))
			return -1;
	}
	if (c->password)
		secret_add(c->password);
	if (c->identity)
		secret_add(c->identity);
	return 0;
}

const char *
credentials_basic(struct mem *m, const struct credentials *c)
{
	char *both = base64(m, mem_fmt(m, "%s:%s", c->user, c->password));

	secret_add(both);
	return both;
}
