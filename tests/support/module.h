/* SPDX-License-Identifier: BSD-3-Clause */
/* module: p11-mdoc.so, or another module, as an application loads it. */
#ifndef TESTS_SUPPORT_MODULE_H
#define TESTS_SUPPORT_MODULE_H

#include "tests/support/softhsm.h"

/* NULL, and a line on standard error, if path cannot be used. */
CK_FUNCTION_LIST *module_open(const char *path);
/*
 * Writes a p11-mdoc.conf with these lines into the token's folder and points
 * P11_MDOC_CONF to it; lines NULL: the one device is SoftHSMv2.
 */
bool module_configure(const struct softhsm *s, const char *lines) NODISCARD;

#endif
