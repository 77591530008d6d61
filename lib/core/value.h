/* value - JSON values: the one door to jansson. A value lives as long as the mem it was made in;
 * a value put into another lives on with it. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

struct value;

enum value_kind {
	VALUE_NONE,
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT
};

struct value *value_object(struct mem *);
struct value *value_array(struct mem *);

/* Set KEY of an object. Strings that are not UTF-8 get U+FFFD for the bad bytes. NULL sets
 * nothing. */
void value_set(struct value *object, const char *key, const struct value *);
void value_set_string(struct value *object, const char *key, const char *);
void value_set_text(struct value *object, const char *key, const char *, size_t len);
void value_set_int(struct value *object, const char *key, int64_t);
void value_set_real(struct value *object, const char *key, double);
void value_set_bool(struct value *object, const char *key, bool);
/* Set KEY to a new empty object or array and return it (owned by OBJECT's tree; valid while it
 * lives). */
struct value *value_set_object(struct mem *, struct value *object, const char *key);
struct value *value_set_array(struct mem *, struct value *object, const char *key);

/* Append to an array. */
void value_add(struct value *array, const struct value *);
void value_add_string(struct value *array, const char *);
struct value *value_add_object(struct mem *, struct value *array);

/* Parse one JSON text that must be the whole of TEXT. Numbers too big for 64 bits become reals. */
struct value *value_parse(struct mem *, const char *text, size_t len, struct err *);
/* Parse the first JSON value of TEXT; *USED tells how many bytes it took. */
struct value *value_parse_first(struct mem *, const char *text, size_t len, size_t *used,
    struct err *);
/* The compact text, one line without a newline, in MEM. indent > 0 pretty-prints. */
char *value_text(struct mem *, const struct value *, int indent);
/* Keep a value beyond the mem it came from. */
const struct value *value_keep(struct mem *, const struct value *);

/* Readers accept NULL and a value of another kind, and then return NULL, 0, false, or the
 * fallback. */
enum value_kind value_kind(const struct value *);
const struct value *value_get(const struct value *object, const char *key);
/* Walk nested objects by keys parted by dots: value_at(r, "result.snapshot.path"). */
const struct value *value_at(const struct value *object, const char *dotted);
const char *value_string(const struct value *);
const char *value_get_string(const struct value *object, const char *key);
int64_t value_int(const struct value *, int64_t fallback);
int64_t value_get_int(const struct value *object, const char *key, int64_t fallback);
double value_real(const struct value *, double fallback);
bool value_bool(const struct value *);
size_t value_count(const struct value *);                       /* of an array or an object */
const struct value *value_item(const struct value *array, size_t i);
bool value_equal(const struct value *, const struct value *);

/* for (void *at = value_first(o); at; at = value_next(o, at)): all members in their order. */
void *value_first(const struct value *object);
void *value_next(const struct value *object, void *at);
const char *value_key(void *at);
const struct value *value_member(void *at);
/* Is IS true of V, or of anything inside it? Asked in their order, with ARG, until it is. */
bool value_any(const struct value *, bool (*is)(const struct value *, void *arg), void *arg);

#endif
