/* archive.c - what is done with an archive between its last byte and its name. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/proc.h"
#include "snapshot/archive.h"
#include "snapshot/prove.h"
#include "snapshot/seal.h"
#include "snapshot/spool.h"
#include "snapshot/upload.h"

/* The file FD by a name under which it can be opened anew. */
static char *
path_of(struct mem *m, int fd)
{
	return mem_fmt(m, "/proc/self/fd/%d", fd);
}

int
archive_check(const struct archive_how *how, struct err *e)
{
	if (!seal_suffix(&how->encrypt_to, e))
		return -1;
	if (how->identity && strcmp(seal_suffix(&how->encrypt_to, e), ".age"))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--identity is for what age encrypts: --encrypt-to age1...");
	if (how->sign && how->output && !strcmp(how->output, "-"))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--sign makes a file beside the archive: standard output has none");
	if (!how->sign || proc_on_path("gpg"))
		return 0;
	err_set(e, FAIL_TROUBLE, "not-found", "--sign needs gpg, which is not on PATH");
	return err_hint(e, "apt-get install gnupg");
}

int
archive_choose(struct mem *m, const struct archive_how *how, struct archive *a, struct err *e)
{
	*a = (struct archive){ .how = how };
	a->place = place_choose(m, how->output, how->name, seal_suffix(&how->encrypt_to, e), e);
	return a->place ? 0 : -1;
}

int
archive_begin(struct mem *m, struct archive *a, struct err *e)
{
	int fd;

	if (place_begin(a->place, e))
		return -1;
	/* what is not encrypted yet lies in a file without a name: a killed run leaves nothing to
	 * read */
	fd = a->how->encrypt_to.count ? spool_open(m, place_directory(a->place), e) :
					place_fd(a->place);
	if (fd < 0)
		return -1;
	a->writer = writer_begin(m, fd, place_name(a->place), a->how->level, a->how->rate, e);
	return a->writer ? 0 : -1;
}

/* Read the finished archive back from the disk and prove it. */
static int
verify(const struct archive *a, struct value *result, struct err *e)
{
	MEM_SCOPE(m);
	struct reader *r;

	value_set_bool(result, "verified", false);
	if (a->how->no_verify)
		return 0;
	r = reader_open(m, path_of(m, writer_fd(a->writer)), place_name(a->place), e);
	if (!r || prove_archive(r, a->how->jobs, e)) {
		if (strcmp(e->word, "damaged"))
			return -1;
		e->code = FAIL_TROUBLE;
		return err_hint(e,
		    "what was read back is not what was written: look at the disk and the memory");
	}
	value_set_bool(result, "verified", true);
	return 0;
}

/* Encrypted, into its place. */
static int
encrypt(struct mem *m, const struct archive *a, char sum[DIGEST_HEX], struct value *result,
    struct err *e)
{
	int fd = place_fd(a->place);
	struct value *v = value_set_array(m, result, "encrypted_to");

	if (seal_encrypt(&a->how->encrypt_to, writer_fd(a->writer), fd, e))
		return -1;
	for (size_t i = 0; i < a->how->encrypt_to.count; i++)
		value_add_string(v, a->how->encrypt_to.item[i]);
	if (fsync(fd))
		return err_sys(e, "%s: fsync", place_name(a->place));
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return digest_file(sum, path_of(m, fd), e);
}

/* What lies there can be read again, and is what was encrypted, whose sum is PLAIN; where the key
 * is here and opens without a word. */
static int
decrypt(const struct archive *a, const char *plain, struct value *result, struct err *e)
{
	MEM_SCOPE(m);
	const char *identity = a->how->identity;
	bool able = identity || strcmp(seal_suffix(&a->how->encrypt_to, e), ".age");
	int fd = able ? spool_open(m, place_directory(a->place), e) : 0;
	char sum[DIGEST_HEX];

	value_set_bool(result, "decrypted", false);
	if (fd < 0)
		return -1;
	if (!able)
		return 0;
	if (seal_decrypt(place_name(a->place), place_fd(a->place), identity, false, fd, e)) {
		e->code = FAIL_TROUBLE;
		return identity || strcmp(e->word, "no-key") ? -1 : 0;
	}
	if (digest_file(sum, path_of(m, fd), e))
		return -1;
	if (strcmp(sum, plain))
		return err_set(e, FAIL_TROUBLE, "damaged",
		    "%s: what is decrypted is not what was encrypted", place_name(a->place));
	value_set_bool(result, "decrypted", true);
	return 0;
}

static int
sign(struct mem *m, const struct archive *a, int *signature, struct value *result, struct err *e)
{
	*signature = -1;
	if (!a->how->sign)
		return 0;
	if ((*signature = spool_open(m, place_directory(a->place), e)) < 0 ||
	    seal_sign(a->how->sign, place_fd(a->place), *signature, e))
		return -1;
	value_set_string(result, "signature", mem_fmt(m, "%s.sig", place_name(a->place)));
	return 0;
}

static void
add_all(struct value *to, const struct value *from)
{
	for (void *at = value_first(from); at; at = value_next(from, at))
		value_set(to, value_key(at), value_member(at));
}

int
archive_end(struct mem *m, struct archive *a, struct value *result, struct err *e)
{
	/* an archive that is nowhere is not recorded */
	struct value *all = value_object(m);
	int64_t raw, packed;
	char sum[DIGEST_HEX], plain[DIGEST_HEX];
	struct stat st;
	int signature;

	if (verify(a, result, e))
		return -1;
	writer_sum(a->writer, sum);
	memcpy(plain, sum, sizeof plain);
	if (a->how->encrypt_to.count && (encrypt(m, a, sum, result, e) ||
	    ((a->how->identity || !a->how->no_verify) && decrypt(a, plain, result, e))))
		return -1;
	if (fstat(place_fd(a->place), &st))
		return err_sys(e, "%s", place_name(a->place));
	if (sign(m, a, &signature, result, e))
		return -1;
	writer_progress(a->writer, &raw, &packed);
	add_all(all, result);
	value_set_string(all, "archive", place_name(a->place));
	value_set_string(all, "sha256", sum);
	value_set_int(all, "size", st.st_size);
	value_set_int(all, "raw_size", raw);
	value_set_int(all, "format", FORMAT_VERSION);
	if (place_deliver(a->place, signature, all, e))
		return -1;
	add_all(result, all);
	return 0;
}

int
archive_resume(struct mem *m, const char *path, struct value *result, struct err *e)
{
	const struct value *all = upload_resume(m, path, e);

	if (all)
		add_all(result, all);
	return all ? 0 : -1;
}
