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

/* Most parts of a payload: those of ReaderAuthenticationAll. */
#define KEY_MAX_PARTS 48

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

/* ---- for the files key-*.c: what stands behind a key */

struct key_derivation {
	const struct cose_key *peer;
	const uint8_t *salt; /* 32 bytes */
	const char *info[2]; /* the second one may be NULL */
};

/* A function that is NULL: the key cannot do it. */
struct key_ops {
	/* Over the structure that the parts after the first are; the first is
	 * what precedes the payload in Sig_structure. out: curve->sig_len */
	int (*sign)(mdoc_key *key, enum tbs_kind kind,
	    const struct bytes *parts, size_t n, uint8_t *out);
	int (*sign_raw)(mdoc_key *key, const struct bytes *parts, size_t n,
	    uint8_t *out);
	/* payload: parts after the first, as above, of MAC_structure */
	int (*device_mac)(mdoc_key *key, const struct key_derivation *d,
	    const struct bytes *parts, size_t n, uint8_t *out, char *ret_path);
	int (*derive)(mdoc_key *key, const struct key_derivation *d,
	    struct blob *ret1, struct blob *ret2);
	int (*path)(mdoc_key *key, char *ret);
	/* The private part, field_len bytes, for mdoc_key_import. */
	int (*secret)(const mdoc_key *key, struct blob *ret);
	void (*free)(mdoc_key *key); /* frees the memory of the key, too */
};

extern const struct key_ops key_public_ops;

/* First member of the struct behind each key. */
struct mdoc_key {
	const struct key_ops *ops;
	mdoc_ctx *ctx;
	const struct curve *curve;
	bool is_private;
	uint8_t point[CURVE_MAX_POINT];
	size_t point_len;
	struct blob id;
	char *uri; /* or NULL */
};

/* Fills the common part; id absent: SHA-1 of the point. */
int key_init(mdoc_key *key, mdoc_ctx *c, const struct key_ops *ops,
    const struct curve *curve, struct bytes point, struct bytes id) NODISCARD;
void key_clear(mdoc_key *key);
/* A public key alone. */
int key_new_public(mdoc_ctx *c, const struct curve *curve, struct bytes point,
    mdoc_key **ret) NODISCARD;

#endif
