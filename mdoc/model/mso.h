/* SPDX-License-Identifier: BSD-3-Clause */
/* mso: MobileSecurityObject (18013-5 12.3.4), read in place. */
#ifndef MDOC_MODEL_MSO_H
#define MDOC_MODEL_MSO_H

#include "mdoc/codec/date.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/hasher.h"

struct mso {
	struct bytes version;
	struct bytes digest_algorithm;
	bool has_hash; /* digest_algorithm is known */
	enum hash_alg hash;
	struct bytes value_digests;    /* map item, already checked */
	struct bytes device_key_bytes; /* COSE_Key item */
	struct cose_key device_key;
	struct bytes authorized_name_spaces; /* array item, or NULL */
	struct bytes authorized_elements;    /* map item, or NULL */
	struct bytes doc_type;
	struct date signed_at;
	struct date valid_from;
	struct date valid_until;
	bool has_expected_update;
	struct date expected_update;
	struct bytes status;       /* map item, or NULL */
	struct cbor_reader source; /* for offsets of nested readers */
};

/* in: MobileSecurityObjectBytes, the payload of issuerAuth. */
bool mso_read(struct cbor_reader *r, struct mso *ret) NODISCARD;

/* The DigestIDs map of one namespace: false if there is none. */
bool mso_name_space(const struct mso *m, struct bytes name_space,
    struct bytes *ret) NODISCARD;

/*
 * An index of a DigestIDs map, so that looking up all digests is linear:
 * ascending IDs are found by walking along, others by a sorted table.
 */
struct digest_index {
	struct bytes map;
	struct cbor_reader r; /* next pair */
	uint64_t left;
	struct digest_entry *sorted; /* allocated only if needed */
	size_t sorted_n;
};

bool digest_index_open(struct digest_index *x, struct bytes map) NODISCARD;
/* NULL span: no such digestID. */
struct bytes digest_index_find(struct digest_index *x, uint64_t id);
void digest_index_close(struct digest_index *x);

/* keyAuthorizations: may the device sign this element? (12.3.4) */
bool mso_authorizes(const struct mso *m, struct bytes name_space,
    struct bytes element);

#endif
