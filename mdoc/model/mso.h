/* SPDX-License-Identifier: BSD-3-Clause */
/* mso: MobileSecurityObject (18013-5 12.3.4), read in place and written. */
#ifndef MDOC_MODEL_MSO_H
#define MDOC_MODEL_MSO_H

#include "mdoc/codec/date.h"
#include "mdoc/model/digest-index.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/hasher.h"

/* A bound, so that finding a namespace costs next to nothing. */
#define MSO_MAX_NAME_SPACES 64

/* Where a namespace of valueDigests is: offsets from the start of that map. */
struct mso_name_space {
	uint32_t key;
	uint32_t digests;
	uint32_t end;
};

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
	struct mso_name_space name_spaces[MSO_MAX_NAME_SPACES];
	size_t name_spaces_n;
};

/*
 * in: MobileSecurityObjectBytes, the payload of issuerAuth; reads to the end of
 * r. Everything is checked but what a verifier has to judge: the order of the
 * dates, an algorithm that is not known, the length of the digests.
 */
bool mso_read(struct cbor_reader *r, struct mso *ret) NODISCARD;

/* The DigestIDs map of one namespace: false if there is none. */
bool mso_name_space(const struct mso *m, struct bytes name_space,
    struct bytes *ret) NODISCARD;

/*
 * keyAuthorizations: may the device sign this element? (12.3.4) As long as the
 * issuer's list: ask only when its signature holds.
 */
bool mso_authorizes(const struct mso *m, struct bytes name_space,
    struct bytes element);

/* What mso_write needs; value_digests and status (NULL: none) are items. */
struct mso_content {
	enum hash_alg hash;
	struct bytes value_digests;
	const struct curve *curve; /* of the device key */
	struct bytes point;
	struct bytes doc_type;
	int64_t signed_at;
	int64_t valid_from;
	int64_t valid_until;
	bool has_expected_update;
	int64_t expected_update;
	struct bytes key_authorizations; /* map item, or NULL */
	struct bytes status;
};

/* The map, without tag 24. */
void mso_write(struct cbor_writer *w, const struct mso_content *c);

#endif
