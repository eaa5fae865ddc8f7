/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slot: from our slots to the devices' and back. With one device, its numbers
 * are ours, so that nothing changes for an application; with several, handle.h
 * says how they are told apart. Slots that the configuration leaves out do
 * not exist; those of a device that is not open are not listed.
 */
#ifndef MODULE_SLOT_H
#define MODULE_SLOT_H

#include "module/device/devices.h"

struct state;

/* CKR_SLOT_ID_INVALID. No reference is taken. */
CK_RV slot_find(const struct devices *all, CK_SLOT_ID slot, struct device **ret,
    CK_SLOT_ID *ret_down) NODISCARD;
/* Our number of a device's slot; false: it is left out. */
bool slot_ours(const struct device *d, CK_SLOT_ID down, CK_SLOT_ID *ret);

/* C_GetSlotList, over all devices; no state is held. */
CK_RV slot_list(struct state *s, struct devices *all, CK_BBOOL present,
    CK_SLOT_ID *list, CK_ULONG *n) NODISCARD;

#endif
