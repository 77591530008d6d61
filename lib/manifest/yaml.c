/* yaml.c - libyaml's events as a flat array of nodes with byte offsets. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "manifest/yaml_private.h"

/* One pass of libyaml over a text, with its marks turned from characters into bytes. */
struct pass {
	yaml_parser_t parser;
	yaml_event_t event;
	bool open;              /* an event is to be deleted */
	const char *text;
	size_t len, bom;
	size_t chars, bytes;    /* the last mark that was turned */
	bool ascii;
};

static void
pass_end(void *pass)
{
	struct pass *p = pass;

	if (p->open)
		yaml_event_delete(&p->event);
	yaml_parser_delete(&p->parser);
}

static struct pass *
pass_begin(struct mem *m, const char *text, size_t len, struct err *e)
{
	struct pass *p = mem_zero(m, 1, sizeof *p);

	if (len > YAML_SIZE) {
		err_set(e, FAIL_TROUBLE, "too-big", "larger than %d bytes", YAML_SIZE);
		return NULL;
	}
	p->text = text;
	p->len = len;
	if (yaml_check_encoding(text, len, &p->ascii, e))
		return NULL;
	p->bom = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	p->ascii = p->ascii && !p->bom;
	p->bytes = p->bom;
	if (!yaml_parser_initialize(&p->parser))
		mem_must(NULL);
	mem_own(m, p, pass_end);
	yaml_parser_set_input_string(&p->parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&p->parser, YAML_UTF8_ENCODING);
	return p;
}

/* libyaml counts characters, and none for the byte order mark. */
static uint32_t
byte_of(struct pass *p, const yaml_mark_t *mark)
{
	if (p->ascii)
		return (uint32_t)(mark->index < p->len ? mark->index : p->len);
	for (; p->chars < mark->index && p->bytes < p->len; p->chars++)
		do
			p->bytes++;
		while (p->bytes < p->len && ((unsigned char)p->text[p->bytes] & 0xc0) == 0x80);
	for (; p->chars > mark->index; p->chars--)
		do
			p->bytes--;
		while (((unsigned char)p->text[p->bytes] & 0xc0) == 0x80);
	return (uint32_t)p->bytes;
}

static int
pass_next(struct pass *p, struct err *e)
{
	const yaml_parser_t *q = &p->parser;
	const char *problem;
	yaml_mark_t mark;
	uint32_t at;

	if (p->open)
		yaml_event_delete(&p->event);
	p->open = yaml_parser_parse(&p->parser, &p->event);
	if (p->open)
		return 0;
	mark = q->problem_mark.index || !q->context ? q->problem_mark : q->context_mark;
	at = byte_of(p, &mark);
	problem = q->problem ? q->problem : "not YAML";
	if (at < p->len && p->text[at] == '\t')
		problem = "a tab where only spaces may indent";
	return yaml_refuse(p->text, at, problem, e);
}

/* Where the scalar itself begins: events count its anchor and tag in. */
static uint32_t
skip_properties(const char *text, uint32_t at, uint32_t end)
{
	while (at < end && (text[at] == '&' || text[at] == '!')) {
		while (at < end && !isspace((unsigned char)text[at]))
			at++;
		while (at < end && (isspace((unsigned char)text[at]) || text[at] == '#')) {
			if (text[at] == '#')
				at += (uint32_t)strcspn(text + at, "\n");
			else
				at++;
		}
	}
	return at < end ? at : end;
}

static enum yaml_style
style_of(const yaml_event_t *ev)
{
	switch (ev->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return YAML_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_FOLDED;
	default:
		return YAML_PLAIN;
	}
}

/* What an event says about a node: kind, style, bytes. */
static struct yaml_node
node_of(struct pass *p, uint32_t *end)
{
	const yaml_event_t *ev = &p->event;
	struct yaml_node n = { .start = byte_of(p, &ev->start_mark) };

	*end = byte_of(p, &ev->end_mark);
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		n.kind = YAML_DOCUMENT;
		break;
	case YAML_MAPPING_START_EVENT:
		n.kind = YAML_MAP;
		n.tagged = ev->data.mapping_start.tag != NULL;
		break;
	case YAML_SEQUENCE_START_EVENT:
		n.kind = YAML_LIST;
		n.tagged = ev->data.sequence_start.tag != NULL;
		break;
	case YAML_ALIAS_EVENT:
		n.kind = YAML_ALIAS;
		break;
	default:
		n.kind = YAML_SCALAR;
		n.style = style_of(ev);
		n.tagged = ev->data.scalar.tag != NULL;
		if (ev->data.scalar.anchor || n.tagged)
			n.start = skip_properties(p->text, n.start, *end);
		n.size = *end - n.start < YAML_FAR ? *end - n.start : YAML_FAR;
	}
	return n;
}

