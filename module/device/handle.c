/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/log.h"
#include "module/device/handle.h"

CK_RV
handle_refuse(const struct device *d, CK_ULONG number)
{
	log_printf(LOG_ERROR, "device",
	    "[device %s] its number 0x%lx leaves no room for that of the "
	    "device: use it as the only one",
	    d->conf.name, number);
	return CKR_DEVICE_ERROR;
}
