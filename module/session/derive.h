/* SPDX-License-Identifier: BSD-3-Clause */
/* derive: C_DeriveKey, routed as operations are (operation.h). */
#ifndef MODULE_DERIVE_H
#define MODULE_DERIVE_H

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

/* Inside of a session. */
CK_RV
derive_key(struct api_call *c, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret) NODISCARD;

#endif
