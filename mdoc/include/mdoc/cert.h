/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert.h: certificates of ISO/IEC 18013-5 Annex B: making, checking, storing,
 * and the list of those that are trusted. mdoc_cert(3).
 */
#ifndef MDOC_CERT_H
#define MDOC_CERT_H

#include <mdoc/key.h>
#include <mdoc/report.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE

/* clang-format on */

enum mdoc_cert_profile {
	MDOC_CERT_IACA,      /* B.1.2 */
	MDOC_CERT_DS,        /* B.1.4 */
	MDOC_CERT_READER_CA, /* root of reader authentication */
	MDOC_CERT_READER     /* B.1.7 */
};

/* Set size to sizeof(mdoc_cert_params) and the rest to 0 before use. */
typedef struct mdoc_cert_params {
	size_t size;
	enum mdoc_cert_profile profile;
	const char *subject; /* "CN=Utopia IACA,C=UT" ('\' escapes) */
	int64_t not_before;  /* 0: now */
	int64_t not_after;   /* 0: the longest that the profile allows */
	/* IssuerAltName URI; mandatory in an IACA, NULL in a DS: the IACA's */
	const char *issuer_alt_url;
	/* CRL distribution point; NULL in a DS: the IACA's */
	const char *crl_url;
} mdoc_cert_params;

/*
 * issuer_key signs; issuer_cert (DER) absent: self-signed. What breaks the
 * profile is MDOC_E_CERTIFICATE and the text names the rule.
 */
int mdoc_cert_create(mdoc_ctx *ctx, const mdoc_cert_params *params,
    const mdoc_key *subject_key, mdoc_key *issuer_key, mdoc_bytes issuer_cert,
    mdoc_buf *ret_der);

/* A report of every rule of the profile; issuer may be absent. at: seconds,
 * 0: now. */
int mdoc_cert_check(mdoc_ctx *ctx, enum mdoc_cert_profile profile,
    mdoc_bytes der, mdoc_bytes issuer, int64_t at, mdoc_report **ret);

/* source: file (PEM, DER; the first certificate) or URI of a CKO_CERTIFICATE */
int mdoc_cert_load(mdoc_ctx *ctx, const char *source, mdoc_buf *ret_der);
/* Into the token that the URI names, with CKA_ID of its key. */
int mdoc_cert_store(mdoc_ctx *ctx, const char *uri, mdoc_bytes der);
int mdoc_cert_pem(mdoc_ctx *ctx, mdoc_bytes der, mdoc_buf *ret);
/* One line: subject, validity. */
int mdoc_cert_describe(mdoc_ctx *ctx, mdoc_bytes der, mdoc_buf *ret);

/* Trust anchors (IACA or reader CA certificates). */
typedef struct mdoc_trust mdoc_trust;

int mdoc_trust_new(mdoc_ctx *ctx, mdoc_trust **ret);
int mdoc_trust_add(mdoc_trust *trust, mdoc_bytes der);
/* A PEM bundle, a DER file, a folder of such files, or a pkcs11: URI. */
int mdoc_trust_add_source(mdoc_trust *trust, const char *source);
size_t mdoc_trust_count(const mdoc_trust *trust);
void mdoc_trust_free(mdoc_trust **trust);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
