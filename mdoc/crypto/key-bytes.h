/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key-bytes: keys out of bytes: PEM, DER (PKCS#8, SEC 1, SubjectPublicKeyInfo,
 * certificate) and COSE_Key.
 */
#ifndef MDOC_CRYPTO_KEY_BYTES_H
#define MDOC_CRYPTO_KEY_BYTES_H

#include "mdoc/crypto/key.h"

/*
 * One SubjectPublicKeyInfo, to the end of in. *ret_curve NULL: a key of a kind
 * that is not ours, *ret_point is then absent. The point is not checked.
 */
bool spki_read(struct bytes in, const struct curve **ret_curve,
    struct bytes *ret_point) NODISCARD;
bool spki_write(const struct curve *c, struct bytes point,
    struct blob *ret) NODISCARD;

#endif
