/* SPDX-License-Identifier: BSD-3-Clause */
/* verify.h: verification of responses and requests. mdoc_verify(3). */
#ifndef MDOC_VERIFY_H
#define MDOC_VERIFY_H

#include <mdoc/cert.h>
#include <mdoc/report.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/*
 * A verifier keeps what is worth keeping between messages: fetched algorithms,
 * keys of trust anchors, document-signer certificates that were verified
 * before (only where their dates still hold).
 */
typedef struct mdoc_verifier mdoc_verifier;

/* trust is borrowed; NULL: the chain is "not done" and nothing is trusted. */
int
mdoc_verifier_new(mdoc_ctx *ctx, const mdoc_trust *trust, mdoc_verifier **ret);
void mdoc_verifier_free(mdoc_verifier **verifier);

/* Deviations that are warnings by default become failures. */
void mdoc_verifier_set_strict(mdoc_verifier *verifier, int on);
/* Every document-signer certificate is verified anew. */
void mdoc_verifier_set_cache(mdoc_verifier *verifier, int on);

/* Set size to sizeof(mdoc_verify_params) and the rest to 0 before use. */
typedef struct mdoc_verify_params {
	size_t size;
	mdoc_bytes transcript;  /* SessionTranscript or SessionTranscriptBytes;
				  absent: device authentication is not done */
	mdoc_key *ereader_key;  /* private; needed for a device MAC */
	int64_t at;             /* seconds; 0: now */
	int issuer_signed_only; /* in is IssuerSigned, not DeviceResponse */
} mdoc_verify_params;

/*
 * 18013-5 12.8: everything about a DeviceResponse. Returns MDOC_OK and a
 * report also for a response that fails; other codes only where there is no
 * answer (memory, arguments). in is borrowed by the report.
 */
int mdoc_verify_response(mdoc_verifier *verifier, mdoc_bytes in,
    const mdoc_verify_params *params, mdoc_report **ret);

/* Reader authentication of a DeviceRequest; trust anchors: reader CAs. */
int mdoc_verify_request(mdoc_verifier *verifier, mdoc_bytes in,
    const mdoc_verify_params *params, mdoc_report **ret);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
