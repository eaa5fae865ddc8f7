/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/codec/outline.h"

#define INFO_ONE_BYTE   24
#define INFO_INDEFINITE 31
#define SIMPLE_BREAK    31

static bool
grow(void **list, size_t *cap, size_t n, size_t size)
{
	const size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p;

	if (n < *cap)
		return true;
	p = reallocarray(*list, more, size);
	if (p == NULL)
		return false;
	*list = p;
	*cap = more;
	return true;
}

void
outline_add_defect(struct outline *o, uint32_t node, size_t offset,
    const char *text)
{
	struct outline_defect *d;
	void *list = o->defects;
	uint32_t *link;

	o->defects_count++;
	if (o->defects_n == OUTLINE_MAX_DEFECTS)
		return;
	if (!grow(&list, &o->defects_cap, o->defects_n, sizeof(*d))) {
		o->no_memory = true;
		return;
	}
	o->defects = list;
	d = &o->defects[o->defects_n];
	*d = (struct outline_defect){ offset, node, OUTLINE_NONE, text };
	if (node != OUTLINE_NONE) {
		link = &o->nodes[node].first_defect;
		while (*link != OUTLINE_NONE)
			link = &o->defects[*link].next;
		*link = (uint32_t)o->defects_n;
	}
	o->defects_n++;
}

/* ---- heads */

static enum cbor_kind
simple_kind(unsigned info, uint64_t value)
{
	if (info > INFO_ONE_BYTE)
		return info == SIMPLE_BREAK ? CBOR_KIND_BREAK : CBOR_KIND_FLOAT;
	switch (value) {
	case 20:
	case 21:
		return CBOR_KIND_BOOL;
	case 22:
		return CBOR_KIND_NULL;
	case 23:
		return CBOR_KIND_UNDEFINED;
	default:
		return CBOR_KIND_SIMPLE;
	}
}

static uint64_t
be_number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* The text of what is wrong with a head, or NULL. */
static const char *
head_read(const uint8_t *p, size_t left, struct outline_node *n)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	unsigned major, info, more;
	enum cbor_kind kind;

	if (left == 0)
		return "truncated";
	major = p[0] >> 5;
	info = p[0] & 0x1f;
	more = info < 24 || info > 27 ? 0 : 1U << (info - 24);
	if (info > 27 && info < 31)
		return "malformed";
	if (more >= left)
		return "truncated";
	n->head_len = (uint8_t)(1 + more);
	n->value = more > 0 ? be_number(p + 1, more) : info;
	n->preferred = more == 0 || n->value >= least[info - 24];
	n->kind = (uint8_t)major;
	if (major == 7) {
		kind = simple_kind(info, n->value);
		n->kind = (uint8_t)kind;
		n->preferred = true;
		/* Below 32 there is the short form only (RFC 8949 3.3). */
		if (info == INFO_ONE_BYTE && n->value < 32)
			return "malformed";
		if (n->kind == CBOR_KIND_BOOL)
			n->value -= 20;
	} else if (info == INFO_INDEFINITE) {
		if (major < 2 || major == 6)
			return "malformed";
		n->indefinite = true;
		n->value = 0;
	}
	return NULL;
}

static double
half_number(unsigned half)
{
	const unsigned exponent = half >> 10 & 0x1f;
	uint64_t bits = (uint64_t)(half & 0x8000) << 48;
	uint64_t fraction = half & 0x3ff;
	unsigned shift = 0;
	double d;

	if (exponent == 0x1f) {
		bits |= (uint64_t)0x7ff << 52 | fraction << 42;
	} else if (exponent > 0) {
		bits |= (uint64_t)(exponent + 1008) << 52 | fraction << 42;
	} else if (fraction > 0) {
		/* Subnormal: the leading 1 goes out of sight. */
		for (; !(fraction & 0x400); shift++)
			fraction <<= 1;
		bits |=
		    (uint64_t)(1009 - shift) << 52 | (fraction & 0x3ff) << 42;
	}
	memcpy(&d, &bits, sizeof(d));
	return d;
}

