/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pkey: keys of the crypto library, by curve of our table. What costs is kept:
 * importing a point into a key object that is there already takes 1 us, making
 * a new one from parameters 15 us and more.
 */
#ifndef MDOC_CRYPTO_PKEY_H
#define MDOC_CRYPTO_PKEY_H

#include <openssl/evp.h>

#include "common/bytes.h"
#include "vendor-ext/curve.h"

/* A key object of the curve for pkey_set_point. Not for Edwards curves, whose
 * objects cannot be changed. */
EVP_PKEY *pkey_template(const struct curve *c) NODISCARD;
/* Replaces the public key. Checks that the point is on the curve (Montgomery:
 * that it is not of small order). */
bool pkey_set_point(EVP_PKEY *k, const struct curve *c,
    struct bytes point) NODISCARD;
/* A new public key, checked as above. */
EVP_PKEY *pkey_from_point(const struct curve *c, struct bytes point) NODISCARD;
/* d: field_len bytes; checked, and the public key is computed from it. */
EVP_PKEY *pkey_from_private(const struct curve *c, struct bytes d) NODISCARD;
/* NULL: not a curve of ours. */
const struct curve *pkey_curve(const EVP_PKEY *k);
/* 0x04 || x || y, or the bytes of an OKP key; out: CURVE_MAX_POINT bytes. */
bool pkey_point(EVP_PKEY *k, const struct curve *c, uint8_t *out,
    size_t *ret_len) NODISCARD;
/* out: CURVE_MAX_FIELD bytes, field_len are written. The caller wipes. */
bool pkey_private(EVP_PKEY *k, const struct curve *c, uint8_t *out) NODISCARD;

/* What is kept of each curve in a context. One thread at a time. */
struct pkeys;

struct pkeys *pkeys_new(void);
void pkeys_free(struct pkeys **p);
/* A new key pair, by a generator that is kept. */
EVP_PKEY *pkeys_generate(struct pkeys *p, const struct curve *c) NODISCARD;
/* A kept object that holds this point until the next call; borrowed. */
EVP_PKEY *pkeys_peer(struct pkeys *p, const struct curve *c,
    struct bytes point) NODISCARD;

#endif
