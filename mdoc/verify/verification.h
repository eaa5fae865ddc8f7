/* SPDX-License-Identifier: BSD-3-Clause */
/* verification: one run of a verifier, and how findings get into its report. */
#ifndef MDOC_VERIFY_VERIFICATION_H
#define MDOC_VERIFY_VERIFICATION_H

#include <mdoc/verify.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/authentication.h"
#include "mdoc/verify/policy.h"

struct cert_cache;

struct mdoc_verifier {
	mdoc_ctx *ctx;
	const mdoc_trust *trust; /* NULL: none was given */
	bool strict;
	bool use_cache;
	struct cert_cache *cache;
};

struct verification {
	mdoc_verifier *verifier;
	mdoc_ctx *ctx;
	mdoc_report *report;
	int document; /* that findings belong to, or -1 */
	int64_t at;
	bool issuer_signed_only;
	bool cbor_failed; /* there is a finding of this kind */
	bool structure_failed;
	bool ascending; /* elements so far: none of them can be there twice */
	struct bytes transcript;  /* SessionTranscript; NULL: none was given */
	struct bytes ereader;     /* COSE_Key inside it, or NULL */
	uint8_t salt[32];         /* SHA-256(SessionTranscriptBytes) */
	mdoc_key *ereader_key;    /* private, or NULL */
	bool ereader_key_differs; /* from the one of the transcript */
};

/* Looks at the parameters. What is wrong with them is an error, no finding. */
int verification_begin(struct verification *v, mdoc_verifier *verifier,
    const mdoc_verify_params *params) NODISCARD;
/* Hands the report over, unless r says that there is no answer. */
int
verification_end(struct verification *v, int r, mdoc_report **ret) NODISCARD;

/* Never NULL; the caller may fill in texts and numbers. */
mdoc_check *verification_check(struct verification *v, enum check check,
    enum mdoc_result result);
mdoc_check *
verification_deviation(struct verification *v, enum deviation deviation);
/* The same for an error of the CBOR layer, with what it says. */
void verification_cbor(struct verification *v, const struct cbor_reader *r,
    const char *what);
/* Will this deviation fail? */
bool verification_fails(const struct verification *v, enum deviation d);

/* At the end: what did not fail of cbor and structure has passed. */
void verification_passed(struct verification *v);

/* A date as text: "2026-11-21T12:00:00Z". */
const char *verification_date(struct verification *v, int64_t seconds);

/* Other versions than 1.0 are noted; the readers let only 1.x through, since an
 * unknown minor version must not be an error (18013-5 8.3). */
void verification_version(struct verification *v, struct bytes version,
    enum deviation minor);

#endif