static void
drop_nodes(void *yaml)
{
	free(((struct yaml *)yaml)->nodes);
}

static yaml_ref
add(struct yaml *y, struct yaml_node n, yaml_ref parent, yaml_ref before)
{
	/* not mem_grow, which would keep the old half of a big array alive */
	if (y->count == y->room) {
		y->room = y->room ? y->room + y->room / 2 : 1024;
		y->nodes = mem_must(realloc(y->nodes, y->room * sizeof *y->nodes));
	}
	n.parent = parent;
	y->nodes[y->count] = n;
	if (before)
		y->nodes[before].next = (yaml_ref)y->count;
	return (yaml_ref)y->count++;
}

static void
add_fact(struct yaml *y, struct yaml_fact **list, size_t *count, size_t *room, yaml_ref node,
    uint32_t fact)
{
	mem_grow(y->m, list, *count, room, sizeof **list);
	(*list)[(*count)++] = (struct yaml_fact){ node, fact };
}

static void
store_value(struct yaml *y, yaml_ref ref, uint32_t end, const yaml_event_t *ev)
{
	struct yaml_node *n = &y->nodes[ref];
	size_t q = n->style == YAML_SINGLE || n->style == YAML_DOUBLE, len = end - n->start;
	const char *v = (const char *)ev->data.scalar.value;

	if (n->size == YAML_FAR)
		add_fact(y, &y->far, &y->far_count, &y->far_room, ref, (uint32_t)len);
	if (len >= 2 * q && len - 2 * q == ev->data.scalar.length &&
	    !memcmp(v, y->text + n->start + q, len - 2 * q))
		return;
	n->stored = 1;
	mem_grow(y->m, &y->stored, y->stored_count, &y->stored_room, sizeof *y->stored);
	y->stored[y->stored_count++] = (struct yaml_stored){ ref,
		mem_dup(y->m, v, ev->data.scalar.length), ev->data.scalar.length };
}

static const char *
anchor_name(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_MAPPING_START_EVENT:
		return (const char *)ev->data.mapping_start.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return (const char *)ev->data.sequence_start.anchor;
	case YAML_SCALAR_EVENT:
		return (const char *)ev->data.scalar.anchor;
	default:
		return NULL;
	}
}

static int
note_anchor(struct yaml *y, yaml_ref ref, const yaml_event_t *ev, size_t first, struct err *e)
{
	const char *name = anchor_name(ev);

	if (name) {
		mem_grow(y->m, &y->anchors, y->anchor_count, &y->anchor_room, sizeof *y->anchors);
		y->anchors[y->anchor_count++] = (struct yaml_anchor){ mem_string(y->m, name), ref };
		y->nodes[ref].anchored = 1;
	}
	if (ev->type != YAML_ALIAS_EVENT)
		return 0;
	/* the newest anchor of the name counts; each document begins anew */
	for (size_t i = y->anchor_count; i-- > first;)
		if (!strcmp(y->anchors[i].name, (const char *)ev->data.alias.anchor)) {
			add_fact(y, &y->aliases, &y->alias_count, &y->alias_room, ref,
			    y->anchors[i].node);
			return 0;
		}
	return yaml_refuse(y->text, y->nodes[ref].start, "an alias to an anchor that is not there",
	    e);
}

struct level {
	yaml_ref node, last;
};

/* Take one event that begins a node. */
static int
take(struct yaml *y, struct pass *p, struct level *stack, size_t *depth, size_t *first,
    struct err *e)
{
	uint32_t end;
	struct yaml_node n = node_of(p, &end);
	struct level *top = &stack[*depth];
	yaml_ref ref = add(y, n, top->node, top->last);