double
outline_number(const struct outline *o, uint32_t node)
{
	const struct outline_node *n = &o->nodes[node];
	const uint32_t single = (uint32_t)n->value;
	double d;
	float f;

	if (n->head_len == 3)
		return half_number((unsigned)n->value);
	if (n->head_len == 5) {
		memcpy(&f, &single, sizeof(f));
		return (double)f;
	}
	memcpy(&d, &n->value, sizeof(d));
	return d;
}

static bool
float_is_preferred(const struct outline *o, uint32_t node)
{
	const struct outline_node *n = &o->nodes[node];
	uint8_t buf[16];
	struct cbor_writer w;

	cbor_writer_fixed(&w, buf, sizeof(buf));
	cbor_put_double(&w, outline_number(o, node));
	return w.len == n->head_len;
}

/* ---- items */

struct parse {
	struct outline *o;
	const uint8_t *end; /* of this string, or of the input */
	const uint8_t *ptr;
	uint32_t parent; /* that is open */
	uint32_t last;   /* child of parent, or OUTLINE_NONE */
	uint32_t floor;  /* parent of the outermost item */
};

static bool
is_string(const struct outline_node *n)
{
	return n->kind == CBOR_KIND_BSTR || n->kind == CBOR_KIND_TSTR;
}

/* Children that a node must have; false: until a break. */
static bool
child_count(const struct outline_node *n, uint64_t *ret)
{
	*ret = 0;
	if (n->indefinite)
		return false;
	if (n->kind == CBOR_KIND_ARRAY)
		*ret = n->value;
	else if (n->kind == CBOR_KIND_MAP)
		*ret = n->value > UINT64_MAX / 2 ? UINT64_MAX : 2 * n->value;
	else if (n->kind == CBOR_KIND_TAG)
		*ret = 1;
	return true;
}

static bool
is_open(const struct outline_node *n)
{
	uint64_t count;

	return !child_count(n, &count) || count > n->children;
}

static uint32_t
node_add(struct parse *p, const struct outline_node *n)
{
	struct outline *o = p->o;
	void *list = o->nodes;
	const uint32_t i = (uint32_t)o->n;

	if (!grow(&list, &o->cap, o->n, sizeof(*n))) {
		o->no_memory = true;
		return OUTLINE_NONE;
	}
	o->nodes = list;
	o->nodes[o->n++] = *n;
	o->nodes[i].parent = p->parent;
	if (p->parent != OUTLINE_NONE) {
		o->nodes[i].depth = (uint8_t)(o->nodes[p->parent].depth + 1);
		o->nodes[p->parent].children++;
		if (p->last == OUTLINE_NONE)
			o->nodes[p->parent].child = i;
		else
			o->nodes[p->last].next = i;
	}
	p->last = i;
	return i;
}

/* Closes all that is complete now; the last node was read. */
static void
close_complete(struct parse *p)
{
	struct outline_node *n;

	while (p->parent != p->floor) {
		n = &p->o->nodes[p->parent];
		if (is_open(n))
			return;
		n->end = (uint32_t)(p->ptr - p->o->in.ptr);
		n->complete = true;
		p->last = p->parent;
		p->parent = n->parent;
	}
}

/* A break ends what is open, if that is of indefinite length. */
static const char *
break_read(struct parse *p)
{
	struct outline_node *n;

	if (p->parent == p->floor)
		return "break without an indefinite length";
	n = &p->o->nodes[p->parent];
	if (!n->indefinite || (n->kind == CBOR_KIND_MAP && n->children % 2 > 0))
		return "break without an indefinite length";
	p->ptr++;
	n->end = (uint32_t)(p->ptr - p->o->in.ptr);
	n->complete = true;
	p->last = p->parent;
	p->parent = n->parent;
	close_complete(p);
	return NULL;
}

