/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sign: raw COSE signatures (r || s, or EdDSA) with a key in a token, over
 * data given in parts. ECDSA hashes here and uses CKM_ECDSA, which every
 * token has; EdDSA hands over the whole message.
 */
#ifndef VENDOR_EXT_SIGN_H
#define VENDOR_EXT_SIGN_H

#include "vendor-ext/hasher.h"
#include "vendor-ext/token.h"

/* In the place of a key: the session has begun to sign with it. */
#define SIGN_BEGUN ((CK_OBJECT_HANDLE)0)

/* Begins to sign data or a digest, and leaves it at that. */
CK_RV sign_begin(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key) NODISCARD;
/* Ends what was begun, without a signature, as far as the token can. */
void sign_cancel(const struct token *t);
/* out holds curve->sig_len bytes; key may be SIGN_BEGUN. */
CK_RV sign_data(const struct token *t, struct hasher *h,
    const struct curve *curve, CK_OBJECT_HANDLE key, const struct bytes *parts,
    size_t n, uint8_t *out) NODISCARD;
/* ECDSA of a digest of any length up to HASHER_MAX_LEN. */
CK_RV sign_digest(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, struct bytes digest, uint8_t *out) NODISCARD;
CK_RV sign_verify_digest(const struct token *t, const struct curve *curve,
    CK_OBJECT_HANDLE key, struct bytes digest,
    struct bytes signature) NODISCARD;
/* With a public key object. CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE. */
CK_RV sign_verify(const struct token *t, struct hasher *h,
    const struct curve *curve, CK_OBJECT_HANDLE key, const struct bytes *parts,
    size_t n, struct bytes signature) NODISCARD;

#endif
