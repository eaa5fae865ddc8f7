/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api.h"
#include "module/mech.h"

CK_RV
mech_list(struct api_call *c, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	return c->f->C_GetMechanismList(c->slot, list, n);
}

CK_RV
mech_info(struct api_call *c, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	return c->f->C_GetMechanismInfo(c->slot, type, info);
}
