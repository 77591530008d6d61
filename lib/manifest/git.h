/* git - the few things that are asked of git, by its own program. */
#ifndef GIT_H
#define GIT_H

#include "core/err.h"
#include "core/mem.h"
#include "core/proc.h"

/* Run git with ARGV ("git", …) in DIR (NULL: here). -1 with its words when it fails. */
int git_run(struct mem *, const char *dir, const char *const *argv, struct proc_result *,
    struct err *);
/* The whole of what git prints, NUL-terminated, in MEM; NULL when it fails. */
char *git_read(struct mem *, const char *const *argv, size_t *len, struct err *);
/* Refuse a file that git does not track, or that differs from the last commit: FAIL_NO "dirty". */
int git_check_clean(struct mem *, const char *file, struct err *);
/* Commit exactly FILES (COUNT, of one repository) with MESSAGE, on a new BRANCH unless it is NULL;
 * what else is staged stays staged. The new commit's name in MEM, or NULL: then the branch is the
 * old one again. */
char *git_commit(struct mem *, const char *const *files, size_t count, const char *branch,
    const char *message, struct err *);

#endif
