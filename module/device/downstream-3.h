/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * downstream-3: as downstream.h, what PKCS#11 3.0 and 3.2 have more. A device
 * that lacks a function answers CKR_FUNCTION_NOT_SUPPORTED.
 */
#ifndef MODULE_DOWNSTREAM_3_H
#define MODULE_DOWNSTREAM_3_H

#include "module/device/downstream.h"

/* Only the functions that 2.40 does not have; the others are NULL. */
CK_FUNCTION_LIST_3_2 *downstream_functions_3(void);

#endif
