/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mechanism: the mechanisms of ours, one const table, and one running
 * operation of them. Vendor mechanisms are ours alone; completed ones are
 * standard mechanisms, built from what a token has where it refuses them. A
 * mechanism is a struct of functions; one that is NULL means that the
 * mechanism does not have that operation.
 */
#ifndef VENDOR_EXT_MECHANISM_H
#define VENDOR_EXT_MECHANISM_H

#include "vendor-ext/agree.h"
#include "vendor-ext/tbs.h"
#include "vendor-ext/token.h"

/* Longest data of one operation, all parts together. */
#define MECHANISM_MAX_DATA ((size_t)4 << 20)

struct mechanism;
struct mechanism_op;
struct purpose;
struct purpose_want;

/* NULL: not one of ours. */
const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type);
/*
 * The one to use with a key that is bound to a purpose: a vendor mechanism, or
 * a standard one for signatures that looks at what it signs; NULL: no other
 * mechanism may have such a key.
 */
const struct mechanism *mechanism_bound(CK_MECHANISM_TYPE type);
/* The purposes that it serves, MDOC_PURPOSE_* bits. */
CK_ULONG mechanism_purposes(const struct mechanism *m);
/* A standard mechanism: the token is asked first. */
bool mechanism_is_completed(const struct mechanism *m);
/* Do we do it for a token that refused it with this answer? */
bool mechanism_completes(const struct mechanism *m, CK_RV refusal,
    const CK_MECHANISM *parameter);
/* The i-th of the table; NULL past its end. */
const struct mechanism *mechanism_at(size_t i);
CK_MECHANISM_TYPE mechanism_type(const struct mechanism *m);
/* "CKM_MDOC_DEVICE_MAC", ... */
const char *mechanism_name(const struct mechanism *m);
/*
 * Key sizes and flags; never CKF_HW. Those of a completed mechanism follow from
 * what the token says of the mechanism below.
 */
void mechanism_info(const struct mechanism *m, const struct token *t,
    CK_MECHANISM_INFO *ret);
/*
 * What the token says of a mechanism that it has, and that we complete for
 * keys that it does not take, if their values may be read.
 */
void mechanism_widen(const struct mechanism *m, enum agree_path weakest,
    CK_MECHANISM_INFO *info);
/*
 * Does the token have what the mechanism is built from? Only this decides
 * whether it is listed; mechanism_init and mechanism_derive try.
 */
bool mechanism_works(const struct mechanism *m, const struct token *t);

/* What an operation begins with. */
struct mechanism_request {
	CK_FLAGS what; /* CKF_SIGN, CKF_VERIFY or CKF_DECRYPT */
	const CK_MECHANISM *parameter;
	CK_OBJECT_HANDLE key;
	enum agree_path weakest;    /* see agree_input */
	const struct purpose *rule; /* of the key; NULL: it has none */
	/*
	 * The caller's own session; 0: none. Where the key wants a login for
	 * every use, the token's own operation begins here, so that the login
	 * reaches it.
	 */
	CK_SESSION_HANDLE home;
	struct hasher *hasher; /* outlives the operation */
};

/*
 * Starts an operation. Checks the parameter, the class, type, curve and
 * permission attributes of the key. The session of t is only used during a
 * call and may differ from call to call; the key handle must be valid in it.
 * CKR_MECHANISM_INVALID from a completed mechanism: it cannot be done here,
 * and what the token itself answered stands.
 */
CK_RV mechanism_init(const struct mechanism *m, const struct token *t,
    const struct mechanism_request *r, struct mechanism_op **ret) NODISCARD;
CK_RV mechanism_update(struct mechanism_op *op, struct bytes part) NODISCARD;
/*
 * For a key with a rule, when the data are complete: checks them, without the
 * token, and says what they want of the key.
 */
CK_RV mechanism_want(const struct mechanism_op *op,
    struct purpose_want *ret) NODISCARD;
/* Length of the signature. */
CK_ULONG mechanism_sign_len(const struct mechanism_op *op);
/* The end of the operation: signs what was given; out holds sign_len bytes. */
CK_RV mechanism_sign(struct mechanism_op *op, const struct token *t,
    struct hasher *h, uint8_t *out) NODISCARD;
CK_RV mechanism_verify(struct mechanism_op *op, const struct token *t,
    struct hasher *h, struct bytes signature) NODISCARD;
/*
 * No more bytes than this come out of the data given so far and in_len more.
 * Exact where the mechanism has a fixed expansion.
 */
CK_ULONG mechanism_decrypt_len(const struct mechanism_op *op, size_t in_len);
/* The end of the operation: what was given in plain, put into ret. */
CK_RV mechanism_decrypt(struct mechanism_op *op, const struct token *t,
    struct hasher *h, struct blob *ret) NODISCARD;
/*
 * The path that worked for another key of this token: tried first, so that
 * what the token refuses is not asked again. A caller may well keep it.
 */
void mechanism_op_expect(struct mechanism_op *op, enum agree_path path);
/* The path taken, after mechanism_sign of CKM_MDOC_DEVICE_MAC. */
enum agree_path mechanism_op_path(const struct mechanism_op *op);
/*
 * Ends the token's own operation on the caller's session, if there is one
 * still waiting there, as far as the token lets us.
 */
void mechanism_op_cancel(struct mechanism_op *op, const struct token *home);
/*
 * Was the token's own operation begun on the caller's session? Unless it ended
 * with CKR_OK, the token may have kept it.
 */
bool mechanism_op_at_home(const struct mechanism_op *op);
void mechanism_op_free(struct mechanism_op **op);

/* C_DeriveKey. */
struct mechanism_derivation {
	const CK_MECHANISM *parameter;
	CK_OBJECT_HANDLE base;
	CK_ATTRIBUTE *template;
	CK_ULONG n;
	enum agree_path weakest;    /* a weaker path is not taken */
	const struct purpose *rule; /* of the base key; NULL: it has none */
	/* The session that the new key belongs to; the one of t works. */
	CK_SESSION_HANDLE home;
	const struct curve
	    *curve;           /* of the base key; set by mechanism_derive */
	enum agree_path path; /* out: the path taken, if there is one */
};

/*
 * For a base key with a rule: checks what can be checked without the token's
 * agreement, the peer's point among it, and says what is wanted of the key.
 */
CK_RV mechanism_derive_want(const struct mechanism *m, const struct token *t,
    struct mechanism_derivation *d, struct purpose_want *ret) NODISCARD;

/*
 * Leaves nothing behind but the new object. CKR_MECHANISM_INVALID as with
 * mechanism_init.
 */
CK_RV mechanism_derive(const struct mechanism *m, const struct token *t,
    struct hasher *h, struct mechanism_derivation *d,
    CK_OBJECT_HANDLE *ret) NODISCARD;

#endif
