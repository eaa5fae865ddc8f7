/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest-key: hashes of secrets that stay where they are. C_DigestKey takes the
 * value of a key, sensitive or not, into a digest; with data before and behind
 * it, that is half of an HMAC, or one round of a key derivation.
 */
#ifndef VENDOR_EXT_DIGEST_KEY_H
#define VENDOR_EXT_DIGEST_KEY_H

#include "vendor-ext/hasher.h"
#include "vendor-ext/token.h"

/*
 * hash(before || value of key || behind), by the token; out holds hash_len(alg)
 * bytes. No digest may be running in the session of t, none is afterwards.
 */
CK_RV digest_key(const struct token *t, enum hash_alg alg, struct bytes before,
    CK_OBJECT_HANDLE key, struct bytes behind, uint8_t *out) NODISCARD;

/* The mechanisms of PKCS#11 that have this hash inside. */
CK_MECHANISM_TYPE digest_mechanism(enum hash_alg alg);
CK_MECHANISM_TYPE digest_hmac_mechanism(enum hash_alg alg);
/* CKM_SHA256 and so on; false: none that we have. */
bool digest_by_mechanism(CK_MECHANISM_TYPE type, enum hash_alg *ret);

#endif
