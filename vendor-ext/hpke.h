/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hpke: RFC 9180 base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
 * AES-128-GCM, one message, opened with a recipient's key in a token
 * (18013-7 annex C, 18013-5 12.6.4).
 */
#ifndef VENDOR_EXT_HPKE_H
#define VENDOR_EXT_HPKE_H

#include "vendor-ext/agree.h"

#define HPKE_ENC_LEN 65 /* of an encapsulated key, and of a public key */
#define HPKE_TAG_LEN 16

struct hpke_input {
	CK_OBJECT_HANDLE key;    /* private, P-256, CKA_DERIVE */
	struct bytes public_key; /* its public half, 04 x y */
	struct bytes enc;
	struct bytes info;
	struct bytes aad;
	enum agree_path weakest; /* as in agree_input */
	enum agree_path *path;   /* out only; or NULL */
};

/* A point of P-256 as this suite writes it. */
bool hpke_point_valid(struct bytes point) NODISCARD;
/*
 * Paths A and B: the key schedule and the decryption are the token's too, and
 * what leaves it are the nonce (B: the HMAC that it is cut from) and the
 * plaintext. CKR_ENCRYPTED_DATA_LEN_RANGE,
 * CKR_ENCRYPTED_DATA_INVALID, else as agree_derive.
 */
CK_RV
hpke_open(const struct token *t, struct hasher *h, const struct hpke_input *in,
    struct bytes ciphertext, struct blob *ret) NODISCARD;

#endif
