/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/verify/issuer-auth.h"
#include "mdoc/verify/signature.h"

static const struct signature_kind kind = { DEV_ISSUER_COSE,
	CHECK_ISSUER_SIGNATURE, "issuerAuth" };

static void
doc_type_check(struct verification *v, const struct mso *mso,
    struct bytes doc_type)
{
	mdoc_check *c;

	if (bytes_is_null(doc_type))
		return;
	if (bytes_equal(doc_type, mso->doc_type)) {
		(void)verification_check(v, CHECK_MSO_DOC_TYPE, MDOC_PASS);
		return;
	}
	c = verification_deviation(v, DEV_MSO_DOC_TYPE);
	c->expected = report_string(v->report, doc_type);
	c->actual = report_string(v->report, mso->doc_type);
}

/* The signature counts as the issuer's also where the chain does not hold: so
 * that a report says which of the two is wrong. */
static int
signature_check(struct verification *v, const struct issuer_signed *s,
    const struct chain *chain)
{
	struct authentication a;
	const struct signer signer = {
		.curve = chain->leaf.curve,
		.point = chain->leaf.point,
		.key = chain->key,
	};
	mdoc_check *c;

	if (bytes_is_null(s->issuer_auth.payload) ||
	    s->issuer_auth.payload.len == 0) {
		c = verification_deviation(v, kind.base + COSE_PAYLOAD);
		c->offset = s->issuer_auth.offset;
		c->detail = "issuerAuth has no payload";
		return MDOC_OK;
	}
	if (!chain->readable) {
		c = verification_check(v, kind.check, MDOC_NOT_DONE);
		c->detail = "there is no certificate to verify it with";
		return MDOC_OK;
	}
	authentication_payload(&a, s->issuer_auth.payload);
	return signature_verify(v, &kind, &s->issuer_auth, &signer, &a, NULL);
}

static bool
mso_check(struct verification *v, const struct issuer_signed *s,
    struct mso *ret)
{
	struct cbor_reader r;

	if (bytes_is_null(s->issuer_auth.payload) ||
	    s->issuer_auth.payload.len == 0)
		return false;
	cbor_reader_nested(&r, &s->source, s->issuer_auth.payload);
	if (!mso_read(&r, ret)) {
		verification_cbor(v, &r, "MobileSecurityObject");
		return false;
	}
	verification_version(v, ret->version, DEV_MSO_VERSION_MINOR);
	(void)verification_check(v, CHECK_MSO_VERSION, MDOC_PASS);
	return true;
}

static void
status_check(struct verification *v, const struct mso *mso)
{
	mdoc_check *c;

	if (bytes_is_null(mso->status))
		return;
	c = verification_check(v, CHECK_MSO_STATUS, MDOC_NOT_DONE);
	c->detail = "revocation was not looked up";
}

int
issuer_auth_verify(struct verification *v, const struct issuer_signed *s,
    struct bytes doc_type, struct mso *ret_mso, bool *ret_readable)
{
	const struct cert *ds;
	struct chain chain;
	bool readable, mdl;
	int r;

	readable = mso_check(v, s, ret_mso);
	if (bytes_is_null(doc_type) && readable)
		doc_type = ret_mso->doc_type;
	mdl = bytes_equal_str(doc_type, "org.iso.18013.5.1.mDL");
	r = chain_verify(v, CHAIN_KIND_ISSUER, &s->issuer_auth, mdl, &chain);
	if (r == MDOC_OK)
		r = signature_check(v, s, &chain);
	if (r != MDOC_OK)
		return r;
	ds = chain.readable ? &chain.leaf : NULL;
	if (readable) {
		doc_type_check(v, ret_mso, doc_type);
		validity_verify(v, ret_mso, ds);
		status_check(v, ret_mso);
	}
	*ret_readable = readable;
	return digests_verify(v, s, readable ? ret_mso : NULL, ds);
}
