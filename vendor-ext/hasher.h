/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hasher: SHA-2, HMAC and HKDF with algorithms fetched once and one context
 * kept. One thread at a time.
 */
#ifndef VENDOR_EXT_HASHER_H
#define VENDOR_EXT_HASHER_H

#include <p11-kit/pkcs11.h>

#include "common/bytes.h"

/* A compatibility name of p11-kit's header, wherever that comes first. */
#undef hash_alg

struct hasher;

#define HASHER_MAX_LEN   64
#define HASHER_MAX_BLOCK 128

enum hash_alg {
	HASH_SHA1,
	HASH_SHA256,
	HASH_SHA384,
	HASH_SHA512
};

size_t hash_len(enum hash_alg alg);
/* Bytes that it takes in at once: the length of an HMAC key. */
size_t hash_block(enum hash_alg alg);
/* "SHA-256" (MSO digestAlgorithm) or "SHA256"; false: unknown. */
bool hash_by_name(struct bytes name, enum hash_alg *ret);
/* "SHA-256", ... */
const char *hash_name(enum hash_alg alg);

/* NULL: out of memory, or the provider lacks an algorithm. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher **h);

/* The digest of the parts one after the other, into hash_len(alg) bytes. */
bool hasher_digest(struct hasher *h, enum hash_alg alg,
    const struct bytes *parts, size_t n, uint8_t *out) NODISCARD;
/* Streaming: begin, add, end. One stream at a time. */
bool hasher_begin(struct hasher *h, enum hash_alg alg) NODISCARD;
bool hasher_add(struct hasher *h, struct bytes part) NODISCARD;
bool hasher_end(struct hasher *h, uint8_t *out) NODISCARD;

/*
 * A stream beside others. It uses what the hasher has fetched, in one call of
 * hasher_stream_new, and nothing of it afterwards. NULL: out of memory.
 */
struct hasher_stream;
struct hasher_stream *hasher_stream_new(struct hasher *h, enum hash_alg alg);
bool hasher_stream_add(struct hasher_stream *s, struct bytes part) NODISCARD;
bool hasher_stream_end(struct hasher_stream *s, uint8_t *out,
    size_t *ret_len) NODISCARD;
void hasher_stream_free(struct hasher_stream **s);

/* An HMAC key as the block that is xored with ipad and opad (RFC 2104). */
bool hasher_hmac_block(struct hasher *h, enum hash_alg alg, struct bytes key,
    uint8_t block[HASHER_MAX_BLOCK]) NODISCARD;
/* HMAC with any of the algorithms, hash_len(alg) bytes. */
bool hasher_hmac_with(struct hasher *h, enum hash_alg alg, struct bytes key,
    const struct bytes *parts, size_t n, uint8_t *out) NODISCARD;
/* HKDF-Expand with any of them, len <= 255 * hash_len(alg). */
bool hasher_hkdf_expand_with(struct hasher *h, enum hash_alg alg,
    struct bytes prk, struct bytes info, uint8_t *out, size_t len) NODISCARD;

/* HMAC-SHA-256, 32 bytes. */
bool hasher_hmac(struct hasher *h, struct bytes key, const struct bytes *parts,
    size_t n, uint8_t *out) NODISCARD;
/* HKDF-SHA-256 (RFC 5869), len <= 255 * 32. Intermediate values are wiped. */
bool hasher_hkdf(struct hasher *h, struct bytes salt, struct bytes ikm,
    struct bytes info, uint8_t *out, size_t len) NODISCARD;
/* Its second half only. */
bool hasher_hkdf_expand(struct hasher *h, struct bytes prk, struct bytes info,
    uint8_t *out, size_t len) NODISCARD;

#endif
