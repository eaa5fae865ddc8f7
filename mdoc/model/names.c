/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/model/names.h"

/* Makes room for the nodes that came in since. */
static bool
names_grow(struct names *x, const struct outline *o)
{
	const struct schema **schemas;
	const struct schema_member **members;
	const size_t n = o->cap;

	if (o->n <= x->n)
		return true;
	schemas = reallocarray(x->schemas, n, sizeof(const void *));
	if (schemas == NULL)
		return false;
	x->schemas = schemas;
	members = reallocarray(x->members, n, sizeof(const void *));
	if (members == NULL)
		return false;
	x->members = members;
	for (; x->n < n; x->n++) {
		x->schemas[x->n] = NULL;
		x->members[x->n] = NULL;
	}
	return true;
}

/* key: of the value; OUTLINE_NONE in an array, where i is the position. */
static const struct schema_member *
member_find(const struct schema *s, const struct outline *o, uint32_t key,
    size_t i)
{
	const struct schema_member *m;
	int64_t label;

	if (key == OUTLINE_NONE)
		return i < s->members_n ? &s->members[i] : NULL;
	for (size_t j = 0; j < s->members_n; j++) {
		m = &s->members[j];
		if (m->key != NULL
			? outline_is_text(o, key, m->key)
			: outline_int(o, key, &label) && label == m->label)
			return m;
	}
	return NULL;
}

static void
child_name(struct names *x, uint32_t child, const struct schema *s,
    const struct schema_member *m)
{
	x->members[child] = m;
	x->schemas[child] = m != NULL ? m->of : s->element;
}

static void
children_name(struct names *x, const struct outline *o, uint32_t node)
{
	const struct schema *s = x->schemas[node];
	const bool map = o->nodes[node].kind == CBOR_KIND_MAP;
	uint32_t key = OUTLINE_NONE;
	size_t i = 0;

	if (s == NULL)
		return;
	for (uint32_t c = o->nodes[node].child; c != OUTLINE_NONE;
	     c = o->nodes[c].next, i++) {
		if (map && i % 2 == 0)
			key = c;
		else
			child_name(x, c, s, member_find(s, o, key, i));
	}
}

/* What a string holds: its own schema under tag 24, otherwise its content's. */
static void
string_name(struct names *x, struct outline *o, uint32_t node)
{
	const struct schema *s = x->schemas[node];
	const bool tagged = o->nodes[node].opened;
	const size_t first = o->n;
	uint32_t child;

	if (!tagged &&
	    (s == NULL || s->content == NULL || !outline_open(o, node, false)))
		return;
	if (!tagged)
		outline_open_tagged(o, first);
	if (o->no_memory || !names_grow(x, o)) {
		o->no_memory = true;
		return;
	}
	child = o->nodes[node].child;
	if (!tagged)
		s = s->content;
	x->schemas[child] = s != NULL && (s->name != NULL || s->members_n > 0)
	    ? s
	    : schema_recognise(o, child);
}

static void
node_name(struct names *x, struct outline *o, uint32_t node)
{
	const struct outline_node *n = &o->nodes[node];
	const struct schema *s = x->schemas[node];

	if (s != NULL && s->pick != NULL)
		x->schemas[node] = s->pick(o, node);
	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
		children_name(x, o, node);
		break;
	case CBOR_KIND_TAG:
		if (n->child != OUTLINE_NONE)
			x->schemas[n->child] = x->schemas[node];
		break;
	case CBOR_KIND_BSTR:
		string_name(x, o, node);
		break;
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
	case CBOR_KIND_TSTR:
	case CBOR_KIND_BOOL:
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_SIMPLE:
	case CBOR_KIND_FLOAT:
	case CBOR_KIND_BREAK:
	default:
		break;
	}
}

bool
names_find(struct names *x, struct outline *o)
{
	outline_open_tagged(o, 0);
	if (o->no_memory || !names_grow(x, o))
		return false;
	if (o->n > 0)
		x->schemas[0] = schema_recognise(o, 0);
	/* A child has a greater number than its parent, and what is opened on
	 * the way comes by in its turn. */
	for (size_t i = 0; i < o->n && !o->no_memory; i++)
		node_name(x, o, (uint32_t)i);
	return !o->no_memory;
}

void
names_reset(struct names *x)
{
	free(x->schemas);
	free(x->members);
	*x = NAMES_INIT;
}

const char *
names_value(const struct names *x, const struct outline *o, uint32_t node)
{
	const struct schema *s = x->schemas[node];
	int64_t n;

	if (s == NULL || !outline_int(o, node, &n))
		return NULL;
	for (size_t i = 0; i < s->values_n; i++) {
		if (s->values[i].value == n)
			return s->values[i].name;
	}
	return NULL;
}