/* What a head alone tells; defects that reading goes on after. */
static void
node_check(struct outline *o, uint32_t i)
{
	const struct outline_node *n = &o->nodes[i];
	size_t bad;

	if (n->indefinite)
		outline_add_defect(o, i, n->offset, "indefinite length");
	if (n->kind == CBOR_KIND_FLOAT ? !float_is_preferred(o, i)
				       : !n->preferred) {
		o->nodes[i].preferred = false;
		outline_add_defect(o, i, n->offset,
		    "head longer than necessary");
	}
	if (n->kind == CBOR_KIND_TSTR && n->complete &&
	    !bytes_is_utf8(outline_content(o, i), &bad))
		outline_add_defect(o, i, n->offset + n->head_len + bad,
		    "not UTF-8");
}

/* An indefinite string consists of definite ones of its own kind. */
static bool
chunk_fits(const struct parse *p, const struct outline_node *n)
{
	const struct outline_node *parent;

	if (p->parent == p->floor)
		return true;
	parent = &p->o->nodes[p->parent];
	return !is_string(parent) ||
	    (parent->kind == n->kind && !n->indefinite);
}

/* NULL, or why nothing more can be read. */
static const char *
item_read(struct parse *p)
{
	struct outline *o = p->o;
	struct outline_node n = { .child = OUTLINE_NONE,
		.next = OUTLINE_NONE,
		.first_defect = OUTLINE_NONE };
	const size_t left = (size_t)(p->end - p->ptr);
	const char *text = head_read(p->ptr, left, &n);
	size_t content = 0;
	uint32_t i;

	if (text != NULL)
		return text;
	if (n.kind == CBOR_KIND_BREAK)
		return break_read(p);
	if (!chunk_fits(p, &n))
		return "malformed";
	if (o->n == OUTLINE_MAX_NODES)
		return "too many items to be shown";
	n.offset = (uint32_t)(p->ptr - o->in.ptr);
	if (is_string(&n) && !n.indefinite)
		content = n.value > left - n.head_len ? left - n.head_len
						      : (size_t)n.value;
	p->ptr += n.head_len + content;
	n.end = (uint32_t)(p->ptr - o->in.ptr);
	n.complete = !is_open(&n) && (!is_string(&n) || content == n.value);
	i = node_add(p, &n);
	if (i == OUTLINE_NONE)
		return "out of memory";
	node_check(o, i);
	if (is_string(&n) && !n.indefinite && !n.complete)
		return "truncated";
	if (is_open(&n)) {
		if (o->nodes[i].depth + 1 >= OUTLINE_MAX_DEPTH)
			return "nested too deeply";
		p->parent = i;
		p->last = OUTLINE_NONE;
	} else {
		close_complete(p);
	}
	return NULL;
}

/* One item with everything in it. */
static void
tree_read(struct parse *p)
{
	struct outline *o = p->o;
	const size_t first = o->n;
	const char *text;

	do {
		text = item_read(p);
	} while (text == NULL && p->parent != p->floor);
	if (text == NULL)
		return;
	/* Shown with the last item before it. */
	outline_add_defect(o, o->n > first ? (uint32_t)(o->n - 1) : p->floor,
	    (size_t)(p->ptr - o->in.ptr), text);
	for (; p->parent != p->floor; p->parent = o->nodes[p->parent].parent)
		o->nodes[p->parent].end = (uint32_t)(p->ptr - o->in.ptr);
}

/* ---- duplicate keys */

struct key {
	const struct outline *o;
	uint32_t node;
};

static unsigned
key_class(const struct outline_node *n)
{
	return n->kind > CBOR_KIND_TSTR ? CBOR_KIND_ARRAY : n->kind;
}

/* Integers by value, strings by content, others by their bytes. */
static int
key_order(const struct outline *o, uint32_t a, uint32_t b)
{
	const struct outline_node *x = &o->nodes[a], *y = &o->nodes[b];
	const unsigned c = key_class(x), d = key_class(y);

	if (c != d)
		return c < d ? -1 : 1;
	if (c <= CBOR_KIND_NINT)
		return (x->value > y->value) - (x->value < y->value);
	if (c == CBOR_KIND_ARRAY || x->indefinite || y->indefinite)
		return bytes_compare(outline_span(o, a), outline_span(o, b));
	return bytes_compare(outline_content(o, a), outline_content(o, b));
}

