/* SPDX-License-Identifier: BSD-3-Clause */
/* names: an outline with the names of its schemas. */
#ifndef MDOC_MODEL_NAMES_H
#define MDOC_MODEL_NAMES_H

#include "mdoc/model/schema.h"

/* By node: its schema, and how it is called where it stands; or NULL. */
struct names {
	const struct schema **schemas;
	const struct schema_member **members;
	size_t n;
};

#define NAMES_INIT ((struct names){ NULL, NULL, 0 })

/*
 * Recognises the root and what is in opened strings, opens the strings that
 * hold CBOR by their schema (COSE), and goes down. false: out of memory.
 */
bool names_find(struct names *x, struct outline *o) NODISCARD;
void names_reset(struct names *x);

/* The name of an integer's value; NULL: none. */
const char *
names_value(const struct names *x, const struct outline *o, uint32_t node);

#endif
