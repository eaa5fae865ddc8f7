/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * authentication: DeviceAuthenticationBytes, ReaderAuthenticationBytes,
 * ReaderAuthenticationAllBytes, and the COSE structures around a payload, as
 * parts to be hashed one after the other. Nothing is copied but heads, so the
 * spans given must outlive the struct, and a filled struct must not be copied.
 */
#ifndef MDOC_MODEL_AUTHENTICATION_H
#define MDOC_MODEL_AUTHENTICATION_H

#include "common/cbor.h"

/* docRequests that ReaderAuthenticationAll may cover. */
#define AUTHENTICATION_MAX_DOCS 32
/* Parts of the COSE structure before the payload. */
#define AUTHENTICATION_COSE 3

struct authentication {
	struct bytes parts[AUTHENTICATION_COSE + 6 + AUTHENTICATION_MAX_DOCS];
	size_t n;           /* parts, with those of the COSE structure */
	size_t payload_len; /* bytes of the others */
	uint8_t head[3 * 32];
	uint8_t text[32];
};

/* transcript: SessionTranscript without tag 24 (18013-5 12.7.1). doc_type:
 * its characters. name_spaces: DeviceNameSpacesBytes with its tag. */
void authentication_device(struct authentication *a, struct bytes transcript,
    struct bytes doc_type, struct bytes name_spaces);
/* items: ItemsRequestBytes with its tag. */
void authentication_reader(struct authentication *a, struct bytes transcript,
    struct bytes items);
/* info: DeviceRequestInfoBytes with its tag, or absent. false: more items than
 * AUTHENTICATION_MAX_DOCS. */
bool
authentication_reader_all(struct authentication *a, struct bytes transcript,
    const struct bytes *items, size_t n, struct bytes info) NODISCARD;
/* A payload as it is, such as MobileSecurityObjectBytes. */
void authentication_payload(struct authentication *a, struct bytes payload);

/* The parts of the payload: *ret_n of them. */
const struct bytes *
authentication_parts(const struct authentication *a, size_t *ret_n);
/*
 * The parts of Sig_structure (context "Signature1") or MAC_structure ("MAC0")
 * with this payload (RFC 9052 4.4, 6.3). protected_: content of the bucket.
 */
const struct bytes *authentication_cose(struct authentication *a,
    const char *context, struct bytes protected_, size_t *ret_n);

#endif
