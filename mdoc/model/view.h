/* SPDX-License-Identifier: BSD-3-Clause */
/* view: an outline with its names as text: a tree, JSON, annotated hex. */
#ifndef MDOC_MODEL_VIEW_H
#define MDOC_MODEL_VIEW_H

#include "mdoc/codec/text.h"
#include "mdoc/model/names.h"

struct view {
	const struct outline *o;
	const struct names *names;
	size_t max_string; /* longer strings are shortened; 0: never */
	struct text *text;
	/* Writes one line about what should be a certificate. */
	void (*certificate)(struct text *t, struct bytes der);
};

void view_tree(const struct view *v);
void view_json(const struct view *v);
void view_hex(const struct view *v);

/* "ES256", "CN=Utopia DS, ...", "JPEG": what a node means, if that is known.
 * false: nothing was written. */
bool view_meaning(const struct view *v, uint32_t node, struct text *t);
/* The kind of picture that the bytes are, or NULL. */
const char *view_picture(struct bytes b);
/* Is the node a byte string that should be a certificate? */
bool view_is_certificate(const struct view *v, uint32_t node);

#endif
