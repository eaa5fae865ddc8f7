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

/* out holds curve->sig_len bytes. */
CK_RV sign_data(const struct token *t, struct hasher *h,
    const struct curve *curve, CK_OBJECT_HANDLE key, const struct bytes *parts,
    size_t n, uint8_t *out) NODISCARD;
/* With a public key object. CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE. */
CK_RV sign_verify(const struct token *t, struct hasher *h,
    const struct curve *curve, CK_OBJECT_HANDLE key, const struct bytes *parts,
    size_t n, struct bytes signature) NODISCARD;

#endif
