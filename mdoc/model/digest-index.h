/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest-index: a DigestIDs map of the MSO, indexed, so that looking up all
 * digests is linear. Most issuers number without gaps: then an ID is found at
 * once, otherwise by bisection. Small maps need no memory.
 */
#ifndef MDOC_MODEL_DIGEST_INDEX_H
#define MDOC_MODEL_DIGEST_INDEX_H

#include "common/cbor.h"

#define DIGEST_INDEX_INLINE 64

struct digest_entry {
	uint32_t id;
	uint32_t offset; /* of what the digest holds, in the map */
	uint32_t len;
};

/* Not to be copied once it is open. */
struct digest_index {
	struct bytes map;
	struct digest_entry *entries;
	size_t n;
	struct digest_entry *allocated;
	size_t cap;
	struct digest_entry small[DIGEST_INDEX_INLINE];
};

#define DIGEST_INDEX_INIT ((struct digest_index){ .n = 0 })

/*
 * map: from mso_name_space. *x is DIGEST_INDEX_INIT or was opened before, and
 * then keeps its memory. false: out of memory.
 */
bool digest_index_open(struct digest_index *x, struct bytes map) NODISCARD;
/* NULL span: no such digestID. */
struct bytes digest_index_find(const struct digest_index *x, uint64_t id);
void digest_index_close(struct digest_index *x);

#endif
