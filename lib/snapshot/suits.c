/* suits.c - looks for the roles and tablespaces that SQL of pg_restore names. */
#include <string.h>

#include "snapshot/dump.h"
#include "snapshot/store.h"
#include "snapshot/suits.h"

static bool
has_role(const struct pg_rows *roles, const char *role)
{
	for (int i = 0; i < pg_rows_count(roles); i++)
		if (!strcmp(pg_rows_text(roles, i, 0), role))
			return true;
	return false;
}

/* Does SQL say WORDS and then the name QUOTED? */
static bool
says(const char *sql, const char *words, const char *quoted)
{
	size_t n = strlen(words), len = strlen(quoted);

	for (const char *p = sql; (p = strstr(p, words)); p += n)
		if (!strncmp(p + n, quoted, len) && strchr("; ,\n", p[n + len]))
			return true;
	return false;
}

/* Only where the words cannot stand in a string or in the body of a function. */
static bool
names_role(const struct toc_entry *t, const char *role, const char *quoted)
{
	static const char *const grants[] = { "GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES ",
		"SET SESSION AUTHORIZATION " };
	static const char *const before[] = { " TO ", " FROM ", " FOR ROLE ", " AUTHORIZATION " };
	const char *owner = strstr(t->name, "; Owner: ");

	if (owner && !strcmp(owner + strlen("; Owner: "), role) &&
	    says(t->sql, " OWNER TO ", quoted))
		return true;
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		for (size_t k = 0; toc_begins(t->sql, grants[i]) && k < 4; k++)
			if (says(t->sql, before[k], quoted))
				return true;
	return false;
}

int
suits_hint_role(const struct restore *how, struct err *e)
{
	return err_hint(e, how->no_owner ?
	    "--globals makes those that the archive knows; policies cannot do without" :
	    "--globals makes those that the archive knows, --no-owner does without, but for those "
	    "of policies");
}

/* Who a policy is for: a list, between its command and its conditions. */
static bool
is_for_role(const struct toc_entry *t, const char *quoted)
{
	MEM_SCOPE(m);
	const char *end, *sql;

	if (!toc_begins(t->sql, "CREATE POLICY "))
		return false;
	end = strstr(t->sql, " USING (");
	end = end ? end : strstr(t->sql, " WITH CHECK (");
	sql = end ? mem_dup(m, t->sql, (size_t)(end + 1 - t->sql)) : t->sql;
	return says(sql, " TO ", quoted) || (strstr(sql, " TO ") && says(sql, ", ", quoted));
}

static int
check_role(const struct restore *how, const struct toc *toc, const char *role, struct err *e)
{
	MEM_SCOPE(m);
	const char *quoted = pg_quote_name(m, role);

	for (size_t i = 0; i < toc->count; i++) {
		if ((how->no_owner || !names_role(&toc->item[i], role, quoted)) &&
		    !is_for_role(&toc->item[i], quoted))
			continue;
		err_set(e, FAIL_TROUBLE, "no-role", "%s: role \"%s\" does not exist",
		    toc->item[i].name, role);
		return suits_hint_role(how, e);
	}
	return 0;
}

/* Of the roles that the archive knows. */
static int
check_roles(struct pg *pg, const struct restore *how, const struct value *store,
    const struct toc *toc, struct err *e)
{
	MEM_SCOPE(m);
	const struct value *list = value_get(store, "globals");
	struct pg_rows *roles =
	    pg_query(m, pg, e, "SELECT rolname FROM pg_catalog.pg_roles", 0, NULL);

	if (!roles)
		return -1;
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *v = value_item(list, i);
		const char *role = value_get_string(v, "role");

		if (role && !value_get(v, "member") && !has_role(roles, role) &&
		    check_role(how, toc, role, e))
			return -1;
	}
	return 0;
}

int
suits_check(struct pg *pg, const struct restore *how, const struct value *store,
    const struct toc *toc, struct err *e)
{
	return check_roles(pg, how, store, toc, e) || toc_check_tablespaces(pg, toc, e) ? -1 : 0;
}

int
suits_check_dump(struct pg *pg, const struct restore *how, const struct value *store, struct err *e)
{
	static const char *const sections[] = { "pre-data", "post-data" };
	MEM_SCOPE(m);
	int fd = restore_member(m, how->r,
	    store_member(m, value_get_string(store, "name"), "rest.dump"), e);

	for (int i = 0; i < 2; i++) {
		struct toc toc;

		if (fd < 0 || dump_read(m, how, store, fd, sections[i], &toc, e) ||
		    suits_check(pg, how, store, &toc, e))
			return -1;
	}
	return 0;
}
