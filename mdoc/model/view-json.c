/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON: an object for each item, as documented in mdoc_inspect(3). */
#include "config.h"

#include <math.h>

#include "mdoc/model/view.h"

/* Numbers beyond are not exact in every JSON library. */
#define EXACT_MAX (UINT64_C(1) << 53)

struct json {
	const struct view *v;
	struct text *t;
	/* Children seen, by depth of the parent. */
	uint32_t seen[OUTLINE_MAX_DEPTH + 1];
};

static const char *
type_name(const struct outline_node *n)
{
	static const char *const names[] = {
		[CBOR_KIND_UINT] = "int",
		[CBOR_KIND_NINT] = "int",
		[CBOR_KIND_BSTR] = "bstr",
		[CBOR_KIND_TSTR] = "tstr",
		[CBOR_KIND_ARRAY] = "array",
		[CBOR_KIND_MAP] = "map",
		[CBOR_KIND_TAG] = "tag",
		[CBOR_KIND_BOOL] = "bool",
		[CBOR_KIND_NULL] = "null",
		[CBOR_KIND_UNDEFINED] = "undefined",
		[CBOR_KIND_SIMPLE] = "simple",
		[CBOR_KIND_FLOAT] = "float",
		[CBOR_KIND_BREAK] = "break",
	};

	return names[n->kind];
}

static void
put_string(struct text *t, const char *name, const char *value)
{
	text_printf(t, ",\"%s\":\"", name);
	text_escaped(t, bytes_str(value));
	text_put(t, "\"");
}

static void
put_integer(struct json *x, const struct outline_node *n)
{
	const bool exact = n->value < EXACT_MAX;

	text_put(x->t, exact ? ",\"value\":" : ",\"value\":\"");
	if (n->kind == CBOR_KIND_UINT)
		text_printf(x->t, "%llu", (unsigned long long)n->value);
	else if (n->value == UINT64_MAX)
		text_put(x->t, "-18446744073709551616");
	else
		text_printf(x->t, "-%llu", (unsigned long long)n->value + 1);
	text_put(x->t, exact ? "" : "\"");
}

static void
put_float(struct json *x, uint32_t node)
{
	const double v = outline_number(x->v->o, node);

	if (isnan(v))
		text_put(x->t, ",\"value\":\"NaN\"");
	else if (isinf(v))
		put_string(x->t, "value", v < 0 ? "-Infinity" : "Infinity");
	else {
		text_put(x->t, ",\"value\":");
		text_float(x->t, v);
	}
}

static void
put_content(struct json *x, uint32_t node)
{
	const struct outline_node *n = &x->v->o->nodes[node];
	const struct bytes s = outline_content(x->v->o, node);
	const bool text = n->kind == CBOR_KIND_TSTR;
	struct bytes shown = s;

	if (n->indefinite)
		return;
	text_printf(x->t, ",\"length\":%zu", s.len);
	/* "cbor" will tell all of it. */
	if (n->opened && x->v->o->nodes[n->child].complete &&
	    x->v->o->nodes[n->child].end == n->end)
		return;
	if (text)
		shown = text_prefix(s, x->v->max_string);
	else if (x->v->max_string > 0 && s.len > x->v->max_string)
		shown.len = x->v->max_string;
	text_printf(x->t, ",\"%s\":\"", text ? "value" : "hex");
	if (text)
		text_escaped(x->t, shown);
	else
		text_hex(x->t, shown);
	text_put(x->t, shown.len < s.len ? "\",\"shortened\":true" : "\"");
}

static void
put_value(struct json *x, uint32_t node)
{
	const struct outline_node *n = &x->v->o->nodes[node];

	switch ((enum cbor_kind)n->kind) {
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
		put_integer(x, n);
		break;
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
		put_content(x, node);
		break;
	case CBOR_KIND_TAG:
		text_printf(x->t, ",\"tag\":%llu",
		    (unsigned long long)n->value);
		break;
	case CBOR_KIND_BOOL:
		text_put(x->t,
		    n->value ? ",\"value\":true" : ",\"value\":false");
		break;
	case CBOR_KIND_SIMPLE:
		text_printf(x->t, ",\"value\":%u", (unsigned)n->value);
		break;
	case CBOR_KIND_FLOAT:
		put_float(x, node);
		break;
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_BREAK:
	default:
		break;
	}
}

