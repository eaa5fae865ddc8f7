/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree: a line for each value, with the offset of its head. Tags, and
 * strings that hold CBOR, share the line of what is in them; issuer-signed
 * items without a defect take one line each.
 */
#include "config.h"

#include <strings.h>

#include "mdoc/model/view.h"

#define BRANCH     "\xe2\x94\x9c " /* ├ */
#define CORNER     "\xe2\x94\x94 " /* └ */
#define TRUNK      "\xe2\x94\x82 " /* │ */

#define SALT_SHOWN 4
#define KEY_MAX    64 /* names longer than that are strings like others */

struct tree {
	const struct view *v;
	struct text *t;
	int offset_width;
	unsigned depth;
	bool last[OUTLINE_MAX_DEPTH + 1]; /* of its parent's, by depth */
};

/* What a line is about. */
struct line {
	uint32_t node;   /* as found */
	uint32_t inner;  /* without tags and strings around it */
	uint32_t key;    /* or OUTLINE_NONE */
	size_t position; /* in an array */
	const struct schema_member *member;
};

static const struct outline_node *
node_at(const struct tree *x, uint32_t node)
{
	return &x->v->o->nodes[node];
}

/* Through tags and opened strings. */
static uint32_t
inner_of(const struct tree *x, uint32_t node)
{
	const struct outline_node *n = node_at(x, node);

	while ((n->kind == CBOR_KIND_TAG && n->child != OUTLINE_NONE) ||
	    n->opened) {
		node = n->child;
		n = node_at(x, node);
	}
	return node;
}

static void
put_start(struct tree *x, size_t offset)
{
	text_printf(x->t, "0x%0*zx ", x->offset_width, offset);
	for (unsigned i = 1; i <= x->depth; i++) {
		if (i == x->depth)
			text_put(x->t, x->last[i] ? CORNER : BRANCH);
		else
			text_put(x->t, x->last[i] ? "  " : TRUNK);
	}
}

static void
put_defects(struct tree *x, uint32_t node)
{
	uint32_t i = node_at(x, node)->first_defect;

	for (; i != OUTLINE_NONE; i = x->v->o->defects[i].next)
		text_printf(x->t, "  ! %s", x->v->o->defects[i].text);
}

/* ---- values */

static void
put_text(struct tree *x, struct bytes s)
{
	const struct bytes shown = text_prefix(s, x->v->max_string);

	text_put(x->t, "\"");
	text_escaped(x->t, shown);
	text_put(x->t, "\"");
	if (shown.len < s.len)
		text_printf(x->t, "\xe2\x80\xa6 (%zu bytes)", s.len);
}

static void
put_bytes(struct tree *x, uint32_t node)
{
	const struct bytes b = outline_content(x->v->o, node);
	const char *picture = view_picture(b);
	struct bytes shown = b;

	if (picture != NULL) {
		text_printf(x->t, "<bstr %zu B %s>", b.len, picture);
		return;
	}
	if (view_is_certificate(x->v, node)) {
		text_printf(x->t, "<certificate %zu B> ", b.len);
		x->v->certificate(x->t, b);
		return;
	}
	if (x->v->max_string > 0 && b.len > x->v->max_string)
		shown.len = x->v->max_string;
	text_put(x->t, "h'");
	text_hex(x->t, shown);
	text_put(x->t, shown.len < b.len ? "\xe2\x80\xa6'" : "'");
	if (b.len > 8)
		text_printf(x->t, " (%zu B)", b.len);
}

static void
put_integer(struct tree *x, uint32_t node)
{
	const struct outline_node *n = node_at(x, node);
	const char *name = names_value(x->v->names, x->v->o, node);

	if (n->kind == CBOR_KIND_UINT)
		text_printf(x->t, "%llu", (unsigned long long)n->value);
	else if (n->value == UINT64_MAX)
		text_put(x->t, "-18446744073709551616");
	else
		text_printf(x->t, "-%llu", (unsigned long long)n->value + 1);
	if (name != NULL)
		text_printf(x->t, " (%s)", name);
}

/* Of a node without anything in it. */
static void
put_scalar(struct tree *x, uint32_t node)
{
	const struct outline_node *n = node_at(x, node);

	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
		put_integer(x, node);
		break;
	case CBOR_KIND_TSTR:
		put_text(x, outline_content(x->v->o, node));
		break;
	case CBOR_KIND_BSTR:
		put_bytes(x, node);
		break;
	case CBOR_KIND_BOOL:
		text_put(x->t, n->value ? "true" : "false");
		break;
	case CBOR_KIND_FLOAT:
		text_float(x->t, outline_number(x->v->o, node));
		break;
	case CBOR_KIND_SIMPLE:
		text_printf(x->t, "simple(%u)", (unsigned)n->value);
		break;
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_TAG:
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_BREAK:
	default:
		text_put(x->t, cbor_kind_name((enum cbor_kind)n->kind));
		break;
	}
}

