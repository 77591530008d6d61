/* take.c - takes stores one after another, all from their point in time. */
#include <ctype.h>
#include <string.h>

#include "core/clock.h"
#include "core/record.h"
#include "core/secret.h"
#include "snapshot/exec.h"
#include "snapshot/take.h"

static int
add(struct mem *m, struct take *t, const struct store_kind *kind, const char *name,
    const char *spec, struct err *e)
{
	struct store *s;

	if (name && (!*name || *name == '.' || strchr(name, '/')))
		return err_set(e, FAIL_TROUBLE, "usage", "'%s' cannot be the name of a store",
		    name);
	mem_grow(m, &t->store, t->count, &t->room, sizeof *t->store);
	s = &t->store[t->count++];
	*s = (struct store){ .kind = kind, .name = name, .spec = spec, .facts = value_object(m) };
	return 0;
}

/* Is S the beginning of "keyword=value"? */
static bool
begins_pair(const char *s)
{
	size_t n = 0;

	while (islower((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n && s[n] == '=';
}

const char *
take_split(struct mem *m, const char *text, const char **name)
{
	static const char *const begins[] = { "postgres://", "postgresql://", "env:" };
	size_t n = strcspn(text, "=:/ ");
	const char *rest = text + n + 1;
	bool named = text[n] == '=' && begins_pair(rest);

	for (size_t i = 0; text[n] == '=' && i < sizeof begins / sizeof *begins; i++)
		named |= !strncmp(rest, begins[i], strlen(begins[i]));
	*name = named ? mem_dup(m, text, n) : NULL;
	return named ? rest : text;
}

/* "NAME=REST" or, where FALLBACK is given, "REST" alone, into *NAME; returns REST, NULL: it is
 * neither. */
static const char *
split(struct mem *m, const char *text, const char *fallback, const char **name)
{
	size_t n = strcspn(text, "=:/?. ");
	bool named = n && text[n] == '=' && text[n + 1];

	*name = named ? mem_dup(m, text, n) : fallback;
	return named ? text + n + 1 : fallback ? text : NULL;
}

int
take_add(struct mem *m, struct take *t, const char *option, const char *text, struct err *e)
{
	bool dir = !strcmp(option, "dir"), exec = !strcmp(option, "exec");
	const char *name, *spec, *restore = NULL;

	if (!strcmp(option, "pg")) {
		spec = text ? take_split(m, text, &name) : NULL;
		return add(m, t, &store_postgres, text ? name : NULL, spec, e);
	}
	if (!(spec = split(m, text, dir || exec ? NULL : option, &name)))
		return err_set(e, FAIL_TROUBLE, "usage", "--%s takes NAME=%s, not '%s'", option,
		    dir ? "PATH" : "COMMAND", text);
	if (!dir && !exec && !(spec = exec_preset(m, option, spec, &restore, e)))
		return -1;
	if (add(m, t, dir ? &store_directory : &store_exec, name, spec, e))
		return -1;
	value_set_string(t->store[t->count - 1].facts, "restore_command", restore);
	return 0;
}

int
take_set_restore(struct mem *m, struct take *t, const char *text, struct err *e)
{
	const char *name, *command = split(m, text, NULL, &name);

	if (!command)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--exec-restore takes NAME=COMMAND, not '%s'", text);
	for (size_t i = 0; i < t->count; i++) {
		struct store *s = &t->store[i];
		char *washed = mem_string(m, command);

		if (s->kind != &store_exec || strcmp(s->name, name))
			continue;
		secret_wash(washed, strlen(washed));
		if (strcmp(washed, command))
			return err_set(e, FAIL_TROUBLE, "usage",
			    "--exec-restore %s: a password must not stand in a record", name);
		value_set_string(s->facts, "restore_command", command);
		return 0;
	}
	return err_set(e, FAIL_TROUBLE, "usage",
	    "--exec-restore %s: no store of a command is called so", name);
}

static int
same_names(const struct take *t, struct err *e)
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(t->store[i].name, t->store[k].name)) {
				err_set(e, FAIL_TROUBLE, "usage", "two stores are called '%s'",
				    t->store[i].name);
				return err_hint(e,
				    "give them names: --pg NAME=CONNECTION, --dir NAME=PATH");
			}
	return 0;
}

int
take_open(struct mem *m, struct take *t, const struct store_taking *how, struct err *e)
{
	for (size_t i = 0; i < t->count; i++) {
		struct store *s = &t->store[i];

		if (s->kind->open(m, s, how, e))
			return -1;
		value_set_string(s->facts, "name", s->name);
		value_set_string(s->facts, "kind", s->kind->name);
	}
	return same_names(t, e);
}

int
take_freeze(struct mem *m, struct take *t, const struct store_taking *how, struct err *e)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->store[i].kind->freeze && t->store[i].kind->freeze(m, &t->store[i], how, e))
			return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->store[i].kind->settle && t->store[i].kind->settle(m, &t->store[i], how, e))
			return -1;
	return 0;
}

