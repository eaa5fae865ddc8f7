/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert-check: the certificate profiles of 18013-5 Annex B as one table of
 * rules. What is made is held against it as well as what is received.
 */
#ifndef MDOC_CRYPTO_CERT_CHECK_H
#define MDOC_CRYPTO_CERT_CHECK_H

#include <mdoc/cert.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/model/report.h"

#define CERT_DAY INT64_C(86400)

struct cert_profile {
	const char *name;           /* "document signer" */
	const char *clause;         /* "18013-5 B.1.4" */
	const struct bytes *eku[2]; /* both are written, one is enough */
	int max_years;              /* of validity; 0: in days */
	int max_days;
	bool root; /* a CA, self-signed */
	bool needs_country;
	bool needs_alt_name;
	bool needs_crl;
};

const struct cert_profile *cert_profile_of(enum mdoc_cert_profile profile);
/* The last second that a certificate of this profile may hold. */
int64_t cert_profile_limit(const struct cert_profile *p, int64_t not_before);

/* issuer NULL: not given (a root: itself). Adds a check for each rule. */
int cert_check_all(mdoc_ctx *c, enum mdoc_cert_profile profile,
    const struct cert *cert, const struct cert *issuer, int64_t at,
    mdoc_report *report) NODISCARD;

/* The first URI of a GeneralNames (IssuerAltName), or of the full names of a
 * CRLDistributionPoints; NULL: none. */
struct bytes cert_alt_name_uri(struct bytes names);
struct bytes cert_crl_uri(struct bytes crl_dp);

#endif