/* "{2}", "[3]", "[1 of 3]" */
static void
put_count(struct tree *x, const struct outline_node *n)
{
	const bool map = n->kind == CBOR_KIND_MAP;

	if (!map && n->kind != CBOR_KIND_ARRAY) {
		text_put(x->t, cbor_kind_name((enum cbor_kind)n->kind));
		return;
	}
	text_printf(x->t, "%s%u", map ? "{" : "[",
	    map ? n->children / 2 : n->children);
	if (!n->complete && !n->indefinite)
		text_printf(x->t, " of %llu", (unsigned long long)n->value);
	text_put(x->t, map ? "}" : "]");
}

static bool
is_container(const struct outline_node *n)
{
	return n->kind == CBOR_KIND_ARRAY || n->kind == CBOR_KIND_MAP ||
	    ((n->kind == CBOR_KIND_BSTR || n->kind == CBOR_KIND_TSTR) &&
		n->indefinite);
}

/* ---- labels */

static bool
is_word(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f || s.ptr[i] == '"')
			return false;
	}
	return s.len > 0;
}

static void
put_key(struct tree *x, uint32_t key)
{
	const struct outline_node *n = node_at(x, key);
	const struct bytes s = outline_content(x->v->o, key);

	if (n->kind == CBOR_KIND_TSTR && is_word(s) && s.len <= KEY_MAX)
		text_put_bytes(x->t, s);
	else if (is_container(n))
		text_printf(x->t, "<%s>",
		    cbor_kind_name((enum cbor_kind)n->kind));
	else
		put_scalar(x, key);
}

/* false: nothing to be said about where the node is. */
static bool
put_label(struct tree *x, const struct line *l)
{
	const uint32_t parent = node_at(x, l->node)->parent;
	const char *name = l->member != NULL ? l->member->name : NULL;

	if (parent == OUTLINE_NONE)
		return false;
	if (l->key == OUTLINE_NONE) {
		if (name != NULL)
			text_put(x->t, name);
		else
			text_printf(x->t, "[%zu]", l->position);
		return true;
	}
	if (name != NULL) {
		text_printf(x->t, "%s (", name);
		put_key(x, l->key);
		text_put(x->t, ")");
	} else {
		put_key(x, l->key);
	}
	return true;
}

/* Tags that the value itself does not tell. */
static void
put_tags(struct tree *x, const struct line *l)
{
	const struct outline_node *n;

	for (uint32_t i = l->node; i != l->inner; i = n->child) {
		n = node_at(x, i);
		put_defects(x, i);
		if (n->kind != CBOR_KIND_TAG)
			continue;
		text_put(x->t, " (");
		if (n->child != OUTLINE_NONE &&
		    node_at(x, n->child)->kind == CBOR_KIND_TSTR &&
		    view_meaning(x->v, n->child, x->t))
			text_put(x->t, ")");
		else
			text_printf(x->t, "tag %llu)",
			    (unsigned long long)n->value);
	}
}

/* ---- nodes */

static void put_node(struct tree *x, const struct line *l);

static void
put_children(struct tree *x, uint32_t node)
{
	const struct outline_node *n = node_at(x, node);
	const bool map = n->kind == CBOR_KIND_MAP;
	struct line l = { .key = OUTLINE_NONE };
	uint32_t i = n->child;

	/* The outline is no deeper than the list of levels. */
	x->depth++;
	for (; i != OUTLINE_NONE; l.position++) {
		l.key = map ? i : OUTLINE_NONE;
		l.node = map ? node_at(x, i)->next : i;
		if (l.node == OUTLINE_NONE) {
			/* A key whose value is not there. */
			x->last[x->depth] = true;
			put_start(x, node_at(x, i)->offset);
			put_key(x, i);
			put_defects(x, i);
			text_put(x->t, "\n");
			break;
		}
		l.inner = inner_of(x, l.node);
		l.member = x->v->names->members[l.node];
		i = node_at(x, l.node)->next;
		x->last[x->depth] = i == OUTLINE_NONE;
		put_node(x, &l);
	}
	x->depth--;
}

/* An item that can be shown in a line. */
struct item {
	uint32_t id;
	uint32_t random;
	uint32_t element;
	uint32_t value;
};

/* Of the nodes that a line would leave out. */
static bool
hides_defect(const struct tree *x, const struct line *l)
{
	uint32_t i;

	for (i = l->node; i != l->inner; i = node_at(x, i)->child) {
		if (node_at(x, i)->first_defect != OUTLINE_NONE)
			return true;
	}
	if (node_at(x, i)->first_defect != OUTLINE_NONE)
		return true;
	for (i = node_at(x, i)->child; i != OUTLINE_NONE;
	     i = node_at(x, i)->next) {
		if (node_at(x, i)->first_defect != OUTLINE_NONE)
			return true;
	}
	return false;
}

