/* SPDX-License-Identifier: BSD-3-Clause */
/* trust: the inside of mdoc_trust: anchors, parsed and imported once. */
#ifndef MDOC_CRYPTO_TRUST_H
#define MDOC_CRYPTO_TRUST_H

#include <mdoc/cert.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/sigver.h"

struct anchor {
	struct blob der;
	struct cert cert; /* spans of der */
	struct pubkey *key;
};

/* The anchors whose subject is the issuer of c (and whose SKI is its AKI where
 * both have one): the next one after *pos (start with 0), NULL at the end. */
const struct anchor *
trust_next_issuer(const mdoc_trust *trust, const struct cert *c, size_t *pos);
/* The anchor that is this certificate, or NULL. */
const struct anchor *trust_find(const mdoc_trust *trust, struct bytes der);

#endif
