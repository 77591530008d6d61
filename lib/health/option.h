/* option - the options that belong to one target, as one list: the program's table, the check of
 * what belongs where and the manual all follow from it. */
#ifndef HEALTH_OPTION_H
#define HEALTH_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"

/* id, name, placeholder (NULL: takes none; in brackets: may be left out), help */
#define OPTION_LIST(X)                                                                           \
	X(ATTEMPT_TIMEOUT, "attempt-timeout", "duration",                                        \
	    "end one attempt after this long (default 3s)")                                      \
	X(CONSECUTIVE, "consecutive", "n", "good only after n good attempts in a row")           \
	X(EXPECT_STATUS, "expect-status", "code[,code]",                                         \
	    "good HTTP statuses: 200,204,3xx (default 2xx)")                                     \
	X(EXPECT_JSON, "expect-json", "path[op value]",                                          \
	    "the JSON body holds path, comparing so with value")                                 \
	X(EXPECT_VERSION, "expect-version", "[[path=]version]",                                  \
	    "the answer names this version, by default the one "                                 \
	    "that manifest-bump set")                                                            \
	X(EXPECT_BODY, "expect-body", "regex", "the body, or a command's output, matches")       \
	X(EXPECT_HEADER, "expect-header", "name[: regex]", "the answer has this header")         \
	X(EXPECT_ADDRESS, "expect-address", "address",                                           \
	    "a dns target resolves to this address, too")                                        \
	X(EXPECT_EXIT, "expect-exit", "n[,n]", "good exit statuses of a command (default 0)")    \
	X(EXPECT_ROW, "expect-row", "text", "first row of --sql, its columns parted by |")       \
	X(EACH_ADDRESS, "each-address", NULL, "good only when every resolved address is")        \
	X(METHOD, "method", "word", "HTTP method (default GET)")                                 \
	X(HEAD, "head", NULL, "ask with HEAD")                                                   \
	X(BODY, "body", "text", "send this body; POST unless --method says else")                \
	X(HEADER, "header", "name: value", "send this header, too")                              \
	X(FOLLOW, "follow", NULL, "follow up to 10 redirects")                                   \
	X(CACERT, "cacert", "file", "trust the authorities in file, no others")                  \
	X(CERT, "cert", "file", "client certificate")                                            \
	X(KEY, "key", "file", "key of the client certificate")                                   \
	X(INSECURE, "insecure", NULL, "do not verify the server's certificate")                  \
	X(SQL, "sql", "query", "ask a Postgres target this in place of SELECT 1")                \
	X(ROLE, "role", "primary|standby", "what a Postgres target must be")                     \
	X(MAX_LAG, "max-lag", "size|duration", "a standby is behind by no more than 16MB or 5s") \
	X(REPLICAS, "replicas", "n", "a primary streams to at least n standbys")

enum option {
#define OPTION_ID(id, name, arg, help) OPTION_##id,
	OPTION_LIST(OPTION_ID)
#undef OPTION_ID
	OPTION_COUNT
};

/* For a kind's set of the options that it takes. */
#define OPTION_BIT(id) (UINT64_C(1) << OPTION_##id)
/* Those that every kind takes. */
#define OPTION_ALWAYS (OPTION_BIT(ATTEMPT_TIMEOUT) | OPTION_BIT(CONSECUTIVE))

/* What one target's options say. */
struct want {
	double attempt_timeout;
	int consecutive;
	struct opt_list status, exits;          /* checked lists as given */
	struct opt_list headers, addresses;
	struct opt_list expect_headers, expect_bodies;
	struct expect_json **json;              /* NULL-ended; NULL: none */
	size_t json_count, json_room;
	bool version_asked;
	/* NULL: /version of a JSON object, else the whole body */
	struct expect_json *version_path;
	const char *version;                    /* NULL: that of the newest manifest-bump record */
	const char *method, *body, *cacert, *cert, *key;
	bool head, follow, insecure, each_address;
	const char *sql, *row, *role;
	double max_lag_seconds;                 /* < 0: not asked */
	int64_t max_lag_bytes;                  /* < 0: not asked */
	int replicas;
};

void option_init(struct want *);
const char *option_name(enum option);
/* By NAME without dashes; OPTION_COUNT when there is none. */
enum option option_by_name(const char *name);
bool option_takes_value(enum option);
/* Set one option from ARG (NULL for none); what is kept lives in MEM. -1: misuse. */
int option_set(struct mem *, struct want *, enum option, const char *arg, struct err *);

#endif
