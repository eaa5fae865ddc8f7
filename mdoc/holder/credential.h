/* SPDX-License-Identifier: BSD-3-Clause */
/* credential: the inside of mdoc_credential: IssuerSigned, read once. */
#ifndef MDOC_HOLDER_CREDENTIAL_H
#define MDOC_HOLDER_CREDENTIAL_H

#include <mdoc/holder.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/key.h"

/* The bound of what an issuer may write. */
#define CREDENTIAL_MAX_NAME_SPACES 64

struct credential_item {
	size_t name_space;
	struct bytes element;
	struct bytes value;
	struct bytes whole; /* IssuerSignedItemBytes, as received */
};

struct credential_name_space {
	struct bytes name;
	size_t first; /* its items follow each other */
	size_t count;
};

struct mdoc_credential {
	mdoc_ctx *ctx;
	struct blob issuer_signed; /* all spans below are of it */
	struct bytes issuer_auth;
	struct bytes doc_type;
	struct bytes device_key; /* COSE_Key */
	const struct curve *curve;
	uint8_t point[CURVE_MAX_POINT];
	size_t point_len;
	int64_t valid_from;
	int64_t valid_until;
	struct credential_name_space name_spaces[CREDENTIAL_MAX_NAME_SPACES];
	size_t name_spaces_n;
	struct credential_item *items; /* as received */
	size_t items_n;
	uint32_t *sorted;  /* their indexes, by namespace and element */
	mdoc_key *key;     /* NULL: not set */
	mdoc_key *own_key; /* the same, if it is the credential's */
};

/* The number of the item, or false. */
bool credential_item_find(const mdoc_credential *c, struct bytes name_space,
    struct bytes element, size_t *ret) NODISCARD;

#endif