void
take_undo(struct take *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->store[i].kind->undo)
			t->store[i].kind->undo(&t->store[i]);
}

/* When each store was as it was taken, and how far they are apart at most. */
static void
note_window(const struct take *t, struct value *manifest)
{
	long long first = 0, last = 0;
	char time[CLOCK_TEXT];

	for (size_t i = 0; i < t->count; i++) {
		struct store *s = &t->store[i];

		value_set_string(s->facts, "begun", clock_rfc3339(time, s->begun));
		value_set_string(s->facts, "ended", clock_rfc3339(time, s->ended));
		first = !first || s->begun < first ? s->begun : first;
		last = s->ended > last ? s->ended : last;
	}
	value_set_real(manifest, "skew", (double)(last - first) / 1000);
}

int
take_all(struct mem *m, struct take *t, const struct store_taking *how, struct value *manifest,
    struct err *e)
{
	struct value *list = value_set_array(m, manifest, "stores");
	char time[CLOCK_TEXT];

	value_set_string(manifest, "tool", record_tool());
	value_set_string(manifest, "begun", clock_rfc3339(time, clock_unix_ms()));
	for (size_t i = 0; i < t->count; i++) {
		struct store *s = &t->store[i];
		double begun = clock_now();
		long long now = clock_unix_ms();

		if (s->kind->take(m, s, how, e))
			return -1;
		value_set_real(s->facts, "seconds",
		    (double)(long long)((clock_now() - begun) * 1000) / 1000);
		if (!s->kind->freeze) {
			s->begun = now;
			s->ended = clock_unix_ms();
		}
		value_add(list, s->facts);
	}
	note_window(t, manifest);
	value_set_string(manifest, "ended", clock_rfc3339(time, clock_unix_ms()));
	return writer_finish(how->w, manifest, e);
}

void
take_describe(struct mem *m, const struct take *t, struct value *result)
{
	/* what else the manifest has would make a record of thousands of tables too big for a
	 * pipeline */
	static const char *const keys[] = { "name", "kind", "uri", "database", "server_version",
		"client_version", "system_identifier", "snapshot_xmin", "snapshot_xmax", "lsn",
		"frozen_at", "history_revision", "history_kind", "history_table", "histories",
		"schema_fingerprint", "clone", "schemas",
		"exclude_table_data", "unlogged", "left", "path", "command", "restore_command",
		"entries", "bytes", "changed", "begun", "ended", "seconds" };
	struct value *list = value_set_array(m, result, "stores");

	for (size_t i = 0; i < t->count; i++) {
		const struct value *facts = t->store[i].facts, *tables = value_get(facts, "tables");
		struct value *v = value_add_object(m, list), *out;

		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			value_set(v, keys[k], value_get(facts, keys[k]));
		if (!tables)
			continue;
		out = value_set_array(m, v, "tables");
		for (size_t k = 0; k < value_count(tables); k++) {
			struct value *row;

			if (value_get(value_item(tables, k), "extension"))
				continue;
			row = value_add_object(m, out);
			value_set(row, "name", value_get(value_item(tables, k), "name"));
			value_set(row, "rows", value_get(value_item(tables, k), "rows"));
		}
	}
}
