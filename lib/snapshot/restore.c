/* restore.c - finds what is to be restored. */
#include <string.h>

#include "snapshot/restore.h"

/* The store NAME (NULL: the only one) of KIND. */
static const struct value *
find(const struct reader *r, const char *kind, const char *name, struct err *e)
{
	const struct value *stores = value_get(reader_manifest(r), "stores"), *found = NULL;
	MEM_SCOPE(m);
	struct mem_text names = { .m = m };

	mem_text_fmt(&names, "%s", "");
	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *v = value_item(stores, i);
		const char *is = value_get_string(v, "name"),
			   *its_kind = value_get_string(v, "kind");

		if (!is || !its_kind || strcmp(its_kind, kind))
			continue;
		mem_text_fmt(&names, "%s%s", names.len ? ", " : "", is);
		if (!name && found) {
			found = NULL;
			name = "";
		} else if (!name || !strcmp(is, name)) {
			found = v;
		}
	}
	if (found)
		return found;
	err_set(e, FAIL_TROUBLE, "no-store", "%s: %s %s%s%s", reader_name(r),
	    name && *name ? "it has no" :
		names.len ? "name one of its stores: more than one is a" :
			    "it has no",
	    kind, name && *name ? " called " : "", name ? name : "");
	err_hint(e, "%s: %s", kind, names.len ? names.text : "there is none");
	return NULL;
}

int
restore_check_only(const struct restore *how, struct err *e)
{
	const struct value *stores = value_get(reader_manifest(how->r), "stores");

	for (size_t i = 0, k; i < how->only.count; i++) {
		for (k = 0; k < value_count(stores); k++)
			if (!strcmp(how->only.item[i],
				value_get_string(value_item(stores, k), "name")))
				break;
		if (k < value_count(stores))
			continue;
		err_set(e, FAIL_TROUBLE, "no-store", "%s: it has no store called %s",
		    reader_name(how->r), how->only.item[i]);
		return err_hint(e, "snapshot-restore --list tells what it has");
	}
	return 0;
}

/* The record's object for STORE, added to LIST. */
static struct value *
note(struct mem *m, struct value *list, const struct value *store)
{
	struct value *v = value_add_object(m, list);

	value_set(v, "name", value_get(store, "name"));
	value_set(v, "kind", value_get(store, "kind"));
	return v;
}

static bool
wanted(const struct restore *how, const struct value *store)
{
	for (size_t i = 0; i < how->only.count; i++)
		if (!strcmp(how->only.item[i], value_get_string(store, "name")))
			return true;
	return !how->only.count;
}

int
restore_pick(struct mem *m, const struct restore *how, const char *kind, const char *name,
    struct value *list, const struct value **store, struct value **facts, struct err *e)
{
	if (!(*store = find(how->r, kind, name, e)))
		return -1;
	if (wanted(how, *store))
		*facts = note(m, list, *store);
	else
		*store = NULL;
	return 0;
}

void
restore_list(struct mem *m, const struct restore *how, struct value *list)
{
	const struct value *stores = value_get(reader_manifest(how->r), "stores");

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *store = value_item(stores, i),
				   *tables = value_get(store, "tables");
		struct value *out = value_set_array(m, note(m, list, store), "tables");

		how->say(how->arg,
		    mem_fmt(m, "%s %s", value_get_string(store, "kind"),
			value_get_string(store, "name")));
		for (size_t k = 0; k < value_count(tables); k++) {
			const struct value *table = value_item(tables, k);
			struct value *o = value_add_object(m, out);

			value_set(o, "name", value_get(table, "name"));
			value_set(o, "rows", value_get(table, "rows"));
			if (value_bool(value_get(table, "left_out"))) {
				value_set_bool(o, "left_out", true);
				how->say(how->arg, mem_fmt(m, "  %s without its rows",
				    value_get_string(table, "name")));
				continue;
			}
			how->say(how->arg,
			    mem_fmt(m, "  %s %lld rows", value_get_string(table, "name"),
				(long long)value_get_int(table, "rows", 0)));
		}
	}
}
