/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/date.h"
#include "mdoc/model/view.h"

static const struct {
	const char *name;
	uint8_t len;
	uint8_t start[8];
} pictures[] = {
	{ "JPEG", 3, { 0xff, 0xd8, 0xff } },
	{ "JPEG 2000", 8, { 0, 0, 0, 12, 'j', 'P', ' ', ' ' } },
	{ "JPEG 2000", 4, { 0xff, 0x4f, 0xff, 0x51 } },
	{ "PNG", 8, { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' } },
};

const char *
view_picture(struct bytes b)
{
	for (size_t i = 0; i < nitems(pictures); i++) {
		if (b.len > pictures[i].len &&
		    memcmp(b.ptr, pictures[i].start, pictures[i].len) == 0)
			return pictures[i].name;
	}
	return NULL;
}

bool
view_is_certificate(const struct view *v, uint32_t node)
{
	const struct schema *s = v->names->schemas[node];

	return s != NULL && s->certificate &&
	    v->o->nodes[node].kind == CBOR_KIND_BSTR &&
	    v->o->nodes[node].complete;
}

/* A date whose text breaks a rule, or only RFC 3339's strictness here. */
static bool
date_meaning(const struct view *v, uint32_t node, struct text *t)
{
	const struct outline_node *n = &v->o->nodes[node], *tag;
	const struct bytes s = outline_content(v->o, node);
	struct date date;
	int64_t seconds;
	bool full;

	if (n->kind != CBOR_KIND_TSTR || n->parent == OUTLINE_NONE)
		return false;
	tag = &v->o->nodes[n->parent];
	full = tag->value == 1004;
	if (tag->kind != CBOR_KIND_TAG || (tag->value != 0 && !full))
		return false;
	text_put(t, full ? "full-date" : "tdate");
	if (full ? !date_parse_full(s, &seconds) : !date_parse(s, &date))
		text_put(t, ", not a date");
	else if (!full && date.fraction)
		text_put(t, ", fraction of a second");
	else if (!full && date.offset)
		text_put(t, ", not UTC");
	return true;
}

bool
view_meaning(const struct view *v, uint32_t node, struct text *t)
{
	const struct outline_node *n = &v->o->nodes[node];
	const char *name = names_value(v->names, v->o, node);

	if (name == NULL && n->kind == CBOR_KIND_BSTR)
		name = view_picture(outline_content(v->o, node));
	if (name != NULL) {
		text_put(t, name);
		return true;
	}
	if (view_is_certificate(v, node)) {
		v->certificate(t, outline_content(v->o, node));
		return true;
	}
	return date_meaning(v, node, t);
}
