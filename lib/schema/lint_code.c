/* lint_code.c - DO blocks: what stands in their body is looked at like any other statement. */
#include <string.h>

#include "schema/lint_private.h"

struct body {
	struct lint_walk *w;
	int line;               /* of the file, on which the body begins */
};

static void
one(const struct body *b, const char *sql, int64_t line)
{
	MEM_SCOPE(m);
	struct err ignored;
	const struct value *tree = sql_tree(m, sql, strlen(sql), NULL, &ignored);

	b->w->line = b->line + (line > 0 ? (int)line - 1 : 0);
	if (tree)
		lint_look(b->w, tree);
	else
		lint_say(b->w, "unparsed", NULL, NULL);
}

/* EXECUTE: a plain text can be read, what is put together can not. */
static void
execute(const struct body *b, const char *expression, int64_t line)
{
	MEM_SCOPE(m);
	struct err ignored;
	const char *select = mem_fmt(m, "SELECT %s", expression), *text;
	const struct value *tree = sql_tree(m, select, strlen(select), NULL, &ignored);

	text = value_string(value_at(value_item(value_at(tree, "SelectStmt.targetList"), 0),
	    "ResTarget.val.A_Const.sval.sval"));
	if (text) {
		one(b, text, line);
		return;
	}
	b->w->line = b->line + (line > 0 ? (int)line - 1 : 0);
	lint_say(b->w, "dynamic-sql", NULL,
	    mem_dup(b->w->m, expression, strcspn(expression, "\n")));
}

/* All statements of SQL below V, in their order. */
static void
walk(const struct body *b, const struct value *v)
{
	if (value_kind(v) == VALUE_ARRAY)
		for (size_t i = 0; i < value_count(v); i++)
			walk(b, value_item(v, i));
	if (value_kind(v) != VALUE_OBJECT)
		return;
	for (void *at = value_first(v); at; at = value_next(v, at)) {
		const struct value *in = value_member(at);
		int64_t line = value_get_int(in, "lineno", 0);

		if (!strcmp(value_key(at), "PLpgSQL_stmt_execsql"))
			one(b, value_string(value_at(in, "sqlstmt.PLpgSQL_expr.query")), line);
		else if (!strcmp(value_key(at), "PLpgSQL_stmt_perform"))
			one(b, value_string(value_at(in, "expr.PLpgSQL_expr.query")), line);
		else if (!strcmp(value_key(at), "PLpgSQL_stmt_dynexecute"))
			execute(b, value_string(value_at(in, "query.PLpgSQL_expr.query")), line);
		else if (!strcmp(value_key(at), "PLpgSQL_stmt_dynfors"))
			execute(b, value_string(value_at(in, "query.PLpgSQL_expr.query")), line);
		else if (!strcmp(value_key(at), "PLpgSQL_stmt_call"))
			one(b, value_string(value_at(in, "expr.PLpgSQL_expr.query")), line);
		walk(b, in);
	}
}

void
lint_do(struct lint_walk *w, const struct value *node, const char *text, size_t len)
{
	MEM_SCOPE(m);
	struct body b = { w, w->line };
	const struct value *args = value_get(node, "args"), *code;
	const char *language = "plpgsql";
	struct err ignored;
	int line = w->line;

	for (size_t i = 0; i < value_count(args); i++) {
		const struct value *arg = value_get(value_item(args, i), "DefElem");

		if (lint_is(value_get_string(arg, "defname"), "language"))
			language = value_string(value_at(arg, "arg.String.sval"));
		else
			for (int64_t k = 0;
			     k < value_get_int(arg, "location", 0) && (size_t)k < len; k++)
				b.line += text[k] == '\n';
	}
	code = lint_is(language, "plpgsql") ? sql_plpgsql(m, text, len, &ignored) : NULL;
	if (code)
		walk(&b, code);
	else
		lint_say(w, "dynamic-sql", NULL, "DO");
	w->line = line;
}
