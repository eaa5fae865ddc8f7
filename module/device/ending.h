/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ending: C_Finalize, device by device. A device in which a call hangs, or
 * that hangs when it is ended, is left as it is after a while, so that the
 * others are ended and the application goes on.
 */
#ifndef MODULE_ENDING_H
#define MODULE_ENDING_H

#include "common/table.h"
#include "module/device/devices.h"

/*
 * Closes all sessions and finalises the devices; resets the table. The state
 * knows neither of them any more. The first answer that is not CKR_OK;
 * CKR_FUNCTION_FAILED: a device was left behind.
 */
CK_RV ending_all(struct devices *all, struct table *sessions, bool threads);

#endif