	top->last = ref;
	if (n.kind == YAML_DOCUMENT)
		*first = y->anchor_count;
	if (n.kind == YAML_SCALAR)
		store_value(y, ref, end, &p->event);
	if (note_anchor(y, ref, &p->event, *first, e))
		return -1;
	if (n.kind > YAML_LIST)
		return 0;
	if (*depth + 1 >= YAML_DEPTH)
		return yaml_refuse(y->text, n.start, "nested too deep", e);
	stack[++*depth] = (struct level){ .node = ref };
	return 0;
}

static int
read_events(struct yaml *y, struct pass *p, struct err *e)
{
	struct level stack[YAML_DEPTH] = { { 0, 0 } };
	size_t depth = 0, first = 0;

	for (;;) {
		if (pass_next(p, e))
			return -1;
		switch (p->event.type) {
		case YAML_STREAM_END_EVENT:
			return 0;
		case YAML_STREAM_START_EVENT:
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			depth--;
			break;
		default:
			if (take(y, p, stack, &depth, &first, e))
				return -1;
		}
	}
}

struct yaml *
yaml_read(struct mem *m, const char *text, size_t len, struct err *e)
{
	MEM_SCOPE(scratch);
	struct yaml *y = mem_zero(m, 1, sizeof *y);
	struct pass *p = pass_begin(scratch, text, len, e);

	y->m = m;
	y->text = text;
	y->len = len;
	if (!p)
		return NULL;
	mem_own(m, y, drop_nodes);
	add(y, (struct yaml_node){ 0 }, 0, 0);
	return read_events(y, p, e) ? NULL : y;
}

/* Compare one event of the new text with the node that stood there. SHIFT: how far the text has
 * moved by now. */
static int
same_node(const struct yaml *y, struct pass *p, yaml_ref ref, yaml_ref parent, long shift,
    const struct yaml_change *change, struct err *e)
{
	uint32_t end;
	struct yaml_node n = node_of(p, &end), old = ref < y->count ? y->nodes[ref] : n;
	const yaml_event_t *ev = &p->event;
	size_t len = 0;
	const char *value;

	if (ref >= y->count || n.kind != old.kind || parent != old.parent ||
	    n.tagged != old.tagged || (long)n.start != (long)old.start + shift)
		return yaml_refuse(p->text, n.start,
		    "after the change, the structure would differ here", e);
	if (n.kind != YAML_SCALAR)
		return 0;
	value = change ? change->value : yaml_value(y, ref, &len);
	len = change ? strlen(value) : len;
	if (len != ev->data.scalar.length || memcmp(value, ev->data.scalar.value, len))
		return yaml_refuse(p->text, n.start,
		    change ? "after the change, the new value would not read back" :
			     "after the change, another scalar would differ",
		    e);
	return 0;
}

static int
verify_events(const struct yaml *y, struct pass *p, const struct yaml_change *change, size_t count,
    struct err *e)
{
	yaml_ref stack[YAML_DEPTH] = { 0 }, ref = 1;
	size_t depth = 0, done = 0;
	long shift = 0;

	for (;;) {
		bool changed = done < count && change[done].node == ref;

		if (pass_next(p, e))
			return -1;
		switch (p->event.type) {
		case YAML_STREAM_END_EVENT:
			return ref == y->count && done == count ?
			    0 :
			    yaml_refuse(p->text, p->len, "after the change, nodes would be missing",
				e);
		case YAML_STREAM_START_EVENT:
			continue;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			depth--;
			continue;
		default:
			if (same_node(y, p, ref, stack[depth], shift,
				changed ? &change[done] : NULL, e))
				return -1;
		}
		if (changed)
			shift += change[done++].delta;
		/* the shape is that of the first text, whose depth is capped */
		if (y->nodes[ref].kind <= YAML_LIST)
			stack[++depth] = ref;
		ref++;
	}
}

int
yaml_verify(const struct yaml *y, const char *after, size_t len, const struct yaml_change *change,
    size_t count, struct err *e)
{
	MEM_SCOPE(scratch);
	struct pass *p = pass_begin(scratch, after, len, e);

	if (p && !verify_events(y, p, change, count, e))
		return 0;
	e->code = FAIL_TROUBLE;
	snprintf(e->word, sizeof e->word, "verify");
	return -1;
}
