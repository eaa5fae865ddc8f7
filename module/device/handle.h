/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handle: whose object a handle is, and whose slot a number. With one device,
 * they are the device's own. With several, the high byte says which device it
 * is, except for its top bit, which marks an object of ours (object.h).
 *
 * downstream.c and downstream-3.c take prefixes off and put them on for
 * objects, slot.c for slots: nobody else sees a device's own numbers.
 */
#ifndef MODULE_HANDLE_H
#define MODULE_HANDLE_H

#include "module/device/device.h"

#define HANDLE_SHIFT    (8 * (sizeof(CK_ULONG) - 1))
#define HANDLE_MASK     ((CK_ULONG)0x7f << HANDLE_SHIFT)
#define HANDLE_OURS     ((CK_ULONG)0x80 << HANDLE_SHIFT)
#define HANDLE_INDEX(h) ((size_t)(((h)&HANDLE_MASK) >> HANDLE_SHIFT))

/*
 * Another device's object is none of this one: it answers that itself. Nor is
 * one of ours, of which a device that looks at 32 bits would see a key's.
 */
static inline CK_OBJECT_HANDLE
handle_down(const struct device *d, CK_OBJECT_HANDLE h)
{
	if ((h & d->prefix_mask) != d->prefix || (h & HANDLE_OURS) != 0)
		return CK_INVALID_HANDLE;
	return h & ~d->prefix_mask;
}

/*
 * What a device gave out becomes ours. CKR_DEVICE_ERROR, and a line in the
 * log, for a number that needs the byte itself.
 */
CK_RV handle_refuse(const struct device *d, CK_ULONG number) NODISCARD;

static inline NODISCARD CK_RV
handle_up(const struct device *d, CK_OBJECT_HANDLE *h)
{
	if ((*h & d->prefix_mask) != 0)
		return handle_refuse(d, *h);
	if (*h != CK_INVALID_HANDLE)
		*h |= d->prefix;
	return CKR_OK;
}

#endif
