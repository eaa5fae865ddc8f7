/* SPDX-License-Identifier: BSD-3-Clause */
/* aead: AES-256-GCM with the cipher fetched once. One thread at a time. */
#ifndef MDOC_CRYPTO_AEAD_H
#define MDOC_CRYPTO_AEAD_H

#include "common/bytes.h"

#define AEAD_TAG_LEN   16
#define AEAD_NONCE_LEN 12
#define AEAD_KEY_LEN   32

struct aead;

struct aead *aead_new(void);
void aead_free(struct aead **a);
/* out: in.len + AEAD_TAG_LEN bytes. Empty additional data. */
bool aead_seal(struct aead *a, struct bytes key, const uint8_t *nonce,
    struct bytes in, uint8_t *out) NODISCARD;
/* out: in.len - AEAD_TAG_LEN bytes; wiped and false if the tag is wrong. */
bool aead_open(struct aead *a, struct bytes key, const uint8_t *nonce,
    struct bytes in, uint8_t *out) NODISCARD;

#endif
