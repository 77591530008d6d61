/* sql.c - what a statement is, by its parse tree. */
#include <pg_query.h>
#include <string.h>
#include <strings.h>

#include "pg/sql_private.h"

enum { WORDS_SEE = 200 };       /* bytes of a statement that sql_kind_by_words reads for sure */

static void
drop(void *p)
{
	PgQueryParseResult *r = p;

	pg_query_free_parse_result(*r);
}

const struct value *
sql_tree(struct mem *m, const char *statement, size_t len, int *position, struct err *e)
{
	PgQueryParseResult *r = mem_zero(m, 1, sizeof *r);
	const struct value *tree;

	if (position)
		*position = 0;
	*r = pg_query_parse(mem_dup(m, statement, len));
	mem_own(m, r, drop);
	if (r->error) {
		if (position)
			*position = r->error->cursorpos;
		err_set(e, FAIL_TROUBLE, "bad-input", "%s", r->error->message);
		return NULL;
	}
	if (!(tree = value_parse(m, r->parse_tree, strlen(r->parse_tree), e)))
		return NULL;
	tree = value_get(value_item(value_get(tree, "stmts"), 0), "stmt");
	if (!tree)
		err_set(e, FAIL_TROUBLE, "bad-input", "no statement");
	return tree;
}

const struct value *
sql_plpgsql(struct mem *m, const char *statement, size_t len, struct err *e)
{
	PgQueryPlpgsqlParseResult r = pg_query_parse_plpgsql(mem_dup(m, statement, len));
	const struct value *list = NULL;

	if (r.error)
		err_set(e, FAIL_TROUBLE, "bad-input", "%s", r.error->message);
	else
		list = value_parse(m, r.plpgsql_funcs, strlen(r.plpgsql_funcs), e);
	pg_query_free_plpgsql_parse_result(r);
	return list;
}

/* The option NAME of a list of DefElem, or NULL. */
static const struct value *
option(const struct value *list, const char *name)
{
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *o = value_get(value_item(list, i), "DefElem");
		const char *is = value_get_string(o, "defname");

		if (is && !strcasecmp(is, name))
			return o;
	}
	return NULL;
}

/* Is option NAME there, and false? Its value may come as a word, a string or a number. */
static bool
is_off(const struct value *list, const char *name)
{
	const struct value *arg = value_get(option(list, name), "arg");
	const char *text = value_string(value_at(arg, "String.sval"));
	const struct value *number = value_get(arg, "Integer"),
			   *names = value_at(arg, "TypeName.names");

	if (!text)
		text = value_string(value_at(value_item(names, 0), "String.sval"));
	if (text)
		return !strcasecmp(text, "false") || !strcasecmp(text, "off") || !strcmp(text, "0");
	/* zero is a default, which the JSON leaves out */
	return number && value_get_int(number, "ival", 0) == 0;
}

static bool
is(const struct value *node, const char *key, const char *text)
{
	const char *s = value_get_string(node, key);

	return s && !strcmp(s, text);
}

static enum sql_kind
alone_if(bool yes)
{
	return yes ? SQL_ALONE : SQL_OTHER;
}