static int
key_compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const int c = key_order(x->o, x->node, y->node);

	return c != 0 ? c : (x->node > y->node) - (x->node < y->node);
}

/* All but the first of equal keys are marked; a pair that is not complete is
 * not looked at. */
static void
map_check(struct outline *o, uint32_t map, struct key *keys)
{
	size_t n = 0;

	for (uint32_t i = o->nodes[map].child; i != OUTLINE_NONE;) {
		if (o->nodes[i].complete)
			keys[n++] = (struct key){ o, i };
		i = o->nodes[i].next;
		if (i != OUTLINE_NONE)
			i = o->nodes[i].next;
	}
	qsort(keys, n, sizeof(*keys), key_compare);
	for (size_t i = 1; i < n; i++) {
		if (key_order(o, keys[i - 1].node, keys[i].node) == 0)
			outline_add_defect(o, keys[i].node,
			    o->nodes[keys[i].node].offset, "duplicate map key");
	}
}

static void
maps_check(struct outline *o, size_t first)
{
	const size_t last = o->n;
	size_t most = 0;
	struct key *keys;

	for (size_t i = first; i < last; i++) {
		if (o->nodes[i].kind == CBOR_KIND_MAP &&
		    o->nodes[i].children > most)
			most = o->nodes[i].children;
	}
	if (most < 2)
		return;
	keys = reallocarray(NULL, most / 2 + 1, sizeof(*keys));
	if (keys == NULL) {
		o->no_memory = true;
		return;
	}
	for (size_t i = first; i < last; i++) {
		if (o->nodes[i].kind == CBOR_KIND_MAP)
			map_check(o, (uint32_t)i, keys);
	}
	free(keys);
}

/* ---- the whole, and strings */

bool
outline_read(struct outline *o, struct bytes in)
{
	const size_t len = in.len < CBOR_MAX_SIZE ? in.len : CBOR_MAX_SIZE;
	struct parse p = { .o = o,
		.parent = OUTLINE_NONE,
		.last = OUTLINE_NONE,
		.floor = OUTLINE_NONE };

	*o = OUTLINE_INIT;
	o->in = in;
	p.ptr = in.ptr;
	p.end = in.ptr + len;
	tree_read(&p);
	maps_check(o, 0);
	if (o->n > 0 && o->nodes[0].complete && p.ptr < in.ptr + in.len)
		outline_add_defect(o, OUTLINE_NONE, (size_t)(p.ptr - in.ptr),
		    "trailing bytes");
	return !o->no_memory;
}

void
outline_reset(struct outline *o)
{
	free(o->nodes);
	free(o->defects);
	*o = OUTLINE_INIT;
}

struct bytes
outline_content(const struct outline *o, uint32_t node)
{
	const struct outline_node *n;

	if (node == OUTLINE_NONE)
		return BYTES_NULL;
	n = &o->nodes[node];
	if (!is_string(n) || n->indefinite)
		return BYTES_NULL;
	return bytes_of(o->in.ptr + n->offset + n->head_len,
	    n->end - n->offset - n->head_len);
}

struct bytes
outline_span(const struct outline *o, uint32_t node)
{
	const struct outline_node *n = &o->nodes[node];

	return bytes_of(o->in.ptr + n->offset, n->end - n->offset);
}

