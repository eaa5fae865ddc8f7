/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agree: key agreement with a private key in a token, followed by
 * HKDF-SHA-256, so that as little as possible leaves the token (key paths:
 * pkcs11-mdoc.h, p11-mdoc(7)). The best path is found by trying.
 */
#ifndef VENDOR_EXT_AGREE_H
#define VENDOR_EXT_AGREE_H

#include "vendor-ext/hasher.h"
#include "vendor-ext/token.h"

/* The letters of MDOC_KEY_PATH_*; a smaller one is the stronger path. */
enum agree_path {
	AGREE_PATH_UNKNOWN = 0,
	AGREE_PATH_A = 0x41,
	AGREE_PATH_B = 0x42,
	AGREE_PATH_C = 0x43,
	AGREE_PATH_D = 0x44,
	AGREE_PATH_S = 0x53
};

/* What was derived: 32 bytes, in the token (A, B) or in memory (C, D). */
struct agree_secret {
	enum agree_path path;
	CK_OBJECT_HANDLE handle; /* a session object; 0 if in memory */
	struct blob memory;
};

#define AGREE_SECRET_INIT \
	((struct agree_secret){ AGREE_PATH_UNKNOWN, 0, BLOB_INIT })

typedef CK_RV agree_use_fn(const struct token *t, struct hasher *h,
    const struct agree_secret *s, void *arg);

struct agree_input {
	CK_OBJECT_HANDLE key;      /* private, CKA_DERIVE */
	const struct curve *curve; /* of key and peer */
	struct bytes peer;         /* raw point; checked here */
	struct bytes
	    salt; /* of HKDF-Extract, at most 64 bytes; zeros if none */
	struct bytes prefix;     /* before the shared secret in HKDF-Extract */
	struct bytes info;       /* of HKDF-Expand */
	enum agree_path weakest; /* a weaker path is not tried; UNKNOWN: any */
	enum agree_path *path;   /* in, out: tried first if known; or NULL */
	/*
	 * Does what the secret is for, where it is in the token: a refusal
	 * means that this path is no way. NULL: an HMAC is tried.
	 */
	agree_use_fn *use;
	void *arg;
};

/*
 * CKR_OK; CKR_KEY_FUNCTION_NOT_PERMITTED if no path that is allowed works;
 * CKR_DOMAIN_PARAMS_INVALID for a peer that is not on the curve; otherwise the
 * token's own code. Leaves no object behind on failure.
 */
CK_RV agree_derive(const struct token *t, struct hasher *h,
    const struct agree_input *in, struct agree_secret *ret) NODISCARD;

/* The secret as a key of its owner. */
struct agree_object {
	CK_SESSION_HANDLE session; /* that the object belongs to */
	CK_ATTRIBUTE *template;    /* with class and type; neither value... */
	CK_ULONG n;                /* ... nor its length */
};

/*
 * The same, as an object: derived inside on paths A and B, made of what is in
 * memory on C and D. What the template asks for and the token does not give is
 * the token's own code, and no weaker path is taken for it.
 */
CK_RV agree_derive_object(const struct token *t, struct hasher *h,
    const struct agree_input *in, const struct agree_object *o,
    CK_OBJECT_HANDLE *ret, enum agree_path *ret_path) NODISCARD;

/* HMAC-SHA-256 keyed by the secret, where it is. */
CK_RV agree_hmac(const struct token *t, struct hasher *h,
    const struct agree_secret *s, const struct bytes *parts, size_t n,
    uint8_t *out) NODISCARD;

/* Destroys the object, wipes the memory. */
void agree_secret_reset(const struct token *t, struct agree_secret *s);

/*
 * The path that a key would take, found with a fresh peer key of this
 * process; AGREE_PATH_S if none works.
 */
CK_RV agree_probe(const struct token *t, struct hasher *h, CK_OBJECT_HANDLE key,
    enum agree_path *ret) NODISCARD;

#endif
