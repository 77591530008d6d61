/* seal.c - command lines of gpg and age, and what they answer. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/proc.h"
#include "snapshot/seal.h"

static const char age_mark[] = "age-encryption.org/";

/* A program that encrypts. */
static const struct program {
	const char *name, *suffix;
	const char *encrypt[8];         /* recipients follow, each after TO */
	const char *to;
} programs[] = {
	{ "age", ".age", { "age", "--encrypt" }, "--recipient" },
	/* who is named here is meant, also when nobody has signed his key */
	{ "gpg", ".gpg",
	    { "gpg", "--batch", "--quiet", "--no-tty", "--trust-model=always",
		"--compress-algo=none", "--encrypt" },
	    "--recipient" },
};

static const struct program *
program_for(const char *recipient)
{
	return &programs[strncmp(recipient, "age1", 4) != 0 && strncmp(recipient, "ssh-", 4) != 0];
}

static int
must_be_there(const char *program, const char *why, struct err *e)
{
	if (proc_on_path(program))
		return 0;
	err_set(e, FAIL_TROUBLE, "not-found", "%s needs %s, which is not on PATH", why, program);
	return err_hint(e, "apt-get install %s", strcmp(program, "gpg") ? program : "gnupg");
}

const char *
seal_suffix(const struct opt_list *recipients, struct err *e)
{
	const struct program *p;

	if (!recipients->count)
		return "";
	p = program_for(recipients->item[0]);
	for (size_t i = 0; i < recipients->count; i++) {
		if (!*recipients->item[i] || *recipients->item[i] == '-') {
			err_set(e, FAIL_TROUBLE, "usage", "--encrypt-to: '%s' names nobody",
			    recipients->item[i]);
			return NULL;
		}
		if (program_for(recipients->item[i]) == p)
			continue;
		err_set(e, FAIL_TROUBLE, "usage",
		    "--encrypt-to names keys of age and of gpg: an archive is encrypted once");
		return NULL;
	}
	return must_be_there(p->name, "--encrypt-to", e) ? NULL : p->suffix;
}

/* Run ARGV from FROM to TO; what it says goes into the error. */
static int
run(const char *const *argv, int from, int to, const char *what, struct err *e)
{
	MEM_SCOPE(m);
	struct proc_spec spec = { .argv = argv, .in = from, .out = to, .errfd = -1 };
	struct proc_result r;

	if (lseek(from, 0, SEEK_SET) < 0 || lseek(to, 0, SEEK_SET) < 0)
		return err_sys(e, "%s", what);
	if (proc_run(m, &spec, &r, e))
		return -1;
	if (!r.status)
		return 0;
	while (r.output_len && r.output[r.output_len - 1] == '\n')
		r.output[--r.output_len] = 0;
	return err_set(e, FAIL_TROUBLE, strstr(r.output, "o space left") ? "no-space" : argv[0],
	    "%s: %s ended with %s %d: %s", what, argv[0], r.signal ? "signal" : "exit status",
	    r.signal ? r.signal : r.status, r.output_len ? r.output : "without a word");
}

int
seal_encrypt(const struct opt_list *recipients, int from, int to, struct err *e)
{
	MEM_SCOPE(m);
	const struct program *p = program_for(recipients->item[0]);
	const char **argv = mem_zero(m,
	    sizeof p->encrypt / sizeof *p->encrypt + 2 * recipients->count + 1, sizeof *argv);
	size_t n = 0;

	while (p->encrypt[n]) {
		argv[n] = p->encrypt[n];
		n++;
	}
	for (size_t i = 0; i < recipients->count; i++) {
		argv[n++] = p->to;
		argv[n++] = recipients->item[i];
	}
	return run(argv, from, to, "encryption", e);
}

/* The program whose file FD is; NULL: it is none of theirs. */
static const struct program *
program_of(int fd)
{
	unsigned char head[sizeof age_mark] = "";

	if (pread(fd, head, sizeof head, 0) < 4)
		return NULL;
	if (!memcmp(head, age_mark, sizeof age_mark - 1))
		return &programs[0];
	/* OpenPGP (RFC 4880, 4.2): a packet with a session key for somebody, in the old or the new
	 * form */
	return head[0] == 0x84 || head[0] == 0x85 || head[0] == 0xc1 ? &programs[1] : NULL;
}

