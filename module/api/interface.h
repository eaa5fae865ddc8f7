/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interface: which interfaces there are (PKCS#11 3.0, 5.4). "PKCS 11" 3.0 is
 * always there and the default, as are 2.40 and MDOC_INTERFACE; a device that
 * lacks a function answers CKR_FUNCTION_NOT_SUPPORTED. 3.2 is there where a
 * device has it.
 */
#ifndef MODULE_INTERFACE_H
#define MODULE_INTERFACE_H

#include <stdbool.h>

#include "module/api/pkcs11-3.h"

#define INTERFACE_NAME "PKCS 11"

/*
 * Is it the one that C_GetInterface was asked for? Without a name, PKCS#11
 * itself is meant; any version is good if none is given.
 */
bool interface_is(const CK_INTERFACE *i, const CK_UTF8CHAR *name,
    const CK_VERSION *version, CK_FLAGS flags);

/*
 * Applications choose an interface before C_Initialize. The devices of
 * p11-mdoc.conf are then loaded, not initialised, and asked, which PKCS#11
 * allows at any time. This is done for nobody who does not ask for 3.2.
 */
bool interface_offers_3_2(void);

#endif
