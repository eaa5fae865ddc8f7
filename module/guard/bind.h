/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bind: how a private key is bound to a purpose: with the template that makes
 * it, or once afterwards. The rule is written first: a crash leaves a rule
 * without a key, never a key without its rule.
 */
#ifndef MODULE_BIND_H
#define MODULE_BIND_H

#include "module/guard/process-lock.h"
#include "module/session/inner.h"
#include "vendor-ext/purpose.h"

/* CKA_MDOC_PURPOSE, _DOC_TYPES, _METHOD or _USES_LEFT? */
bool bind_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n);

/*
 * A key that is being made:
 *
 *	rv = bind_begin(c, &b, template, n);
 *	if (rv == CKR_OK) {
 *		rv = C_GenerateKeyPair(..., b.template, b.n, public, key);
 *		rv = bind_end(c, &b, rv, key, public);
 *	}
 *
 * Nothing happens where the template asks for nothing. Only bind_begin() that
 * succeeds wants bind_end(), which destroys the key (and its public half, NULL
 * if there is none) if it did not become what it has to be.
 */
struct bind {
	CK_ATTRIBUTE *template; /* for the device */
	CK_ULONG n;
	bool wanted; /* what follows is in use */
	struct purpose rule;
	CK_BBOOL yes, no; /* PKCS#11 wants their addresses */
	CK_BBOOL private;
	struct process_lock processes;
	struct inner inner;
};

CK_RV bind_begin(struct api_call *c, struct bind *b, CK_ATTRIBUTE *template,
    CK_ULONG n) NODISCARD;
CK_RV bind_end(struct api_call *c, struct bind *b, CK_RV rv,
    const CK_OBJECT_HANDLE *key, const CK_OBJECT_HANDLE *public) NODISCARD;

/* C_SetAttributeValue with what bind_is_asked() finds. */
CK_RV bind_key(struct api_call *c, CK_OBJECT_HANDLE key,
    const CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;

/*
 * One attribute of a private key, for C_GetAttributeValue. rule: NULL if it is
 * not bound.
 */
CK_RV bind_get(const struct purpose *rule, CK_ATTRIBUTE *a) NODISCARD;

#endif
