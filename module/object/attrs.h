/* SPDX-License-Identifier: BSD-3-Clause */
/* attrs: templates of attributes. */
#ifndef MODULE_ATTRS_H
#define MODULE_ATTRS_H

#include <p11-kit/pkcs11.h>

#include "common/bytes.h"

/* Attributes, classes and mechanisms of ours share the upper half. */
bool attrs_is_ours(CK_ULONG number);

/* NULL: not in the template (which may be NULL). */
const CK_ATTRIBUTE *
attrs_find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type);
/* The value; a NULL span if it is not in the template or has none. */
struct bytes
attrs_bytes(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type);
/* false: not there, or of another length. */
bool attrs_ulong(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
    CK_ULONG *ret);

/*
 * Answers for one attribute of C_GetAttributeValue, as PKCS#11 5.7 has them:
 * the value or its length, or that there is none.
 */
CK_RV attrs_put(CK_ATTRIBUTE *a, struct bytes value) NODISCARD;
CK_RV attrs_put_ulong(CK_ATTRIBUTE *a, CK_ULONG value) NODISCARD;
CK_RV attrs_put_none(CK_ATTRIBUTE *a) NODISCARD;

/* Is that an answer about single attributes, the others being answered? */
bool attrs_is_partial(CK_RV rv);
/* The one to return for two attributes of a template. */
CK_RV attrs_worse(CK_RV a, CK_RV b);

#endif
