/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mechanism-ops: what a vendor mechanism is made of, for the files mech-*.c,
 * one for each. The table of them is in mechanism.c.
 */
#ifndef VENDOR_EXT_MECHANISM_OPS_H
#define VENDOR_EXT_MECHANISM_OPS_H

#include "vendor-ext/mechanism.h"

#define TBS_BIT(kind) (1U << (kind))

struct mechanism_op {
	const struct mechanism *mechanism;
	CK_FLAGS what; /* CKF_SIGN, CKF_VERIFY or CKF_DECRYPT */
	CK_OBJECT_HANDLE key;
	const struct curve *curve; /* NULL: the mechanism does not want one */
	enum agree_path weakest;
	enum agree_path path;
	const struct purpose *rule; /* NULL: the key is not bound */
	struct hasher *hasher;
	/*
	 * The session where the token's own operation waits for the data; 0:
	 * it is begun when they are complete.
	 */
	CK_SESSION_HANDLE begun;
	bool at_home;     /* it was begun in the caller's session */
	struct blob data; /* what was given so far, unless update() took it */
	void *state;      /* the mechanism's own, for start() to end() */
};

/* All members but the type, the name and works may be absent. */
struct mechanism {
	CK_MECHANISM_TYPE type;
	const char *name;
	CK_ATTRIBUTE_TYPE permission; /* a private or secret key must have it */
	CK_MECHANISM_TYPE below;      /* of the token, for a completed one */
	bool (*works)(const struct token *t);
	/* Standard mechanisms: is that an answer that we do better than? */
	bool (*completes)(CK_RV refusal, const CK_MECHANISM *parameter);
	unsigned kinds; /* of data that are accepted, TBS_BIT; 0: any data */
	/* Whose use it is where there are no kinds: MDOC_PURPOSE_*. */
	CK_ULONG purposes;
	/* Where in the data that structure is; absent: it is all of them. */
	bool (*payload)(const struct mechanism_op *op, struct bytes *ret);
	/* What else can be seen to be wrong before the key is used. */
	CK_RV (*check)(const struct mechanism_op *op, const struct tbs *t);
	/* Absent: the key is not on a curve, and start() or derive() checks. */
	bool (*curve_fits)(const struct curve *c);
	/* Both about what C_GetMechanismInfo says; absent: as EC keys. */
	void (*info)(const struct token *t, CK_MECHANISM_INFO *ret);
	void (*widen)(CK_MECHANISM_INFO *info);
	/*
	 * Reads the parameter, which is nothing where there is no start(),
	 * and makes op->state, which end() wipes and frees.
	 */
	CK_RV(*start)
	(struct mechanism_op *op, const struct token *t,
	    const CK_MECHANISM *parameter);
	void (*end)(struct mechanism_op *op);
	/*
	 * Takes data as they come. Where the key has a rule they are collected
	 * instead, so that the rule sees them before anything is signed.
	 */
	CK_RV (*update)(struct mechanism_op *op, struct bytes part);
	CK_ULONG (*sign_len)(const struct mechanism_op *op);
	/* t: the structure of op->data, if there are kinds; else NULL. */
	CK_RV(*sign)
	(struct mechanism_op *op, const struct token *token, struct hasher *h,
	    const struct tbs *t, uint8_t *out);
	CK_RV(*verify)
	(struct mechanism_op *op, const struct token *token, struct hasher *h,
	    struct bytes signature);
	/* Bytes that come out of this many; decrypt() adds them to ret. */
	CK_ULONG (*decrypt_len)(const struct mechanism_op *op, size_t in_len);
	CK_RV(*decrypt)
	(struct mechanism_op *op, const struct token *token, struct hasher *h,
	    struct blob *ret);
	/* As check(), and what it wants; absent: one of the purposes. */
	CK_RV(*derive_want)
	(const struct mechanism_derivation *d, struct purpose_want *ret);
	CK_RV(*derive)
	(const struct token *t, struct hasher *h,
	    struct mechanism_derivation *d, CK_OBJECT_HANDLE *ret);
};

extern const struct mechanism mech_device_signature;
extern const struct mechanism mech_device_mac;
extern const struct mechanism mech_reader_authentication;
extern const struct mechanism mech_issuer_authentication;
extern const struct mechanism mech_key_derive;
extern const struct mechanism mech_hpke_open;
/* Completed */
extern const struct mechanism mech_ecdsa_sha256;
extern const struct mechanism mech_ecdsa_sha384;
extern const struct mechanism mech_ecdsa_sha512;
extern const struct mechanism mech_ecdh_kdf;
extern const struct mechanism mech_hkdf_derive;
extern const struct mechanism mech_hkdf_data;
extern const struct mechanism mech_sha256_hmac;
extern const struct mechanism mech_sha384_hmac;
extern const struct mechanism mech_sha512_hmac;

/* COSE_Sign1 with a detached payload, common to three of them. */
bool mech_cose_curve_fits(const struct curve *c);
bool mech_cose_works(const struct token *t);
CK_ULONG mech_cose_sign_len(const struct mechanism_op *op);
CK_RV mech_cose_sign(struct mechanism_op *op, const struct token *token,
    struct hasher *h, const struct tbs *t, uint8_t *out) NODISCARD;
CK_RV mech_cose_verify(struct mechanism_op *op, const struct token *token,
    struct hasher *h, struct bytes signature) NODISCARD;

/*
 * What every use of a key asks about it, in one call: a token may read a file
 * for each attribute.
 */
struct mech_key {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	bool permitted;            /* has the permission that was asked for */
	bool always;               /* CKA_ALWAYS_AUTHENTICATE */
	bool restricted;           /* CKA_ALLOWED_MECHANISMS is not empty */
	const struct curve *curve; /* NULL: none that we know */
};

CK_RV mech_key_read(const struct token *t, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE_TYPE permission, struct mech_key *ret) NODISCARD;
/*
 * CKR_MECHANISM_INVALID if CKA_ALLOWED_MECHANISMS leaves one of them out; the
 * second may be the same.
 */
CK_RV mech_key_allows(const struct token *t, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE below) NODISCARD;
/*
 * Where to sign and with what key, for the functions of sign.h: where the
 * token's own operation waits, which ends with this, or with op->key at *at.
 */
void
mech_sign_at(struct mechanism_op *op, struct token *at, CK_OBJECT_HANDLE *key);
/* Does the token list the mechanism with one of the flags? */
bool mech_listed(const struct token *t, CK_MECHANISM_TYPE type, CK_FLAGS flags);

#endif
