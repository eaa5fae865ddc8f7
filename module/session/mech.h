/* SPDX-License-Identifier: BSD-3-Clause */
/* mech: the mechanisms of a slot: the device's and ours. */
#ifndef MODULE_MECH_H
#define MODULE_MECH_H

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

/* C_GetMechanismList and C_GetMechanismInfo of the slot that was entered. */
CK_RV
mech_list(struct api_call *c, CK_MECHANISM_TYPE *list, CK_ULONG *n) NODISCARD;
CK_RV mech_info(struct api_call *c, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *info) NODISCARD;

#endif
