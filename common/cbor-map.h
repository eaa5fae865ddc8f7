/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cbor-map: is a map key there twice? And what else the files of the reader
 * and writer share. What it costs stands with cbor_map_next.
 */
#ifndef COMMON_CBOR_MAP_H
#define COMMON_CBOR_MAP_H

#include "common/cbor.h"

enum cbor_order_result {
	CBOR_ORDER_ABOVE, /* above all of its type: it is new */
	CBOR_ORDER_EQUAL, /* equal to the greatest of its type */
	CBOR_ORDER_BELOW  /* below it: may or may not be new */
};

/*
 * The key that an item is. Only integers and strings have a value; of any
 * other scalar the bytes as received count.
 */
struct cbor_key
cbor_key_of(const struct cbor_reader *r, const struct cbor_item *item);
/* A key of more than one item, in its bytes as received. */
struct cbor_key cbor_key_span(struct bytes span);

enum cbor_order_result
cbor_order_add(struct cbor_order *order, struct cbor_key key);
bool
cbor_keys_find(const struct cbor_key *keys, size_t count, struct cbor_key key);
/*
 * Walks the pairs of a map, which were read already without an error, from
 * its first key on; false, and the error of r set, if a key is there twice.
 */
bool cbor_keys_check(struct cbor_reader *r, const uint8_t *first,
    uint64_t count) NODISCARD;

/*
 * For a key that is equal to one of the count keys before it: sets the error,
 * at this key or at an earlier one of which that is true too. Returns false.
 */
bool cbor_keys_fail(struct cbor_reader *r, const uint8_t *first, uint64_t count,
    const uint8_t *key);

/* The head of an array or a map, and a level deeper. */
bool cbor_enter(struct cbor_reader *r, enum cbor_kind kind,
    struct cbor_item *ret) NODISCARD;

/*
 * The shortest head that holds a floating-point number (RFC 8949 4.1): 3, 5 or
 * 9 bytes.
 */
size_t cbor_float_head(double v, uint8_t out[9]);

#endif
