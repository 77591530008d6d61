/* ddl - the SQL that makes one model into another, in the order in which the server takes it. */
#ifndef SCHEMA_DDL_H
#define SCHEMA_DDL_H

#include <stdio.h>

#include "schema/alike.h"

struct ddl_statement {
	const char *sql;                /* without a semicolon */
	const struct model_object *object;      /* what it is about */
	bool alone; /* cannot stand in a transaction, or must be committed before what follows */
};

/* What no SQL does. */
struct ddl_rest {
	const struct model_object *object;
	const char *why;
};

struct ddl {
	struct mem *m;
	struct ddl_statement *statements;
	size_t count, room;
	struct ddl_rest *rest;
	size_t rest_count, rest_room;
};

/* Both models must have been read with dependencies. Online where the server allows it: indexes
 * CONCURRENTLY, constraints NOT VALID and then validated, for tables that are there already; ONLINE
 * false: the plain forms. */
struct ddl *ddl_write(struct mem *, const struct model *from, const struct model *to, bool online);

/* One more that no SQL does; WHY: a phrase. */
void ddl_leave(struct ddl *, const struct model_object *, const char *why);
/* Of whether TO's column (PROP_INHERITED) or its NOT NULL (PROP_NOT_NULL_FROM) is an heir's own. */
void ddl_leave_from(struct ddl *, const struct model_object *to, enum model_prop);

/* What each session must begin with. */
extern const char ddl_preamble[];

/* The script: transactions, and what cannot stand in one apart; each statement with the hazards of
 * D as comments; what looks like a rename first. */
void ddl_print(FILE *, const struct ddl *, const struct diff *, const struct alikes *);

#endif
