/* which new triggers old code cannot notice, and which words of its source are names */
#include "../tap.h"
#include "rollback/code.h"
#include "rollback/trigger.h"

static const struct {
	const char *name, *body, *trigger;
	bool harmless;
} rows[] = {
	{ "sets a column to the time", "BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END;",
	    "", true },
	{ "two of them, with :=",
	    "begin\n new.a := now();\n new.b := clock_timestamp();\n return new;\nend", "", true },
	{ "sets it to something else", "BEGIN NEW.a = 7; RETURN NEW; END;", "", false },
	{ "refuses", "BEGIN RAISE EXCEPTION 'no'; RETURN NEW; END;", "", false },
	{ "refuses by a condition", "BEGIN IF NEW.a THEN RETURN NULL; END IF; RETURN NEW; END;", "",
	    false },
	{ "drops the row", "BEGIN NEW.a = now(); RETURN NULL; END;", "", false },
	{ "forgets to return", "BEGIN NEW.a = now(); END;", "", false },
	{ "writes elsewhere", "BEGIN INSERT INTO log VALUES (1); RETURN NEW; END;", "", false },
	{ "hides a call in a comment's place", "BEGIN NEW.a = now() + f(); RETURN NEW; END;", "",
	    false },
	{ "declares", "DECLARE x int = f(); BEGIN NEW.a = now(); RETURN NEW; END;", "", false },
	{ "under a condition", "BEGIN NEW.a = now(); RETURN NEW; END;", " WHEN (NEW.a > 1)",
	    false },
};

static bool
judge(const char *text, const char *when)
{
	MEM_SCOPE(m);
	struct value *changes = value_array(m), *f = value_add_object(m, changes),
		     *t = value_add_object(m, changes);

	value_set_string(f, "action", "create");
	value_set_string(f, "kind", "function");
	value_set_string(f, "object", "s.f()");
	value_set_string(f, "to",
	    mem_fmt(m, "CREATE FUNCTION s.f()\n LANGUAGE plpgsql\nAS $function$%s$function$\n",
		text));
	value_set_string(t, "action", "create");
	value_set_string(t, "kind", "trigger");
	value_set_string(t, "to",
	    mem_fmt(m,
		"CREATE TRIGGER t BEFORE UPDATE ON s.x FOR EACH ROW%s EXECUTE FUNCTION s.f()",
		when));
	return trigger_only_stamps(m, t, changes);
}

/* How many lines of TEXT mention NAME? */
static long
mentions(const char *name, const char *text)
{
	MEM_SCOPE(m);
	char dir[] = "/tmp/t.XXXXXX";
	struct code *c = code_new(m, NULL, 0);
	struct err e = { 0 };
	FILE *f;
	char *path;

	if (!mkdtemp(dir))
		return -1;
	path = mem_fmt(m, "%s/file", dir);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	code_want(c, name);
	if (code_search(c, dir, &e))
		diag("%s", e.text);
	remove(path);
	remove(dir);
	return code_hits(c, name)->live;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(judge(rows[i].body, rows[i].trigger) == rows[i].harmless, "%s", rows[i].name);
	ok(mentions("author_id", "x.author_id = 1\n") == 1, "a word");
	ok(mentions("author_id", "authorId AuthorID AUTHOR_ID\n_author_id\n") == 2,
	    "in other spellings, by lines");
	ok(mentions("author_id", "author_ids my_author_id authorid2\n") == 0,
	    "not as a part of a word");
	ok(mentions("user_accounts", "class UserAccount\n") == 1, "a plural by its singular");
	ok(mentions("categories", "Category\n") == 1, "also of -ies");
	ok(mentions("id", "id\nID\ni_d\nids\n") == 3, "a short one");
	ok(mentions("x", "x\ny x\nxx\n") == 2, "one letter, at the end of the text");
	ok(mentions("0123456789_0123456789_0123456789_0123456789_0123456789_0123456789_0123",
	       "                                                          "
	       "0123456789_0123456789_0123456789_0123456789_0123456789_0123456789_0123") == 1,
	    "a word across the blocks of 64 bytes");
	return done();
}
