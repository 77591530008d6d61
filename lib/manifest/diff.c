/* diff.c - pairs files, compares them, and tells image tags, noise and structure apart. */
#include <string.h>

#include "manifest/diff.h"
#include "manifest/tree.h"

enum class { CLASS_STRUCTURE, CLASS_IMAGE, CLASS_NOISE };

static const char *const classes[] = { "structure", "image", "noise" };
static const char *const changes[] = { "added", "removed", "changed", "type-changed" };

struct diff {
	struct mem *m;
	const char *file;               /* name of the pair at hand */
	struct site_list old, new;      /* its sites */
	struct value *list;
	long count[3];
};

/* Labels and annotations that say nothing about what runs. */
static bool
is_noise(const char *file, const char *path)
{
	static const char *const words[] = { "helm.sh/chart", "app.kubernetes.io/version",
		"app.kubernetes.io/managed-by", "checksum/", "labels.chart", "labels.heritage",
		"helm.sh/revision" };
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(path, words[i]))
			return true;
	/* the numbers of the chart itself; its dependencies are none */
	return !strcmp(base, "Chart.yaml") &&
	    (!strcmp(path, "version") || !strcmp(path, "appVersion") ||
		strstr(path, "annotations"));
}

static const struct site *
site_at(const struct site_list *l, yaml_ref ref)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].whole.node == ref ||
		    (l->item[i].digest.there && l->item[i].digest.node == ref))
			return &l->item[i];
	return NULL;
}

/* Is it the same image on both sides, so that only its tag or digest differs? */
static bool
is_image(const struct diff *d, struct tree_at a, struct tree_at b)
{
	const struct site *x = a.ref ? site_at(&d->old, a.ref) : NULL,
			  *y = b.ref ? site_at(&d->new, b.ref) : NULL;

	/* what a chart depends on may change anything */
	return x && y && x->image && y->image && !strcmp(x->image, y->image) && !x->indirect &&
	    !y->indirect && strcmp(x->shape, "chart-dependency") &&
	    strcmp(x->shape, "chart-release");
}

static void
set_place(struct diff *d, struct value *v, const char *key, struct tree_at t)
{
	size_t line, column;

	if (!t.ref)
		return;
	yaml_place(t.file->lines, yaml_node(t.file->yaml, t.ref)->start, &line, &column);
	value_set_string(v, key, tree_text(d->m, t));
	value_set_int(v, *key == 'f' ? "from_line" : "to_line", (int64_t)line);
}

static struct value *
add(struct diff *d, enum tree_difference kind, enum class c, const char *path)
{
	struct value *v = value_add_object(d->m, d->list);

	d->count[c]++;
	if (*d->file)
		value_set_string(v, "file", d->file);
	value_set_string(v, "path", path);
	value_set_string(v, "change", changes[kind]);
	value_set_string(v, "class", classes[c]);
	return v;
}

static void
differs(void *arg, enum tree_difference kind, const char *path, struct tree_at a, struct tree_at b)
{
	struct diff *d = arg;
	enum class c = is_noise(d->file, path) ? CLASS_NOISE :
	    kind == TREE_CHANGED && is_image(d, a, b) ? CLASS_IMAGE : CLASS_STRUCTURE;
	struct value *v = add(d, kind, c, path);

	set_place(d, v, "from", a);
	set_place(d, v, "to", b);
	if (kind == TREE_TYPE) {
		value_set_string(v, "from_type", tree_type(a));
		value_set_string(v, "to_type", tree_type(b));
	}
	if (c == CLASS_IMAGE)
		value_set_string(v, "image", site_at(&d->old, a.ref)->image);
}

/* The {{…}} of a template one behind the other. */
static char *
actions(struct mem *m, const struct diff_file *f)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "", 0);
	for (const char *p = f->text; (p = memmem(p, f->len - (size_t)(p - f->text), "{{", 2));) {
		const char *end = memmem(p, f->len - (size_t)(p - f->text), "}}", 2);

		if (!end)
			break;
		mem_text_add(&t, p, (size_t)(end - p) + 2);
		p = end;
	}
	return t.text;
}

static int
compare_pair(struct diff *d, const struct diff_file *a, const struct diff_file *b, struct err *e)
{
	const struct site_want all = { 0 };
	long before = d->count[CLASS_STRUCTURE];

	if (a->len == b->len && !memcmp(a->text, b->text, a->len))
		return 0;
	if (!a->yaml || !b->yaml) {
		add(d, TREE_CHANGED, CLASS_STRUCTURE, "");
		return 0;
	}
	d->old = d->new = (struct site_list){ 0 };
	if (site_find(d->m, a->yaml, &all, &d->old, e) ||
	    site_find(d->m, b->yaml, &all, &d->new, e))
		return -1;
	tree_compare_files(d->m, a->yaml, b->yaml, differs, d);
	if (a->yaml->masked && d->count[CLASS_STRUCTURE] == before &&
	    strcmp(actions(d->m, a), actions(d->m, b)))
		add(d, TREE_CHANGED, CLASS_STRUCTURE, "{{}}");
	return 0;
}

static int
compare_sides(struct diff *d, const struct diff_side *old, const struct diff_side *new,
    struct err *e)
{
	for (size_t i = 0, j = 0; i < old->count || j < new->count;) {
		int o = i >= old->count ? 1 :
		    j >= new->count     ? -1 :
					  strcmp(old->file[i].name, new->file[j].name);

		d->file = o > 0 ? new->file[j].name : old->file[i].name;
		if (o)
			add(d, o < 0 ? TREE_REMOVED : TREE_ADDED, CLASS_STRUCTURE, "");
		else if (compare_pair(d, &old->file[i], &new->file[j], e))
			return -1;
		i += o <= 0;
		j += o >= 0;
	}
	return 0;
}

int
diff_compare(struct mem *m, const struct diff_side *old, const struct diff_side *new,
    struct value *result, struct err *e)
{
	struct diff d = { .m = m };
	struct value *counts;

	value_set_string(result, "from", old->what);
	value_set_string(result, "to", new->what);
	d.list = value_set_array(m, result, "changes");
	if (compare_sides(&d, old, new, e))
		return -1;
	counts = value_set_object(m, result, "counts");
	for (int c = CLASS_STRUCTURE; c <= CLASS_NOISE; c++)
		value_set_int(counts, classes[c], d.count[c]);
	value_set_string(result, "structure", d.count[CLASS_STRUCTURE] ? "differs" : "same");
	return 0;
}
