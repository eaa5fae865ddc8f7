/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * seal: bytes that only the holder of a private key in a token can write and
 * read. The name of a record is hashed to a point of the key's curve, whose
 * discrete logarithm nobody knows; the agreement of the key with that point
 * gives the record's own AES-256-GCM key. So it takes the token both to seal
 * and to open, and neither a record nor the public key helps to make another.
 */
#ifndef VENDOR_EXT_SEAL_H
#define VENDOR_EXT_SEAL_H

#include "vendor-ext/agree.h"

struct seal_key {
	CK_OBJECT_HANDLE key; /* private, CKA_DERIVE, of a Weierstrass curve */
	const struct curve *curve;
	struct bytes point; /* its public half, 04 x y */
	enum agree_path weakest;
};

/*
 * name: bound to the record, and never used for another one. As agree_derive,
 * CKR_FUNCTION_FAILED where there is no randomness.
 */
CK_RV
seal_close(const struct token *t, struct hasher *h, const struct seal_key *key,
    struct bytes name, struct bytes plain, struct blob *ret) NODISCARD;
/* CKR_ENCRYPTED_DATA_INVALID: not what was sealed with this key and name. */
CK_RV
seal_open(const struct token *t, struct hasher *h, const struct seal_key *key,
    struct bytes name, struct bytes sealed, struct blob *ret) NODISCARD;

#endif
