/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/verify/cert-cache.h"
#include "mdoc/verify/device.h"
#include "mdoc/verify/issuer-auth.h"

int
mdoc_verifier_new(mdoc_ctx *ctx, const mdoc_trust *trust, mdoc_verifier **ret)
{
	mdoc_verifier *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->cache = cert_cache_new()) == NULL) {
		free(v);
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	}
	v->ctx = ctx;
	v->trust = trust;
	v->use_cache = true;
	*ret = v;
	return MDOC_OK;
}

void
mdoc_verifier_free(mdoc_verifier **verifier)
{
	if (verifier == NULL || *verifier == NULL)
		return;
	cert_cache_free(&(*verifier)->cache);
	free(*verifier);
	*verifier = NULL;
}

void
mdoc_verifier_set_strict(mdoc_verifier *verifier, int on)
{
	verifier->strict = on != 0;
}

void
mdoc_verifier_set_cache(mdoc_verifier *verifier, int on)
{
	verifier->use_cache = on != 0;
	if (!verifier->use_cache)
		cert_cache_clear(verifier->cache);
}

static int
document_verify(struct verification *v, const struct document *doc)
{
	struct mso mso;
	bool readable = false;
	int r;

	v->document = report_add_document(v->report, doc->doc_type);
	r = issuer_auth_verify(v, &doc->issuer_signed, doc->doc_type, &mso,
	    &readable);
	if (r == MDOC_OK)
		r = device_verify(v, doc, readable ? &mso : NULL);
	if (r == MDOC_OK)
		r = elements_check(v);
	v->document = -1;
	return r;
}

/* Names of the status codes of 10.3.2. */
static const char *
status_text(struct verification *v, uint64_t status)
{
	switch (status) {
	case 10:
		return "10 (general error)";
	case 11:
		return "11 (CBOR decoding error)";
	case 12:
		return "12 (CBOR validation error)";
	default:
		return report_text(v->report, "%llu",
		    (unsigned long long)status);
	}
}

static void
response_check(struct verification *v, const struct response *q)
{
	mdoc_check *c;

	if (q->status == 0) {
		(void)verification_check(v, CHECK_STATUS, MDOC_PASS);
	} else {
		c = verification_deviation(v,
		    q->count > 0 ? DEV_STATUS_DOCUMENTS : DEV_STATUS);
		c->expected = "0";
		c->actual = status_text(v, q->status);
	}
	if (q->count == 0) {
		c = verification_check(v, CHECK_DOCUMENTS, MDOC_NOT_DONE);
		c->detail = "the response has no documents";
	}
	if (q->has_zk_documents || q->has_encrypted_documents) {
		c = verification_check(v, CHECK_DOCUMENTS_OTHER, MDOC_NOT_DONE);
		c->detail = q->has_zk_documents
		    ? "zkDocuments are not looked at"
		    : "encryptedDocuments are not looked at";
	}
}

static int
response_verify(struct verification *v, struct bytes in)
{
	struct cbor_reader r;
	struct response q;
	struct document doc;
	int rc = MDOC_OK;

	cbor_reader_init(&r, in);
	if (!response_read(&r, &q)) {
		verification_cbor(v, &r, "DeviceResponse");
		return MDOC_OK;
	}
	verification_version(v, q.version, DEV_VERSION_MINOR);
	response_check(v, &q);
	while (rc == MDOC_OK && response_next(&q, &doc))
		rc = document_verify(v, &doc);
	if (rc != MDOC_OK)
		return rc;
	if (q.docs.error != CBOR_OK)
		verification_cbor(v, &q.docs, "DeviceResponse");
	verification_passed(v);
	return MDOC_OK;
}

static int
issuer_signed_verify(struct verification *v, struct bytes in)
{
	struct cbor_reader r, payload;
	struct issuer_signed s;
	struct mso mso;
	bool readable = false;
	mdoc_check *c;
	int rc;

	cbor_reader_init(&r, in);
	if (!issuer_signed_read(&r, &s) || !cbor_finish(&r)) {
		verification_cbor(v, &r, "IssuerSigned");
		return MDOC_OK;
	}
	/* Only the MSO says which document this is. */
	cbor_reader_nested(&payload, &s.source, s.issuer_auth.payload);
	if (!mso_read(&payload, &mso))
		mso.doc_type = BYTES_NULL;
	v->document = report_add_document(v->report, mso.doc_type);
	rc = issuer_auth_verify(v, &s, BYTES_NULL, &mso, &readable);
	if (rc == MDOC_OK)
		rc = elements_check(v);
	if (rc != MDOC_OK)
		return rc;
	c = verification_check(v, CHECK_DEVICE_NOT_ASKED, MDOC_NOT_DONE);
	c->detail = "IssuerSigned only: nobody has proved that it is theirs";
	v->document = -1;
	verification_passed(v);
	return MDOC_OK;
}

int
mdoc_verify_response(mdoc_verifier *verifier, mdoc_bytes in,
    const mdoc_verify_params *params, mdoc_report **ret)
{
	struct verification v;
	int r;

	if ((r = verification_begin(&v, verifier, params)) != MDOC_OK)
		return r;
	r = v.issuer_signed_only ? issuer_signed_verify(&v, from_public(in))
				 : response_verify(&v, from_public(in));
	return verification_end(&v, r, ret);
}
