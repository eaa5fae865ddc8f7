/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * object: object handles. The top bit marks an object of ours; anything else
 * is the device's own handle, and its business.
 */
#ifndef MODULE_OBJECT_H
#define MODULE_OBJECT_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

#define OBJECT_VENDOR_BIT (~(~(CK_OBJECT_HANDLE)0 >> 1))

static inline bool
object_is_vendor(CK_OBJECT_HANDLE object)
{
	return (object & OBJECT_VENDOR_BIT) != 0;
}

/* The functions of api-object.c, inside of a session. */
CK_RV object_create(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret) NODISCARD;
CK_RV object_copy(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;
CK_RV object_destroy(struct api_call *c, CK_OBJECT_HANDLE object) NODISCARD;
CK_RV object_size(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ULONG *size) NODISCARD;
CK_RV object_get(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;
CK_RV object_set(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;

#endif
