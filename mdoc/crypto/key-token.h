/* SPDX-License-Identifier: BSD-3-Clause */
/* key-token: private keys that stay in a token. */
#ifndef MDOC_CRYPTO_KEY_TOKEN_H
#define MDOC_CRYPTO_KEY_TOKEN_H

#include "mdoc/crypto/key.h"
#include "mdoc/crypto/p11-token.h"
#include "vendor-ext/agree.h"

struct key_token {
	mdoc_key key;
	struct p11token *token; /* of the context */
	struct p11uri uri;      /* as opened: where the PIN comes from */
	CK_OBJECT_HANDLE handle;
	unsigned generation; /* of the token's session, for the handle */
	struct blob label;
	struct blob id;    /* CKA_ID as it is; key.id is never empty */
	bool always_login; /* CKA_ALWAYS_AUTHENTICATE */
	bool asked_path;
	enum agree_path vendor_path; /* CKA_MDOC_KEY_PATH; UNKNOWN: none */
	enum agree_path path;        /* of agree over standard mechanisms */
};

/* A key of the URI: private, or public where it says so or no other is there.
 */
int key_token_open(mdoc_ctx *c, const char *uri, mdoc_key **ret) NODISCARD;
/* The key behind this handle; takes uri over if OK. */
int key_token_new(mdoc_ctx *c, struct p11token *t, CK_OBJECT_HANDLE handle,
    struct p11uri *uri, mdoc_key **ret) NODISCARD;

/* Label or id for p11token_find: an empty one is looked for as such. */
static inline struct bytes
key_token_name(const struct blob *b)
{
	return b->len == 0 ? bytes_of("", 0) : blob_bytes(b);
}

/*
 * The public key of a private key: some tokens tell the point of the private
 * object; else the public key or the certificate with its id (without an id:
 * its label). CKR_OBJECT_HANDLE_INVALID: there is none; CKR_KEY_CHANGED:
 * several that differ.
 */
CK_RV key_token_point(const struct key_token *k, const struct curve *curve,
    struct blob *ret) NODISCARD;
/* Sets what token keys do. */
void key_token_prepare(mdoc_key *key);
/* NULL: not in a token. */
struct key_token *key_token_of(mdoc_key *key);

#endif
