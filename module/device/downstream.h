/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * downstream: every call that reaches a device. The functions have the shape
 * of PKCS#11 itself, so that the vendor core, which knows nothing but a
 * function list and a session, goes through here as well: locking, tracing,
 * mapping of errors and injection of faults happen in one place.
 *
 * A CK_FUNCTION_LIST has no room for a context. Which device is meant is kept
 * per thread: between downstream_enter() and downstream_leave(), the functions
 * reach that device. Scopes nest (a device may call the application back).
 */
#ifndef MODULE_DOWNSTREAM_H
#define MODULE_DOWNSTREAM_H

#include "module/device/device.h"

struct downstream_scope {
	struct device *device;
	CK_SLOT_ID slot; /* the device's number of it; for "lock = slot" */
	bool held;       /* SIGPIPE, in this scope */
};

/* Returns the scope that was there, for downstream_leave(). */
struct downstream_scope downstream_enter(struct device *d, CK_SLOT_ID slot);
void downstream_leave(struct downstream_scope before);

/* Inside of a call of a device: that is, in a callback of the application. */
bool downstream_is_busy(void);

/* CKR_GENERAL_ERROR outside of a scope. No C_Initialize, no C_Finalize. */
CK_FUNCTION_LIST *downstream_functions(void);

#endif
