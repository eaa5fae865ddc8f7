/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cancel: C_SessionCancel (PKCS#11 3.0, 5.6.8). Operations of ours are
 * dropped. The device cancels its own if it has the function; one of 2.40 is
 * made to end them in the ways that 2.40 has. A signature ends only by being
 * made, which nobody asked for: that is CKR_OPERATION_CANCEL_FAILED.
 */
#ifndef MODULE_CANCEL_H
#define MODULE_CANCEL_H

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

/* flags: as in CK_MECHANISM_INFO; unknown ones are ignored. */
CK_RV cancel_operations(struct api_call *c, CK_FLAGS flags) NODISCARD;

#endif
