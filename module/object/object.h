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
struct device;

#define OBJECT_VENDOR_BIT (~(~(CK_OBJECT_HANDLE)0 >> 1))

static inline bool
object_is_vendor(CK_OBJECT_HANDLE object)
{
	return (object & OBJECT_VENDOR_BIT) != 0;
}

/*
 * A vendor object is carried by an object of the device; its handle is that
 * one's with the top bit. When it is changed, another object carries it: then
 * the handle that the application has is an alias.
 */
struct object_alias {
	CK_SLOT_ID slot;
	CK_OBJECT_HANDLE from; /* without the top bit */
	CK_OBJECT_HANDLE to;
};

struct object_aliases {
	struct object_alias *v;
	size_t n;
};

/* The application's handle for what this object of the device carries. */
CK_RV object_handle(struct api_call *c, CK_OBJECT_HANDLE down,
    CK_OBJECT_HANDLE *ret) NODISCARD;
/* No handle survives a logout (slot: the device's). */
void object_forget(struct device *d, CK_SLOT_ID slot);

/* The functions of api/object.c, inside of a session. */
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
