/* SPDX-License-Identifier: BSD-3-Clause */
/* signature: COSE_Sign1 and what it has in common with COSE_Mac0. */
#ifndef MDOC_VERIFY_SIGNATURE_H
#define MDOC_VERIFY_SIGNATURE_H

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/sigver.h"
#include "mdoc/verify/verification.h"

/* A public key, imported or as a point. */
struct signer {
	const struct curve *curve; /* NULL: a kind of key that is not known */
	struct bytes point;
	struct pubkey *key; /* NULL: import the point */
};

/* Where findings go: the rows of policy.h and what passing is. */
struct signature_kind {
	enum deviation base;
	enum check check;
	const char *name; /* "issuerAuth", ... */
};

/* Reports deviations of the structure that are the same everywhere. */
void signature_form(struct verification *v, const struct signature_kind *kind,
    const struct cose *c);

/*
 * Verifies the signature over the payload that a was filled with and reports
 * it. *ret_good may be NULL.
 */
int signature_verify(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, const struct signer *signer, struct authentication *a,
    bool *ret_good) NODISCARD;

#endif
