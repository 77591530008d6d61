/* seal - archives that are encrypted and signed, by gpg or age on PATH. No secret goes through us
 * or through a command line: the programs find their keys themselves, or in a file that is
 * named. */
#ifndef SNAPSHOT_SEAL_H
#define SNAPSHOT_SEAL_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/value.h"

/* What the file of an encrypted archive ends in: ".age" when RECIPIENTS are keys of age ("age1…",
 * "ssh-…"), else ".gpg";
 * "" when there are none. NULL: "usage", they are of both kinds; "not-found", the program is not on
 * PATH. */
const char *seal_suffix(const struct opt_list *recipients, struct err *);
/* FROM, a regular file, to TO, so that only RECIPIENTS can read it. */
int seal_encrypt(const struct opt_list *recipients, int from, int to, struct err *);
/* Is FD, a regular file, encrypted by one of them? */
bool seal_is(int fd);
/* The contrary; IDENTITY: file with the key for age, or NULL. NAME is for messages. ASKING: gpg may
 * ask somebody for what opens the key. "no-key"; FAIL_NO "damaged": it was changed. */
int seal_decrypt(const char *name, int from, const char *identity, bool asking, int to,
    struct err *);

/* The detached signature of FROM by KEY (as gpg names keys) into TO. */
int seal_sign(const char *key, int from, int to, struct err *);
/* Is SIGNATURE a good one of FILE, and, when BY (a fingerprint) is not NULL, by that key? FACTS
 * gets signed_by, the fingerprint. NAME is for messages. FAIL_NO "bad-signature"; FAIL_TROUBLE
 * "no-key": it cannot be told. */
int seal_check(struct mem *, const char *name, const char *signature, const char *file,
    const char *by, struct value *facts, struct err *);

#endif