static void
put_names(struct json *x, uint32_t node)
{
	const struct schema *s = x->v->names->schemas[node];
	const struct schema_member *m = x->v->names->members[node];
	struct blob meaning = BLOB_INIT;
	struct text t = { &meaning, false };

	if (s != NULL && s->name != NULL)
		put_string(x->t, "is", s->name);
	if (m != NULL && m->name != NULL)
		put_string(x->t, "name", m->name);
	if (view_meaning(x->v, node, &t)) {
		text_put(x->t, ",\"meaning\":\"");
		text_escaped(x->t, blob_bytes(&meaning));
		text_put(x->t, "\"");
	}
	x->t->bad = x->t->bad || t.bad;
	blob_reset(&meaning);
}

static void
put_defect(struct text *t, const struct outline_defect *d)
{
	text_printf(t, "{\"offset\":%zu,\"text\":\"%s\"}", d->offset, d->text);
}

static void
put_defects(struct json *x, uint32_t first)
{
	const struct outline_defect *list = x->v->o->defects;

	if (first == OUTLINE_NONE)
		return;
	text_put(x->t, ",\"defects\":[");
	for (uint32_t i = first; i != OUTLINE_NONE; i = list[i].next) {
		text_put(x->t, i == first ? "" : ",");
		put_defect(x->t, &list[i]);
	}
	text_put(x->t, "]");
}

/* What comes before an item, by where it stands. */
static void
put_before(struct json *x, const struct outline_node *n)
{
	const struct outline_node *parent;
	uint32_t seen;

	if (n->parent == OUTLINE_NONE)
		return;
	parent = &x->v->o->nodes[n->parent];
	seen = x->seen[parent->depth]++;
	if (parent->kind == CBOR_KIND_MAP) {
		text_put(x->t,
		    seen % 2 > 0   ? ",\"value\":"
			: seen > 0 ? ",{\"key\":"
				   : "{\"key\":");
	} else if (seen > 0) {
		text_put(x->t, ",");
	}
}

/* What comes before the first child. */
static void
put_open(struct json *x, const struct outline_node *n)
{
	if (n->kind == CBOR_KIND_MAP)
		text_put(x->t, ",\"entries\":[");
	else if (n->kind == CBOR_KIND_ARRAY)
		text_put(x->t, ",\"items\":[");
	else if (n->kind == CBOR_KIND_TAG)
		text_put(x->t, n->children > 0 ? ",\"content\":" : "");
	else if (n->opened)
		text_put(x->t, ",\"cbor\":");
	else if (n->indefinite)
		text_put(x->t, ",\"chunks\":[");
}

static void
put_close(struct json *x, const struct outline_node *n)
{
	/* A key whose value is not there. */
	if (n->kind == CBOR_KIND_MAP && n->children % 2 > 0)
		text_put(x->t, "}");
	if (n->kind == CBOR_KIND_MAP || n->kind == CBOR_KIND_ARRAY ||
	    n->indefinite)
		text_put(x->t, "]");
}

static bool
visit(void *arg, uint32_t node, bool entering)
{
	struct json *x = arg;
	const struct outline_node *n = &x->v->o->nodes[node];

	if (entering) {
		put_before(x, n);
		x->seen[n->depth] = 0;
		text_printf(x->t, "{\"type\":\"%s\",\"offset\":%u",
		    type_name(n), n->offset);
		put_value(x, node);
		put_names(x, node);
		put_defects(x, n->first_defect);
		if (n->indefinite)
			text_put(x->t, ",\"indefinite\":true");
		if (!n->complete)
			text_put(x->t, ",\"incomplete\":true");
		put_open(x, n);
		return true;
	}
	put_close(x, n);
	text_put(x->t, "}");
	/* The end of a pair. */
	if (n->parent != OUTLINE_NONE &&
	    x->v->o->nodes[n->parent].kind == CBOR_KIND_MAP &&
	    x->seen[n->depth - 1] % 2 == 0)
		text_put(x->t, "}");
	return true;
}

void
view_json(const struct view *v)
{
	struct json x = { .v = v, .t = v->text };
	const struct outline *o = v->o;
	const struct schema *s = o->n > 0 ? v->names->schemas[0] : NULL;

	text_printf(v->text, "{\"type\":\"cbor\",\"size\":%zu", o->in.len);
	if (s != NULL && s->name != NULL)
		put_string(v->text, "is", s->name);
	text_printf(v->text, ",\"defectCount\":%zu,\"defects\":[",
	    o->defects_count);
	for (size_t i = 0; i < o->defects_n; i++) {
		text_put(v->text, i > 0 ? "," : "");
		put_defect(v->text, &o->defects[i]);
	}
	text_put(v->text, "],\"root\":");
	if (o->n > 0)
		outline_walk(o, 0, visit, &x);
	else
		text_put(v->text, "null");
	text_put(v->text, "}\n");
}
