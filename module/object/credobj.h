/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * credobj: the face that CKO_MDOC_CREDENTIAL shows to applications, over what
 * vendor-ext/credential keeps in the token. Handles here are the device's, of
 * the object that carries a credential.
 */
#ifndef MODULE_CREDOBJ_H
#define MODULE_CREDOBJ_H

#include "vendor-ext/token.h"

/* Does a template ask for this class? */
bool credobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n);

/*
 * CKR_OBJECT_HANDLE_INVALID: the object carries no credential. One that cannot
 * be read any more is one, so that it can be removed.
 */
CK_RV credobj_check(const struct token *t, CK_OBJECT_HANDLE object) NODISCARD;

/* As the C_ functions of the same name. */
CK_RV credobj_create(const struct token *t, const CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;
CK_RV credobj_copy(const struct token *t, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;
CK_RV credobj_get(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;
/* The object that carries the credential is another one afterwards. */
CK_RV credobj_set(const struct token *t, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;

/*
 * Those that may match a template, in memory of the caller: the caller
 * compares. t: a session without a search of its own.
 */
CK_RV credobj_find(const struct token *t, const CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE **ret, CK_ULONG *ret_n) NODISCARD;

#endif
