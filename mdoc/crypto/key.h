/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key: keys are verbs of the protocol. Behind each verb stands a token (the
 * vendor mechanism if it has it, else standard mechanisms) or memory.
 */
#ifndef MDOC_CRYPTO_KEY_H
#define MDOC_CRYPTO_KEY_H

#include <mdoc/key.h>

#include "mdoc/crypto/ctx.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/tbs.h"

const struct curve *key_curve(const mdoc_key *key);
/* Raw public point; see cose-key.h. */
struct bytes key_point(const mdoc_key *key);
/* COSE algorithm of its signatures; 0: cannot sign. */
int key_alg(const mdoc_key *key);

/*
 * COSE_Sign1 signature over one of the structures of tbs.h, payload being the
 * tag-24 bytes as one or more parts that follow each other. Signs with
 * protected {1: alg}. out holds CURVE_MAX_SIG bytes.
 */
int key_sign(mdoc_key *key, enum tbs_kind kind, const struct bytes *payload,
    size_t n, uint8_t *out, size_t *ret_len) NODISCARD;

/*
 * Tag of the COSE_Mac0 over DeviceAuthenticationBytes (parts), with the
 * EReaderKey peer and salt SHA-256(SessionTranscriptBytes). *ret_path: 'A' to
 * 'D', or 'M'.
 */
int key_device_mac(mdoc_key *key, const struct cose_key *peer,
    const uint8_t salt[32], const struct bytes *payload, size_t n,
    uint8_t out[32], char *ret_path) NODISCARD;

/*
 * The other side of it, and session keys: HKDF(ECDH(key, peer), salt, info),
 * 32 bytes, into a wiped blob. Only for keys that may leave (memory, paths C
 * and D); MDOC_E_UNSUPPORTED if the secret stays in the token.
 */
int key_derive(mdoc_key *key, const struct cose_key *peer,
    const uint8_t salt[32], const char *info, struct blob *ret) NODISCARD;
/* Two derivations from one agreement (SKReader and SKDevice). */
int key_derive2(mdoc_key *key, const struct cose_key *peer,
    const uint8_t salt[32], const char *info1, const char *info2,
    struct blob *ret1, struct blob *ret2) NODISCARD;

/* Signs any bytes (certificates): hash of the curve, raw r || s. */
int key_sign_raw(mdoc_key *key, const struct bytes *parts, size_t n,
    uint8_t *out, size_t *ret_len) NODISCARD;

mdoc_ctx *key_ctx(const mdoc_key *key);

#endif