static bool
item_find(const struct tree *x, const struct line *l, struct item *ret)
{
	const struct outline *o = x->v->o;
	const struct outline_node *n = node_at(x, l->inner);

	if (x->v->names->schemas[l->inner] != &schema_item ||
	    n->kind != CBOR_KIND_MAP || n->children != 8 || !n->complete)
		return false;
	ret->id = outline_member(o, l->inner, "digestID");
	ret->random = outline_member(o, l->inner, "random");
	ret->element = outline_member(o, l->inner, "elementIdentifier");
	ret->value = outline_member(o, l->inner, "elementValue");
	if (ret->id == OUTLINE_NONE || ret->random == OUTLINE_NONE ||
	    ret->element == OUTLINE_NONE || ret->value == OUTLINE_NONE)
		return false;
	return node_at(x, ret->id)->kind == CBOR_KIND_UINT &&
	    !bytes_is_null(outline_content(o, ret->random)) &&
	    node_at(x, ret->element)->kind == CBOR_KIND_TSTR &&
	    is_word(outline_content(o, ret->element)) && !hides_defect(x, l);
}

static void
put_item(struct tree *x, const struct line *l, const struct item *item)
{
	const struct bytes random = outline_content(x->v->o, item->random);
	struct line value = { .node = item->value, .key = OUTLINE_NONE };
	const struct outline_node *n;

	value.inner = inner_of(x, item->value);
	n = node_at(x, value.inner);
	put_start(x, node_at(x, l->node)->offset);
	text_put_bytes(x->t, outline_content(x->v->o, item->element));
	if (is_container(n)) {
		text_put(x->t, " ");
		put_count(x, n);
	} else {
		text_put(x->t, " = ");
		put_scalar(x, value.inner);
	}
	put_tags(x, &value);
	if (value.inner != value.node)
		put_defects(x, value.inner);
	text_printf(x->t, "  digestID %llu, random ",
	    (unsigned long long)node_at(x, item->id)->value);
	text_hex(x->t,
	    random.len > SALT_SHOWN ? bytes_of(random.ptr, SALT_SHOWN)
				    : random);
	text_printf(x->t, "%s (%zu B)\n",
	    random.len > SALT_SHOWN ? "\xe2\x80\xa6" : "", random.len);
	put_children(x, value.inner);
}

/* But for upper and lower case. */
static bool
says(struct bytes key, const char *name)
{
	return key.len == strlen(name) &&
	    strncasecmp((const char *)key.ptr, name, key.len) == 0;
}

static void
put_container(struct tree *x, const struct line *l, bool labelled)
{
	const struct outline_node *n = node_at(x, l->inner);
	const struct schema *s = x->v->names->schemas[l->inner];
	const char *name = s != NULL ? s->name : NULL;

	/* "issuerSigned" says it already. */
	if (name != NULL && l->key != OUTLINE_NONE &&
	    says(outline_content(x->v->o, l->key), name))
		name = NULL;
	text_put(x->t, labelled ? " " : "");
	if (name != NULL)
		text_put(x->t, name);
	else
		put_count(x, n);
}

static void
put_node(struct tree *x, const struct line *l)
{
	const struct outline_node *n = node_at(x, l->inner);
	struct item item;
	bool labelled;

	if (item_find(x, l, &item)) {
		put_item(x, l, &item);
		return;
	}
	put_start(x, node_at(x, l->node)->offset);
	labelled = put_label(x, l);
	if (is_container(n)) {
		put_container(x, l, labelled);
	} else {
		text_put(x->t, labelled ? " = " : "");
		put_scalar(x, l->inner);
	}
	put_tags(x, l);
	if (l->key != OUTLINE_NONE)
		put_defects(x, l->key);
	put_defects(x, l->inner);
	if (l->node == 0)
		text_printf(x->t, "  %zu byte%s", x->v->o->in.len,
		    x->v->o->in.len == 1 ? "" : "s");
	text_put(x->t, "\n");
	put_children(x, l->inner);
}

void
view_tree(const struct view *v)
{
	struct tree x = { .v = v, .t = v->text, .offset_width = 4 };
	struct line root = { .key = OUTLINE_NONE };
	const struct outline *o = v->o;
	size_t i;

	for (i = o->in.len >> 16; i > 0; i >>= 4)
		x.offset_width++;
	if (o->n > 0) {
		root.inner = inner_of(&x, 0);
		put_node(&x, &root);
	}
	if (o->defects_count > 0)
		text_printf(v->text, "%zu defect%s:\n", o->defects_count,
		    o->defects_count == 1 ? "" : "s");
	for (i = 0; i < o->defects_n; i++)
		text_printf(v->text, "0x%0*zx   ! %s\n", x.offset_width,
		    o->defects[i].offset, o->defects[i].text);
}
