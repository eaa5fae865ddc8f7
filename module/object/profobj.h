/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * profobj: objects of the class CKO_PROFILE (PKCS#11 3.0, 4.13), which say
 * what profile.h finds. They are no objects of the device: everybody sees
 * them, nobody changes them. Where a device has one of its own, that is the
 * one that is seen.
 *
 * As hardware features and mechanisms (4.3, 4.12), they are found only by
 * those who ask for the class or for CKA_PROFILE_ID: an application that
 * lists everything and does not know them is not to stumble over them.
 */
#ifndef MODULE_PROFOBJ_H
#define MODULE_PROFOBJ_H

#include "module/device/handle.h"
#include "module/object/profile.h"

struct api_call;

/* Above all devices (127 of them, numbered from 0): their own last byte. */
#define PROFOBJ_HANDLE (OBJECT_VENDOR_BIT | HANDLE_MASK)

static inline bool
profobj_is(CK_OBJECT_HANDLE object)
{
	return (object & PROFOBJ_HANDLE) == PROFOBJ_HANDLE;
}

/* Does a template ask for them? */
bool profobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n);
/* Those that match a template; ret has room for PROFILE_MAX. */
CK_RV profobj_find(struct api_call *c, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n) NODISCARD;

/* As the C_ functions of the same name. */
CK_RV profobj_get(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;
CK_RV profobj_size(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ULONG *size) NODISCARD;
/* What every change is answered with. */
CK_RV profobj_refuse(struct api_call *c, CK_OBJECT_HANDLE object) NODISCARD;

#endif
