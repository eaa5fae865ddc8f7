/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/diag.h"

#define NOT_THERE "undefined / not there /"

struct writer {
	const struct outline *o;
	struct text *t;
	size_t max_string;
	/* Children seen, by depth of the parent. */
	uint32_t seen[OUTLINE_MAX_DEPTH + 1];
};

/* RFC 8949 8.1: how long a head is that could be shorter. */
static void
put_indicator(struct writer *w, const struct outline_node *n)
{
	if (!n->preferred)
		text_put(w->t,
		    n->head_len == 2       ? "_0"
			: n->head_len == 3 ? "_1"
			: n->head_len == 5 ? "_2"
					   : "_3");
}

static void
put_integer(struct writer *w, const struct outline_node *n)
{
	if (n->kind == CBOR_KIND_UINT)
		text_printf(w->t, "%llu", (unsigned long long)n->value);
	else if (n->value == UINT64_MAX)
		text_put(w->t, "-18446744073709551616");
	else
		text_printf(w->t, "-%llu", (unsigned long long)n->value + 1);
	put_indicator(w, n);
}

static void
put_string(struct writer *w, uint32_t node)
{
	const struct outline_node *n = &w->o->nodes[node];
	const struct bytes s = outline_content(w->o, node);
	struct bytes shown = s;

	if (n->kind == CBOR_KIND_TSTR) {
		shown = text_prefix(s, w->max_string);
		text_put(w->t, "\"");
		text_escaped(w->t, shown);
		text_put(w->t, "\"");
	} else {
		if (w->max_string > 0 && s.len > w->max_string)
			shown.len = w->max_string;
		text_put(w->t, "h'");
		text_hex(w->t, shown);
		text_put(w->t, "'");
	}
	put_indicator(w, n);
	if (shown.len < s.len)
		text_printf(w->t, " / %zu bytes in all /", s.len);
}

static void
put_float(struct writer *w, uint32_t node)
{
	text_float(w->t, outline_number(w->o, node));
	put_indicator(w, &w->o->nodes[node]);
}

/* Can it be written as what it holds? */
static bool
is_embedded(const struct writer *w, const struct outline_node *n)
{
	return n->opened && n->complete && w->o->nodes[n->child].complete &&
	    w->o->nodes[n->child].end == n->end;
}

/* What opens a container; false: the node has no inside to be written. */
static bool
put_open(struct writer *w, uint32_t node)
{
	const struct outline_node *n = &w->o->nodes[node];

	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
		text_put(w->t, n->kind == CBOR_KIND_MAP ? "{" : "[");
		text_put(w->t, n->indefinite ? "_ " : "");
		put_indicator(w, n);
		text_put(w->t, n->preferred ? "" : " ");
		return true;
	case CBOR_KIND_TAG:
		text_printf(w->t, "%llu", (unsigned long long)n->value);
		put_indicator(w, n);
		text_put(w->t, "(");
		return true;
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
		if (n->indefinite) {
			/* Without chunks it has a notation of its own. */
			text_put(w->t,
			    n->children > 0                 ? "(_ "
				: n->kind == CBOR_KIND_BSTR ? "''_"
							    : "\"\"_");
			return n->children > 0;
		}
		if (!is_embedded(w, n)) {
			put_string(w, node);
			return false;
		}
		text_put(w->t, "<<");
		return true;
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
	case CBOR_KIND_BOOL:
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_SIMPLE:
	case CBOR_KIND_FLOAT:
	case CBOR_KIND_BREAK:
	default:
		return false;
	}
}

static void
put_close(struct writer *w, const struct outline_node *n)
{
	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_ARRAY:
		text_put(w->t, "]");
		break;
	case CBOR_KIND_MAP:
		if (n->children % 2 > 0)
			text_put(w->t, ": " NOT_THERE);
		text_put(w->t, "}");
		break;
	case CBOR_KIND_TAG:
		text_put(w->t, n->children > 0 ? ")" : NOT_THERE ")");
		break;
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
		if (n->indefinite) {
			text_put(w->t, n->children > 0 ? ")" : "");
		} else if (is_embedded(w, n)) {
			text_put(w->t, ">>");
			put_indicator(w, n);
		}
		break;
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
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

static void
put_scalar(struct writer *w, uint32_t node)
{
	const struct outline_node *n = &w->o->nodes[node];

	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
		put_integer(w, n);
		break;
	case CBOR_KIND_BOOL:
		text_put(w->t, n->value ? "true" : "false");
		break;
	case CBOR_KIND_NULL:
		text_put(w->t, "null");
		break;
	case CBOR_KIND_UNDEFINED:
		text_put(w->t, "undefined");
		break;
	case CBOR_KIND_SIMPLE:
		text_printf(w->t, "simple(%u)", (unsigned)n->value);
		break;
	case CBOR_KIND_FLOAT:
		put_float(w, node);
		break;
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_TAG:
	case CBOR_KIND_BREAK:
	default:
		break;
	}
}

static void
put_defects(struct writer *w, uint32_t first)
{
	const struct outline_defect *d;

	for (uint32_t i = first; i != OUTLINE_NONE; i = d->next) {
		d = &w->o->defects[i];
		text_printf(w->t, " / %s at 0x%04zx /", d->text, d->offset);
	}
}

static void
put_separator(struct writer *w, const struct outline_node *n)
{
	const struct outline_node *parent;
	uint32_t seen;

	if (n->parent == OUTLINE_NONE)
		return;
	parent = &w->o->nodes[n->parent];
	seen = w->seen[parent->depth]++;
	if (parent->kind == CBOR_KIND_MAP && seen % 2 > 0)
		text_put(w->t, ": ");
	else if (seen > 0)
		text_put(w->t, ", ");
}

static bool
visit(void *arg, uint32_t node, bool entering)
{
	struct writer *w = arg;
	const struct outline_node *n = &w->o->nodes[node];
	bool inside = false;

	if (entering) {
		put_separator(w, n);
		w->seen[n->depth] = 0;
		inside = put_open(w, node);
		put_scalar(w, node);
	} else {
		put_close(w, n);
		put_defects(w, n->first_defect);
	}
	return inside;
}

void
diag_write(const struct outline *o, size_t max_string, struct text *t)
{
	struct writer w = { .o = o, .t = t, .max_string = max_string };

	if (o->n == 0)
		text_put(t, NOT_THERE);
	else
		outline_walk(o, 0, visit, &w);
	for (size_t i = 0; i < o->defects_n; i++) {
		if (o->defects[i].node == OUTLINE_NONE)
			text_printf(t, " / %s at 0x%04zx /", o->defects[i].text,
			    o->defects[i].offset);
	}
	text_put(t, "\n");
}
