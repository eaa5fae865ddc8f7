/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyobj: the second door to CKM_MDOC_KEY_DERIVE: C_CreateObject of a secret
 * key that is described by what it is derived from, for those who reach us
 * through something that carries attributes and no mechanisms.
 */
#ifndef MODULE_KEYOBJ_H
#define MODULE_KEYOBJ_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

/* Does a template describe such a key? */
bool keyobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n);
CK_RV keyobj_create(struct api_call *c, const CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;

#endif
