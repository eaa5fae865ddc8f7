/* SPDX-License-Identifier: BSD-3-Clause */
/* item: IssuerSignedItem (18013-5 10.3.2) and the walk over a document's. */
#ifndef MDOC_MODEL_ITEM_H
#define MDOC_MODEL_ITEM_H

#include "common/cbor.h"

struct issuer_signed;

/* One issuer-signed item. */
struct item {
	struct bytes name_space;
	struct bytes whole; /* IssuerSignedItemBytes, with tag 24: hashed */
	uint64_t digest_id; /* below 2^31 */
	struct bytes random;
	struct bytes element;
	struct bytes value; /* CBOR item */
	size_t offset;
};

/* Walks over the items of all namespaces. */
struct item_walk {
	struct cbor_reader r;
	struct cbor_map map;
	uint64_t items_left;
	struct bytes name_space;
	bool in_name_space;
};

void item_walk_start(struct item_walk *w, const struct issuer_signed *s);
/* false: the end, or w->r.error is set; what *ret holds is undefined. */
bool item_walk_next(struct item_walk *w, struct item *ret);
/*
 * Reads one IssuerSignedItemBytes, everything in it included; name_space is
 * NULL then. On failure what *ret holds is undefined: a copy would be a tenth
 * of the price of an item.
 */
bool item_read(struct cbor_reader *r, struct item *ret) NODISCARD;

/* IssuerSignedItemBytes of digest_id, random, element and value. */
void item_write(struct cbor_writer *w, const struct item *item);

#endif
