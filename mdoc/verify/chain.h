/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain: from the x5chain of a COSE header to a trust anchor: RFC 5280 6.1 as
 * far as 18013-5 Annex B allows anything, and the profile of the certificate.
 */
#ifndef MDOC_VERIFY_CHAIN_H
#define MDOC_VERIFY_CHAIN_H

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/trust.h"
#include "mdoc/verify/verification.h"

enum chain_kind {
	CHAIN_KIND_ISSUER, /* document signer under an IACA */
	CHAIN_KIND_READER  /* reader under a reader CA */
};

struct chain {
	bool readable;      /* leaf is set */
	struct cert leaf;   /* spans of the message or of the cache */
	struct pubkey *key; /* of the leaf, imported; or NULL */
};

/*
 * Reports everything about c's x5chain. mdl: the profile of the mDL holds as
 * a whole, not only what all mdocs have in common. *ret is always set.
 */
int chain_verify(struct verification *v, enum chain_kind kind,
    const struct cose *c, bool mdl, struct chain *ret) NODISCARD;

#endif
