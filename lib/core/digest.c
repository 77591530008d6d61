/* digest.c - SHA-256 on OpenSSL's EVP. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "core/digest.h"

static void
drop(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static EVP_MD_CTX *
context(struct digest *d)
{
	return (EVP_MD_CTX *)(void *)d;
}

struct digest *
digest_new(struct mem *m)
{
	EVP_MD_CTX *ctx = mem_own(m, mem_must(EVP_MD_CTX_new()), drop);

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	return (struct digest *)(void *)ctx;
}

void
digest_add(struct digest *d, const void *p, size_t len)
{
	EVP_DigestUpdate(context(d), p, len);
}

void
digest_copy(struct digest *to, const struct digest *from)
{
	EVP_MD_CTX_copy_ex(context(to), (const EVP_MD_CTX *)(const void *)from);
}

static char *
to_hex(char *hex, const unsigned char *sum, unsigned n)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < n; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[2 * n] = 0;
	return hex;
}

char *
digest_end(struct digest *d, char hex[DIGEST_HEX])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_DigestFinal_ex(context(d), sum, &n);
	EVP_DigestInit_ex(context(d), EVP_sha256(), NULL);
	return to_hex(hex, sum, n);
}

char *
digest_other(char hex[DIGEST_HEX], const char *algorithm, const void *p, size_t len)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	const EVP_MD *md = EVP_get_digestbyname(algorithm);
	unsigned n = 0;

	*hex = 0;
	/* one that the machine's policy forbids leaves no sum */
	if (md && EVP_MD_size(md) * 2 < DIGEST_HEX && EVP_Digest(p, len, sum, &n, md, NULL))
		to_hex(hex, sum, n);
	return hex;
}

char *
digest_bytes(char hex[DIGEST_HEX], const void *p, size_t len)
{
	MEM_SCOPE(m);
	struct digest *d = digest_new(m);

	digest_add(d, p, len);
	return digest_end(d, hex);
}

int
digest_file(char hex[DIGEST_HEX], const char *path, struct err *e)
{
	MEM_SCOPE(m);
	struct digest *d = digest_new(m);
	char *buf = mem_zero(m, 1, 1 << 16);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", path);
	while ((n = read(fd, buf, 1 << 16)) > 0)
		digest_add(d, buf, (size_t)n);
	if (n < 0)
		err_sys(e, "%s", path);
	close(fd);
	digest_end(d, hex);
	return n < 0 ? -1 : 0;
}
