/* expect - assertions on what a target answered: paths into JSON, comparisons without coercion,
 * versions, regexes. */
#ifndef HEALTH_EXPECT_H
#define HEALTH_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

struct expect_json;

/* "PATH" (it is there) or "PATH OP VALUE"; PATH is /a/b/0 (RFC 6901), .a.b[0] or $.a['b'][0]
 * (singular queries of RFC 9535), OP one of = != ~ !~ < <= > >=. VALUE is JSON when it parses as
 * JSON, else a string. NULL: error. */
struct expect_json *expect_json_parse(struct mem *, const char *text, struct err *);
/* Does BODY fulfil it? False: WHY (of SIZE) says what was there instead. */
bool expect_json_holds(const struct expect_json *, const struct value *body, char *why,
    size_t size);
/* The value at PATH alone, or NULL. */
const struct value *expect_json_find(const struct expect_json *, const struct value *body);

/* Compile only, to find misuse early. */
int expect_regex_check(const char *regex, struct err *);
/* Does a line of TEXT (LEN bytes, and a NUL behind them) match the extended regex? */
bool expect_regex_matches(const char *regex, const char *text, size_t len);

/* "200,204,3xx": is N in the list? */
bool expect_code_in(const char *list, int n);
/* Well-formed: numbers, and with WILD digits that end in xx. */
bool expect_codes_valid(const char *list, bool wild);

/* Is GOT the version WANT? A leading v of either is ignored. FLOATING: WANT is an image tag; of
 * "6-alpine" counts what stands before the variant, and 6 stands for each 6.x. */
bool expect_version_same(const char *got, const char *want, bool floating);

#endif
