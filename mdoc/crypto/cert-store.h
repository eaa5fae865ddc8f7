/* SPDX-License-Identifier: BSD-3-Clause */
/* cert-store: certificates of files and tokens, one after the other. */
#ifndef MDOC_CRYPTO_CERT_STORE_H
#define MDOC_CRYPTO_CERT_STORE_H

#include <mdoc/cert.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"

/* cert_read with its error in the context: MDOC_E_CERTIFICATE. */
int cert_parse(mdoc_ctx *c, struct bytes der, struct cert *ret) NODISCARD;

/* Anything but MDOC_OK ends the walk. der: not yet looked at. */
typedef int cert_each_fn(void *arg, struct bytes der);

/*
 * A PEM file (every CERTIFICATE block), a DER file, or the certificates that a
 * pkcs11: URI matches. None is an error. Errors begin with the file's name.
 */
int cert_each(mdoc_ctx *c, const char *source, cert_each_fn *fn,
    void *arg) NODISCARD;

#endif
