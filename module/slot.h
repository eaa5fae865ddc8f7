/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slot: from our slots to the devices' and back. There is one device, whose
 * numbers are ours, so that nothing changes for an application; slots that
 * the configuration leaves out do not exist.
 */
#ifndef MODULE_SLOT_H
#define MODULE_SLOT_H

#include "module/state.h"

/* s is held for reading. CKR_SLOT_ID_INVALID. */
CK_RV slot_find(const struct state *s, CK_SLOT_ID slot, struct device **ret,
    CK_SLOT_ID *ret_down) NODISCARD;
/* Our number of a device's slot; false: it is left out. */
bool slot_ours(const struct device *d, CK_SLOT_ID down, CK_SLOT_ID *ret);

/* C_GetSlotList and C_WaitForSlotEvent, inside the device's scope. */
CK_RV slot_list(const struct device *d, CK_BBOOL present, CK_SLOT_ID *list,
    CK_ULONG *n) NODISCARD;
CK_RV slot_wait(const struct device *d, CK_FLAGS flags, CK_SLOT_ID *ret,
    void *reserved) NODISCARD;

#endif
