/* SPDX-License-Identifier: BSD-3-Clause */
/* key.h: keys in tokens, in files and in memory. mdoc_key(3). */
#ifndef MDOC_KEY_H
#define MDOC_KEY_H

#include <mdoc/types.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

typedef struct mdoc_key mdoc_key;

/*
 * source: an RFC 7512 "pkcs11:" URI of a private or public key, or the name of
 * a file: PEM or DER (PKCS#8, SEC 1, SubjectPublicKeyInfo, certificate) or a
 * COSE_Key. A URI that matches several keys is MDOC_E_TOKEN; the error text
 * lists them.
 */
int mdoc_key_open(mdoc_ctx *ctx, const char *source, mdoc_key **ret);
/* The same from memory; PEM, DER or COSE_Key (with -4: private). */
int mdoc_key_from_bytes(mdoc_ctx *ctx, mdoc_bytes in, mdoc_key **ret);
/* A new key in memory. curve: "P-256", "X25519", "brainpoolP256r1", ... */
int mdoc_key_generate(mdoc_ctx *ctx, const char *curve, mdoc_key **ret);
void mdoc_key_free(mdoc_key **key);

/* What a new key in a token may do; 0: all that its curve can do. */
#define MDOC_KEY_USE_SIGN   0x1u
#define MDOC_KEY_USE_DERIVE 0x2u

/*
 * A new key pair in the token that the URI names; its "object" becomes
 * CKA_LABEL and its "id" CKA_ID (default: SHA-1 of the public key bits).
 * Sensitive and never extractable. The label must be new: MDOC_E_KEY if not.
 */
int mdoc_key_create(mdoc_ctx *ctx, const char *uri, const char *curve,
    unsigned use, mdoc_key **ret);
/* Writes a private key of memory into a token, as above. */
int mdoc_key_import(mdoc_ctx *ctx, const char *uri, const mdoc_key *from,
    unsigned use, mdoc_key **ret);

/* What a key in a token may be used for: "Purpose-bound keys", p11-mdoc(7). */
#define MDOC_KEY_FOR_DEVICE       0x1u
#define MDOC_KEY_FOR_READER       0x2u
#define MDOC_KEY_FOR_ISSUER       0x4u

#define MDOC_KEY_METHOD_ANY       0u
#define MDOC_KEY_METHOD_ONE       1u /* the first one used, then that alone */
#define MDOC_KEY_METHOD_SIGNATURE 2u
#define MDOC_KEY_METHOD_MAC       3u

typedef struct mdoc_key_rule {
	unsigned purpose;             /* MDOC_KEY_FOR_* bits; at least one */
	unsigned method;              /* MDOC_KEY_METHOD_*; device keys only */
	const char *const *doc_types; /* up to a NULL; or NULL: any */
	long uses;                    /* -1: no limit */
} mdoc_key_rule;

/*
 * As mdoc_key_create, and the key is bound from the beginning. The default of
 * "id" is random.
 */
int mdoc_key_create_bound(mdoc_ctx *ctx, const char *uri, const char *curve,
    unsigned use, const mdoc_key_rule *rule, mdoc_key **ret);
/* Binds a private key that exists, for good. MDOC_E_KEY: it is bound. */
int mdoc_key_bind(mdoc_ctx *ctx, const char *uri, const mdoc_key_rule *rule);

typedef struct mdoc_key_info {
	const char *uri; /* complete, ready for mdoc_key_open */
	const char *label;
	mdoc_bytes id;
	const char *curve; /* NULL: a key of another kind */
	int is_private;
	unsigned use; /* MDOC_KEY_USE_*; of a private key */
	int extractable;
	unsigned purpose; /* MDOC_KEY_FOR_*; 0: the key is not bound */
	unsigned method;
	mdoc_bytes doc_types; /* separated by one NUL each; empty: any */
	long uses_left;       /* -1: no limit */
} mdoc_key_info;

/* Calls fn for each key that matches; a return value other than 0 ends it. */
int mdoc_key_list(mdoc_ctx *ctx, const char *uri,
    int (*fn)(void *arg, const mdoc_key_info *info), void *arg);
/* Destroys a key pair. The URI must name exactly one label or id. */
int mdoc_key_delete(mdoc_ctx *ctx, const char *uri);

const char *mdoc_key_curve(const mdoc_key *key);
int mdoc_key_is_private(const mdoc_key *key);
/* NULL: not in a token. */
const char *mdoc_key_uri(const mdoc_key *key);
/* CKA_ID, or SHA-1 of the public key bits for a key of memory. */
mdoc_bytes mdoc_key_id(const mdoc_key *key);
/* The public key as COSE_Key, or as PEM SubjectPublicKeyInfo. */
int mdoc_key_cose(const mdoc_key *key, mdoc_buf *ret);
int mdoc_key_pem(const mdoc_key *key, mdoc_buf *ret);
/* Same public key? */
int mdoc_key_equal(const mdoc_key *a, const mdoc_key *b);

/*
 * The path of a key agreement with this key, found by trying: 'A' to 'D', 'S'
 * (signature only), 'M': the key is in memory.
 */
int mdoc_key_path(mdoc_key *key, char *ret);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
