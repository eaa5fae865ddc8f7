/* SPDX-License-Identifier: BSD-3-Clause */
/* api-general: what the lists of 3.x say otherwise than that of 2.40. */
#ifndef MODULE_API_GENERAL_H
#define MODULE_API_GENERAL_H

#include <p11-kit/pkcs11.h>

/* C_GetInfo in a list of this version. */
CK_RV general_info(const CK_VERSION *version, CK_INFO *info);

#endif