bool
outline_open(struct outline *o, uint32_t node, bool must)
{
	struct parse p = {
		.o = o, .parent = node, .last = OUTLINE_NONE, .floor = node
	};
	const struct bytes content = outline_content(o, node);
	const size_t first = o->n;

	if (node == OUTLINE_NONE || o->nodes[node].opened)
		return node != OUTLINE_NONE;
	if (o->nodes[node].kind != CBOR_KIND_BSTR || bytes_is_null(content) ||
	    o->nodes[node].depth + 2 >= OUTLINE_MAX_DEPTH)
		return false;
	if (!must && cbor_check(content, NULL) != CBOR_OK)
		return false;
	p.ptr = content.ptr;
	p.end = content.ptr + content.len;
	tree_read(&p);
	if (o->n == first)
		return false;
	o->nodes[node].opened = true;
	maps_check(o, first);
	if (o->nodes[first].complete && p.ptr < p.end)
		outline_add_defect(o, node, (size_t)(p.ptr - o->in.ptr),
		    "trailing bytes");
	return true;
}

void
outline_open_tagged(struct outline *o, size_t first)
{
	const struct outline_node *n;
	uint32_t child;

	/* What is opened is appended, and so comes by in its turn. */
	for (size_t i = first; i < o->n; i++) {
		n = &o->nodes[i];
		child = n->child;
		if (n->kind != CBOR_KIND_TAG || n->value != 24 ||
		    child == OUTLINE_NONE)
			continue;
		if (o->nodes[child].kind != CBOR_KIND_BSTR)
			outline_add_defect(o, child, o->nodes[child].offset,
			    "no byte string under tag 24");
		else
			outline_open(o, child, true);
	}
}

void
outline_walk(const struct outline *o, uint32_t node,
    bool (*fn)(void *arg, uint32_t node, bool entering), void *arg)
{
	uint32_t i = node;

	if (o->n == 0)
		return;
	for (;;) {
		if (fn(arg, i, true) && o->nodes[i].child != OUTLINE_NONE) {
			i = o->nodes[i].child;
			continue;
		}
		fn(arg, i, false);
		while (i != node && o->nodes[i].next == OUTLINE_NONE) {
			i = o->nodes[i].parent;
			fn(arg, i, false);
		}
		if (i == node)
			return;
		i = o->nodes[i].next;
	}
}

/* ---- looking things up */

bool
outline_is_text(const struct outline *o, uint32_t node, const char *text)
{
	return node != OUTLINE_NONE && o->nodes[node].kind == CBOR_KIND_TSTR &&
	    bytes_equal_str(outline_content(o, node), text);
}

bool
outline_int(const struct outline *o, uint32_t node, int64_t *ret)
{
	const struct outline_node *n;

	if (node == OUTLINE_NONE)
		return false;
	n = &o->nodes[node];
	if (n->kind > CBOR_KIND_NINT || n->value > INT64_MAX)
		return false;
	*ret = n->kind == CBOR_KIND_UINT ? (int64_t)n->value
					 : -1 - (int64_t)n->value;
	return true;
}

uint32_t
outline_child(const struct outline *o, uint32_t node, size_t i)
{
	uint32_t child;

	if (node == OUTLINE_NONE)
		return OUTLINE_NONE;
	child = o->nodes[node].child;
	while (child != OUTLINE_NONE && i-- > 0)
		child = o->nodes[child].next;
	return child;
}

/* key NULL: by label */
static uint32_t
member(const struct outline *o, uint32_t map, const char *key, int64_t label)
{
	int64_t n;

	if (map == OUTLINE_NONE || o->nodes[map].kind != CBOR_KIND_MAP)
		return OUTLINE_NONE;
	for (uint32_t i = o->nodes[map].child; i != OUTLINE_NONE;) {
		const uint32_t value = o->nodes[i].next;

		if (key != NULL ? outline_is_text(o, i, key)
				: outline_int(o, i, &n) && n == label)
			return value;
		if (value == OUTLINE_NONE)
			break;
		i = o->nodes[value].next;
	}
	return OUTLINE_NONE;
}

uint32_t
outline_member(const struct outline *o, uint32_t map, const char *key)
{
	return member(o, map, key, 0);
}

uint32_t
outline_label(const struct outline *o, uint32_t map, int64_t label)
{
	return member(o, map, NULL, label);
}
