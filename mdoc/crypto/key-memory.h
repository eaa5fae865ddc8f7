/* SPDX-License-Identifier: BSD-3-Clause */
/* key-memory: private keys in memory. */
#ifndef MDOC_CRYPTO_KEY_MEMORY_H
#define MDOC_CRYPTO_KEY_MEMORY_H

#include <openssl/evp.h>

#include "mdoc/crypto/key.h"

/* A key of the crypto library becomes a key of ours; takes k over if OK. */
int key_memory_new(mdoc_ctx *c, EVP_PKEY *k, mdoc_key **ret) NODISCARD;
/* d: field_len bytes. point: must be its public key; NULL: not checked. */
int key_memory_from_private(mdoc_ctx *c, const struct curve *curve,
    struct bytes d, struct bytes point, mdoc_key **ret) NODISCARD;
/* The shared secret (x coordinate) of a private key of memory and a point. */
int
key_memory_agree(mdoc_key *key, struct bytes point, struct blob *ret) NODISCARD;

#endif
