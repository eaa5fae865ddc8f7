/* SPDX-License-Identifier: BSD-3-Clause */
/* vendor: the interface MDOC_INTERFACE. */
#ifndef MODULE_VENDOR_H
#define MODULE_VENDOR_H

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

/* Never written to; not const, because CK_INTERFACE points to it. */
extern mdoc_interface vendor_interface;

#endif
