/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * modules: the PKCS#11 modules that a context has loaded, each once, and the
 * tokens it has a session on.
 */
#ifndef MDOC_CRYPTO_MODULES_H
#define MDOC_CRYPTO_MODULES_H

struct modules;

/* Closes sessions, finalises and releases. */
void modules_free(struct modules **m);

#endif
