/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exchange: an issuer, a holder and a reader in one process, for cmocka tests.
 * What fails here fails the test.
 */
#ifndef TESTS_SUPPORT_EXCHANGE_H
#define TESTS_SUPPORT_EXCHANGE_H

#include <mdoc/holder.h>
#include <mdoc/issuer.h>
#include <mdoc/verify.h>

#include "common/blob.h"

#define EXCHANGE_NS  "org.iso.18013.5.1"
#define EXCHANGE_MDL "org.iso.18013.5.1.mDL"
/* 2026-06-15T12:00:00Z, within the dates of the certificates below. */
#define EXCHANGE_AT 1781524800

struct exchange {
	mdoc_ctx *ctx;
	mdoc_trust *trust;       /* the self-made IACA */
	mdoc_verifier *verifier; /* of that trust */
	mdoc_key *ds_key;
	mdoc_buf ds_cert;
	mdoc_key *device_key; /* of the credential */
	mdoc_key *ereader_key;
	mdoc_buf transcript; /* SessionTranscriptBytes */
	mdoc_buf issuer_signed;
	mdoc_credential *credential;
};

/*
 * The context, the self-made IACA and document signer, a fresh EReaderKey on
 * the curve and a QR transcript with it.
 */
void exchange_new(struct exchange *x, const char *ereader_curve);
void exchange_free(struct exchange *x);

/* A file of tests/vectors: keys/NAME.pem or certs/NAME.pem. */
mdoc_key *exchange_key(mdoc_ctx *ctx, const char *name);
void exchange_cert(mdoc_ctx *ctx, const char *name, mdoc_buf *ret);

/* An issuer with a fresh device key on the curve, valid around EXCHANGE_AT,
 * without elements. */
mdoc_issuer *exchange_issuer(struct exchange *x, const char *device_curve);
/* Signs it and makes it x->credential, with its key set. Frees the issuer. */
void exchange_issue(struct exchange *x, mdoc_issuer *issuer);

/* A DeviceRequest for elements of EXCHANGE_NS, the list ending in NULL. */
void exchange_request(mdoc_ctx *ctx, const char *doc_type,
    const char *const *elements, mdoc_buf *ret);

/* The credential's answer to a request. */
int exchange_present(struct exchange *x, const mdoc_buf *request,
    enum mdoc_device_auth mode, mdoc_buf *ret, char *ret_path);
/* What the reader says of it; x->ereader_key is given. */
mdoc_report *exchange_verify(struct exchange *x, const mdoc_buf *response);

/* The check of this id whose result is worst; NULL: none. */
const mdoc_check *exchange_check(const mdoc_report *report, const char *id);
/* The text of a report, as comments, when a test fails. */
void exchange_print(const mdoc_report *report);
/* Fails with the report unless this is its verdict. */
void exchange_expect(const mdoc_report *report, const char *verdict);

static inline mdoc_bytes
exchange_bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

#endif
