/* digest.c - SHA-256 and older sums on nettle, which starts at once (libcrypto costs each start 4
 * ms). */
#include <fcntl.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/stop.h"

struct digest {
	struct sha256_ctx sum;
};

struct digest *
digest_new(struct mem *m)
{
	struct digest *d = mem_zero(m, 1, sizeof *d);

	sha256_init(&d->sum);
	return d;
}

void
digest_add(struct digest *d, const void *p, size_t len)
{
	sha256_update(&d->sum, len, p);
}

void
digest_copy(struct digest *to, const struct digest *from)
{
	*to = *from;
}

static char *
to_hex(char *hex, const unsigned char *sum, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[2 * n] = 0;
	return hex;
}

char *
digest_end(struct digest *d, char hex[DIGEST_HEX])
{
	unsigned char sum[SHA256_DIGEST_SIZE];

	sha256_digest(&d->sum, sizeof sum, sum);
	return to_hex(hex, sum, sizeof sum);
}

char *
digest_other(char hex[DIGEST_HEX], const char *algorithm, const void *p, size_t len)
{
	MEM_SCOPE(m);
	const struct nettle_hash *h = nettle_lookup_hash(algorithm);
	unsigned char sum[SHA256_DIGEST_SIZE];
	void *context;

	*hex = 0;
	if (!h || h->digest_size > sizeof sum)
		return hex;
	context = mem_zero(m, 1, h->context_size);
	h->init(context);
	h->update(context, len, p);
	h->digest(context, h->digest_size, sum);
	return to_hex(hex, sum, h->digest_size);
}

char *
digest_bytes(char hex[DIGEST_HEX], const void *p, size_t len)
{
	struct digest d;

	sha256_init(&d.sum);
	digest_add(&d, p, len);
	return digest_end(&d, hex);
}

int
digest_file(char hex[DIGEST_HEX], const char *path, struct err *e)
{
	MEM_SCOPE(m);
	struct digest *d = digest_new(m);
	char *buf = mem_zero(m, 1, 1 << 16);
	int fd = open(path, O_RDONLY | O_CLOEXEC), stopped;
	ssize_t n = 0;

	if (fd < 0)
		return err_sys(e, "%s", path);
	while (!(stopped = stop_check(e)) && (n = read(fd, buf, 1 << 16)) > 0)
		digest_add(d, buf, (size_t)n);
	if (n < 0)
		err_sys(e, "%s", path);
	close(fd);
	digest_end(d, hex);
	return stopped || n < 0 ? -1 : 0;
}
