/* SPDX-License-Identifier: BSD-3-Clause */
/* xdh-device.so: what a module exports */
#include "config.h"

#include "tests/support/xdh-device.h"

XDH_EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	*ret = xdh_functions();
	return CKR_OK;
}