static enum sql_kind
transaction(const struct value *n)
{
	static const struct { const char *kind; enum sql_kind is;
	} kinds[] = {
		{ "TRANS_STMT_BEGIN", SQL_BEGIN },
		{ "TRANS_STMT_START", SQL_BEGIN },
		{ "TRANS_STMT_COMMIT", SQL_COMMIT },
		{ "TRANS_STMT_ROLLBACK", SQL_ROLLBACK },
		{ "TRANS_STMT_SAVEPOINT", SQL_SAVEPOINT },
		{ "TRANS_STMT_RELEASE", SQL_SAVEPOINT },
		{ "TRANS_STMT_ROLLBACK_TO", SQL_SAVEPOINT },
		{ "TRANS_STMT_PREPARE", SQL_PREPARE },
		{ "TRANS_STMT_COMMIT_PREPARED", SQL_ALONE },
		{ "TRANS_STMT_ROLLBACK_PREPARED", SQL_ALONE },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (is(n, "kind", kinds[i].kind))
			return kinds[i].is;
	return SQL_OTHER;
}

static enum sql_kind
concurrent(const struct value *n)
{
	return alone_if(value_bool(value_get(n, "concurrent")));
}

static enum sql_kind
reindex(const struct value *n)
{
	return alone_if(is(n, "kind", "REINDEX_OBJECT_DATABASE") ||
	    is(n, "kind", "REINDEX_OBJECT_SYSTEM") || is(n, "kind", "REINDEX_OBJECT_SCHEMA") ||
	    option(value_get(n, "params"), "concurrently"));
}

static enum sql_kind
vacuum(const struct value *n)
{
	/* false: ANALYZE */
	return alone_if(value_bool(value_get(n, "is_vacuumcmd")));
}

static enum sql_kind
alter_table(const struct value *n)
{
	const struct value *commands = value_get(n, "cmds");

	for (size_t i = 0; i < value_count(commands); i++)
		if (value_bool(value_at(value_item(commands, i),
			"AlterTableCmd.def.PartitionCmd.concurrent")))
			return SQL_ALONE;
	return SQL_OTHER;
}

static enum sql_kind
alter_database(const struct value *n)
{
	return alone_if(option(value_get(n, "options"), "tablespace"));
}

static enum sql_kind
create_subscription(const struct value *n)
{
	const struct value *options = value_get(n, "options");

	return alone_if(!is_off(options, "create_slot") && !is_off(options, "connect"));
}

static enum sql_kind
alter_subscription(const struct value *n)
{
	if (is(n, "kind", "ALTER_SUBSCRIPTION_REFRESH"))
		return SQL_ALONE;
	if (!is(n, "kind", "ALTER_SUBSCRIPTION_SET_PUBLICATION") &&
	    !is(n, "kind", "ALTER_SUBSCRIPTION_ADD_PUBLICATION") &&
	    !is(n, "kind", "ALTER_SUBSCRIPTION_DROP_PUBLICATION"))
		return SQL_OTHER;
	return alone_if(!is_off(value_get(n, "options"), "refresh"));
}

static enum sql_kind
cluster(const struct value *n)
{
	return alone_if(!value_get(n, "relation"));
}

static enum sql_kind
discard(const struct value *n)
{
	return alone_if(is(n, "target", "DISCARD_ALL"));
}

static enum sql_kind
alter_enum(const struct value *n)
{
	return value_get(n, "oldVal") ? SQL_OTHER : SQL_ENUM_VALUE;
}

static enum sql_kind
copy(const struct value *n)
{
	return value_bool(value_get(n, "is_from")) && !value_get(n, "filename") ? SQL_COPY_IN :
										  SQL_OTHER;
}

static enum sql_kind
alone(const struct value *n)
{
	(void)n;
	return SQL_ALONE;
}

static const struct node {
	const char *name;
	enum sql_kind (*kind)(const struct value *);
} nodes[] = {
	{ "TransactionStmt", transaction },
	{ "IndexStmt", concurrent },
	{ "DropStmt", concurrent },
	{ "ReindexStmt", reindex },
	{ "VacuumStmt", vacuum },
	{ "AlterTableStmt", alter_table },
	{ "AlterSystemStmt", alone },
	{ "CreatedbStmt", alone },
	{ "DropdbStmt", alone },
	{ "CreateTableSpaceStmt", alone },
	{ "DropTableSpaceStmt", alone },
	{ "AlterDatabaseStmt", alter_database },
	{ "CreateSubscriptionStmt", create_subscription },
	{ "AlterSubscriptionStmt", alter_subscription },
	{ "DropSubscriptionStmt", alone },
	{ "ClusterStmt", cluster },
	{ "DiscardStmt", discard },
	{ "AlterEnumStmt", alter_enum },
	{ "CopyStmt", copy },
};

bool
sql_kind_by_tree(const char *statement, size_t len, enum sql_kind *kind)
{
	MEM_SCOPE(m);
	struct err ignored;
	const struct value *tree = sql_tree(m, statement, len, NULL, &ignored);

	if (!tree)
		return false;
	*kind = SQL_OTHER;
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		const struct value *n = value_get(tree, nodes[i].name);

		if (n)
			*kind = nodes[i].kind(n);
	}
	return true;
}

/* Only statements that begin so can be anything but SQL_OTHER: an INSERT of a million rows need not
 * be parsed. */
static bool
worth_parsing(const char *statement, size_t len)
{
	static const char *const words[] = { "abort", "alter", "begin", "cluster", "commit", "copy",
		"create", "discard", "drop", "end", "prepare", "reindex", "release", "rollback",
		"savepoint", "start", "vacuum" };
	struct sql_scan s = { .text = statement, .len = len };
	enum sql_token t;
	size_t begin;

	do {
		begin = s.at;
		t = sql_next(&s);
	} while (t == SQL_SPACE || t == SQL_COMMENT);
	for (size_t i = 0; t == SQL_WORD && i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == s.at - begin &&
		    !strncasecmp(words[i], statement + begin, s.at - begin))
			return true;
	return false;
}

enum sql_kind
sql_kind_of(const char *statement, size_t len)
{
	bool sure, whole = len < WORDS_SEE;
	enum sql_kind kind = sql_kind_by_words(statement, len, &sure);

	/* the words see all of a short one, and claim more than the tree: no need to parse each
	 * small CREATE TABLE */
	if (!sure && !(whole && kind == SQL_OTHER) && worth_parsing(statement, len))
		sql_kind_by_tree(statement, len, &kind);
	return kind;
}

bool
sql_controls_transaction(enum sql_kind kind)
{
	return kind >= SQL_BEGIN && kind <= SQL_PREPARE;
}

const char *
sql_kind_text(enum sql_kind kind)
{
	static const char *const texts[] = {
		[SQL_OTHER] = "a statement",
		[SQL_EMPTY] = "a comment",
		[SQL_META] = "a psql command",
		[SQL_COPY_IN] = "COPY with data",
		[SQL_BEGIN] = "the begin of a transaction",
		[SQL_COMMIT] = "the end of a transaction",
		[SQL_ROLLBACK] = "the rollback of a transaction",
		[SQL_SAVEPOINT] = "a savepoint",
		[SQL_PREPARE] = "a two-phase commit",
		[SQL_ALONE] = "a statement that cannot run inside a transaction",
		[SQL_STRINGS] = "a setting of how strings are read",
		[SQL_ENUM_VALUE] = "a new value of an enum",
	};

	return texts[kind];
}
