/* SPDX-License-Identifier: BSD-3-Clause */
/* issuer: the inside of mdoc_issuer. */
#ifndef MDOC_ISSUER_ISSUER_H
#define MDOC_ISSUER_ISSUER_H

#include <mdoc/issuer.h>

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/model/doctype.h"
#include "vendor-ext/hasher.h"

/* The bound of those who read it: mso.h. */
#define ISSUER_MAX_NAME_SPACES 64

/* Positions in the store, which moves as it grows. */
struct place {
	size_t at;
	size_t len;
};

struct issuer_element {
	size_t name_space;
	struct place name;
	struct place value;
};

struct issuer_name_space {
	struct place name;
	size_t count; /* elements in it */
};

struct mdoc_issuer {
	mdoc_ctx *ctx;
	struct blob doc_type;
	struct blob store; /* names and values */
	struct issuer_element *elements;
	size_t elements_n;
	size_t elements_cap;
	struct issuer_name_space name_spaces[ISSUER_MAX_NAME_SPACES];
	size_t name_spaces_n;
	const struct curve *curve; /* of the device key; NULL: not set */
	struct blob point;
	bool has_validity;
	bool any_dates; /* mdoc_issuer_set_insecure_dates */
	int64_t signed_at;
	int64_t valid_from;
	int64_t valid_until;
	enum hash_alg hash;
	struct doctypes *doctypes; /* loaded when first needed */
	/* Kept from one document to the next. The chain that was read: */
	struct blob chain;
	size_t chain_lens[COSE_MAX_CHAIN];
	size_t chain_n;
	struct cert ds;    /* its first, in chain */
	uint32_t *numbers; /* two for each element */
	size_t numbers_cap;
	struct blob random;
	struct blob digests;
	struct blob scratch;
	struct blob payload;
};

static inline struct bytes
issuer_bytes(const mdoc_issuer *issuer, struct place p)
{
	return bytes_of(issuer->store.ptr + p.at, p.len);
}

/* As mdoc_issuer_add, with names that need not end in NUL. */
int issuer_add(mdoc_issuer *issuer, struct bytes name_space,
    struct bytes element, struct bytes value) NODISCARD;

/* document.c: the IssuerSigned, into *out. */
int issuer_document(mdoc_issuer *issuer, mdoc_key *ds_key,
    const struct bytes *x5chain, size_t n, struct blob *out) NODISCARD;

#endif
