/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * token: what vendor code may know of a security device: a PKCS#11 function
 * list and a session of its own on it.
 */
#ifndef VENDOR_EXT_TOKEN_H
#define VENDOR_EXT_TOKEN_H

#include <p11-kit/pkcs11.h>

#include "common/blob.h"
#include "vendor-ext/curve.h"

struct token {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
};

/* One attribute into a blob, whatever its length. */
CK_RV token_get(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct blob *ret) NODISCARD;
/* CK_FALSE if the object has no such attribute. */
CK_RV token_get_flag(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_BBOOL *ret) NODISCARD;
/* The same where a fault may pass for false. */
bool token_get_bool(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type);
CK_RV token_get_ulong(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, CK_ULONG *ret) NODISCARD;
/* The curve that CKA_KEY_TYPE and CKA_EC_PARAMS name; NULL: none of ours. */
const struct curve *token_curve_of(CK_KEY_TYPE type, struct bytes params);
/* The curve of a key object; CKR_KEY_TYPE_INCONSISTENT if it has none. */
CK_RV token_key_curve(const struct token *t, CK_OBJECT_HANDLE key,
    const struct curve **ret) NODISCARD;
/* CKA_EC_POINT (DER-wrapped or raw) as a raw point; of a public key object. */
CK_RV token_key_point(const struct token *t, CK_OBJECT_HANDLE key,
    struct blob *ret) NODISCARD;
/*
 * The public key that belongs to a private one: its own CKA_EC_POINT, or that
 * of the public key object with its CKA_ID. CKR_ATTRIBUTE_TYPE_INVALID: there
 * is none, or several that differ.
 */
CK_RV token_key_public(const struct token *t, CK_OBJECT_HANDLE key,
    struct blob *ret) NODISCARD;
/* All objects that match, at most max. */
CK_RV token_find(const struct token *t, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, CK_ULONG max, CK_ULONG *ret_n) NODISCARD;

/*
 * Answers that mean "not this way": the token lacks the mechanism, or does not
 * let this key take part in it. Anything else is a fault, and no reason to try
 * a weaker way.
 */
bool token_is_refusal(CK_RV rv);

/*
 * All of them, in memory of the caller. A search with more results than this
 * is taken for one without an end: CKR_DEVICE_ERROR.
 */
#define TOKEN_MAX_FOUND (1UL << 20)
CK_RV token_find_all(const struct token *t, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE **ret, CK_ULONG *ret_n) NODISCARD;

/* "CKR_PIN_INCORRECT"; "CKR_0x..." for an unknown one in a static buffer of
 * the thread. */
const char *token_rv_name(CK_RV rv);

#endif