bool
seal_is(int fd)
{
	return program_of(fd) != NULL;
}

/* They tell what was changed since by these words. */
static bool
is_damage(const char *said)
{
	static const char *const words[] = { "has been manipulated", "encrypted_mdc packet",
		"payload chunk", "unexpected EOF", "header MAC" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(said, words[i]))
			return true;
	return false;
}

int
seal_decrypt(const char *name, int from, const char *identity, bool asking, int to, struct err *e)
{
	const char *const gpg[] = { "gpg", "--batch", "--quiet", "--no-tty",
		asking ? "--pinentry-mode=default" : "--pinentry-mode=error", "--decrypt", NULL };
	const char *const age[] = { "age", "--decrypt", "--identity", identity, NULL };
	const struct program *p = program_of(from);
	bool by_age = p == &programs[0];

	if (must_be_there(p->name, name, e))
		return -1;
	if (by_age && !identity) {
		err_set(e, FAIL_TROUBLE, "no-key", "%s: it is encrypted by age", name);
		return err_hint(e, "name the file with your key by --identity");
	}
	if (!by_age && identity) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "%s: it is encrypted by gpg, which takes no --identity", name);
		return err_hint(e, "import the key into the keyring that GNUPGHOME names");
	}
	if (!run(by_age ? age : gpg, from, to, name, e))
		return 0;
	if (strstr(e->text, "o secret key") || strstr(e->text, "no identity matched"))
		memcpy(e->word, "no-key", sizeof "no-key");
	return !is_damage(e->text) ? -1 :
	    err_set(e, FAIL_NO, "damaged", "%s: it was changed since it was encrypted: %s says so",
		name, p->name);
}

int
seal_sign(const char *key, int from, int to, struct err *e)
{
	const char *const argv[] = { "gpg", "--batch", "--quiet", "--no-tty", "--local-user", key,
		"--detach-sign", NULL };

	return must_be_there("gpg", "--sign", e) ? -1 : run(argv, from, to, "signature", e);
}

/* The words after "[GNUPG:] NAME " in gpg's status, up to the end of the line; NULL: it did not say
 * that. */
static char *
status(struct mem *m, const char *out, const char *name)
{
	const char *mark = mem_fmt(m, "[GNUPG:] %s", name), *p = strstr(out, mark);

	return p ? mem_dup(m, p + strlen(mark), strcspn(p + strlen(mark), "\n")) : NULL;
}

/* Does the fingerprint FULL end in WANTED, which is at least a long key id? */
static bool
is_key(const char *full, size_t len, const char *wanted)
{
	size_t n = strlen(wanted);

	return n >= 16 && n <= len && !strncasecmp(full + len - n, wanted, n);
}

int
seal_check(struct mem *m, const char *name, const char *signature, const char *file, const char *by,
    struct value *facts, struct err *e)
{
	const char *const argv[] = { "gpg", "--batch", "--no-tty", "--status-fd=1", "--verify",
		"--", signature, file, NULL };
	struct proc_spec spec = { .argv = argv, .in = -1, .out = -1, .errfd = -1 };
	struct proc_result r;
	const char *valid, *primary;

	if (must_be_there("gpg", "its signature", e) || proc_run(m, &spec, &r, e))
		return -1;
	if (status(m, r.out, "NO_PUBKEY")) {
		err_set(e, FAIL_TROUBLE, "no-key",
		    "%s: its signature is made by the key%s, which gpg does not know", name,
		    status(m, r.out, "NO_PUBKEY"));
		return err_hint(e, "gpg --import FILE");
	}
	valid = status(m, r.out, "VALIDSIG ");
	if (!valid || r.status || status(m, r.out, "EXPKEYSIG") || status(m, r.out, "REVKEYSIG") ||
	    status(m, r.out, "EXPSIG"))
		return err_set(e, FAIL_NO, "bad-signature", "%s: its signature is not a good one%s",
		    name, valid ? ": its key is revoked, or has expired" : "");
	primary = strrchr(valid, ' ') ? strrchr(valid, ' ') + 1 : valid;
	value_set_string(facts, "signed_by", primary);
	if (!by || is_key(valid, strcspn(valid, " "), by) || is_key(primary, strlen(primary), by))
		return 0;
	return err_set(e, FAIL_NO, "bad-signature", "%s: it is signed by %s, not by %s", name,
	    primary, by);
}
