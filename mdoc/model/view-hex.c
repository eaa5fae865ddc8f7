/* SPDX-License-Identifier: BSD-3-Clause */
/* Annotated hex: the bytes of heads and strings, one below the other. */
#include "config.h"

#include <stdio.h>

#include "mdoc/model/view.h"

#define INDENT        3
#define BYTES_A_LINE  16
#define COMMENT_AT    48
#define INDENT_LEVELS 12 /* deeper ones are not indented any further */

struct hex {
	const struct view *v;
	struct text *t;
};

static size_t
indent_of(unsigned depth)
{
	return (size_t)INDENT * (depth < INDENT_LEVELS ? depth : INDENT_LEVELS);
}

static void
put_bytes(struct hex *x, unsigned depth, struct bytes b)
{
	text_spaces(x->t, indent_of(depth));
	text_hex(x->t, b);
}

/* The column of the comment to so many bytes. */
static void
put_comment(struct hex *x, unsigned depth, size_t n)
{
	const size_t column = indent_of(depth) + 2 * n;

	text_spaces(x->t, column < COMMENT_AT ? COMMENT_AT - column : 1);
	text_put(x->t, "# ");
}

static void
put_kind(struct hex *x, uint32_t node)
{
	const struct outline_node *n = &x->v->o->nodes[node];
	static const char *const names[] = {
		[CBOR_KIND_UINT] = "unsigned",
		[CBOR_KIND_NINT] = "negative",
		[CBOR_KIND_BSTR] = "bytes",
		[CBOR_KIND_TSTR] = "text",
		[CBOR_KIND_ARRAY] = "array",
		[CBOR_KIND_MAP] = "map",
		[CBOR_KIND_TAG] = "tag",
		[CBOR_KIND_SIMPLE] = "simple",
	};

	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_NINT:
		if (n->value == UINT64_MAX)
			text_put(x->t, "negative(-18446744073709551616)");
		else
			text_printf(x->t, "negative(-%llu)",
			    (unsigned long long)n->value + 1);
		break;
	case CBOR_KIND_BOOL:
		text_put(x->t, n->value ? "true" : "false");
		break;
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_BREAK:
		text_put(x->t, cbor_kind_name((enum cbor_kind)n->kind));
		break;
	case CBOR_KIND_FLOAT:
		text_put(x->t, "float(");
		text_float(x->t, outline_number(x->v->o, node));
		text_put(x->t, ")");
		break;
	case CBOR_KIND_UINT:
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_TAG:
	case CBOR_KIND_SIMPLE:
	default:
		if (n->indefinite)
			text_printf(x->t, "%s(*)", names[n->kind]);
		else
			text_printf(x->t, "%s(%llu)", names[n->kind],
			    (unsigned long long)n->value);
		break;
	}
}

static void
put_names(struct hex *x, uint32_t node)
{
	const struct schema *s = x->v->names->schemas[node];
	const struct schema_member *m = x->v->names->members[node];
	struct blob meaning = BLOB_INIT;
	struct text t = { &meaning, false };

	if (m != NULL && m->name != NULL)
		text_printf(x->t, " %s", m->name);
	if (s != NULL && s->name != NULL &&
	    x->v->o->nodes[node].child != OUTLINE_NONE &&
	    x->v->o->nodes[node].kind >= CBOR_KIND_ARRAY)
		text_printf(x->t, " %s", s->name);
	if (view_meaning(x->v, node, &t)) {
		text_put(x->t, ": ");
		text_put_bytes(x->t, blob_bytes(&meaning));
	}
	x->t->bad = x->t->bad || t.bad;
	blob_reset(&meaning);
}

static void
put_defects(struct hex *x, uint32_t first)
{
	const struct outline_defect *list = x->v->o->defects;

	for (uint32_t i = first; i != OUTLINE_NONE; i = list[i].next)
		text_printf(x->t, "  ! %s at 0x%04zx", list[i].text,
		    list[i].offset);
}

static void
put_string(struct hex *x, uint32_t node)
{
	const struct outline_node *n = &x->v->o->nodes[node];
	const struct bytes s = outline_content(x->v->o, node);
	const bool text = n->kind == CBOR_KIND_TSTR;
	size_t shown = s.len, k;

	if (x->v->max_string > 0 && shown > x->v->max_string)
		shown = x->v->max_string;
	for (size_t i = 0; i < shown; i += k) {
		k = shown - i < BYTES_A_LINE ? shown - i : BYTES_A_LINE;
		/* No character is cut by the end of a line. */
		if (text)
			k = text_prefix(bytes_of(s.ptr + i, s.len - i), k).len;
		k = k == 0 ? 1 : k;
		put_bytes(x, n->depth + 1U, bytes_of(s.ptr + i, k));
		if (text) {
			put_comment(x, n->depth + 1U, k);
			text_put(x->t, "\"");
			text_escaped(x->t, bytes_of(s.ptr + i, k));
			text_put(x->t, "\"");
		}
		text_put(x->t, "\n");
	}
	if (shown < s.len) {
		text_spaces(x->t, COMMENT_AT);
		text_printf(x->t, "# ... %zu bytes more\n", s.len - shown);
	}
}

static bool
visit(void *arg, uint32_t node, bool entering)
{
	struct hex *x = arg;
	const struct outline_node *n = &x->v->o->nodes[node];
	const uint8_t *p = x->v->o->in.ptr;

	if (!entering) {
		if (n->indefinite && n->complete) {
			put_bytes(x, n->depth, bytes_of(p + n->end - 1, 1));
			put_comment(x, n->depth, 1);
			text_put(x->t, "break\n");
		}
		return false;
	}
	put_bytes(x, n->depth, bytes_of(p + n->offset, n->head_len));
	put_comment(x, n->depth, n->head_len);
	put_kind(x, node);
	put_names(x, node);
	put_defects(x, n->first_defect);
	text_put(x->t, "\n");
	if (!n->opened)
		put_string(x, node);
	return true;
}

void
view_hex(const struct view *v)
{
	struct hex x = { .v = v, .t = v->text };
	const struct outline *o = v->o;
	const size_t end = o->n > 0 ? o->nodes[0].end : 0;

	if (o->n > 0)
		outline_walk(o, 0, visit, &x);
	for (size_t i = 0; i < o->defects_n; i++) {
		if (o->defects[i].node == OUTLINE_NONE)
			text_printf(v->text, "# ! %s at 0x%04zx\n",
			    o->defects[i].text, o->defects[i].offset);
	}
	if (end < o->in.len)
		text_printf(v->text, "# %zu bytes that were not read\n",
		    o->in.len - end);
}
