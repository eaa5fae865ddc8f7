/* SPDX-License-Identifier: BSD-3-Clause */
/* reader: reader authentication of a DeviceRequest (18013-5 12.5). */
#include "config.h"

#include "mdoc/model/request.h"
#include "mdoc/verify/chain.h"
#include "mdoc/verify/signature.h"

static const struct signature_kind reader_kind = { DEV_READER_COSE,
	CHECK_READER_SIGNATURE, "readerAuth" };
static const struct signature_kind all_kind = { DEV_READER_ALL_COSE,
	CHECK_READER_ALL, "readerAuthAll" };

/* One COSE_Sign1 of a reader over what a holds. */
static int
auth_check(struct verification *v, const struct signature_kind *kind,
    const struct cose *c, struct bytes doc_type, struct authentication *a)
{
	struct signer signer;
	struct chain chain;
	mdoc_check *check;
	bool mdl;
	int r;

	mdl = bytes_equal_str(doc_type, "org.iso.18013.5.1.mDL");
	r = chain_verify(v, CHAIN_KIND_READER, c, mdl, &chain);
	if (r != MDOC_OK)
		return r;
	if (!bytes_is_null(c->payload)) {
		check = verification_deviation(v, kind->base + COSE_PAYLOAD);
		check->offset = c->offset;
		check->detail = "the payload is not detached (null)";
		return MDOC_OK;
	}
	if (a == NULL || !chain.readable) {
		check = verification_check(v, kind->check, MDOC_NOT_DONE);
		check->detail = a == NULL
		    ? "no session transcript was given"
		    : "there is no certificate to verify it with";
		return MDOC_OK;
	}
	signer =
	    (struct signer){ chain.leaf.curve, chain.leaf.point, chain.key };
	return signature_verify(v, kind, c, &signer, a, NULL);
}

static int
doc_request_verify(struct verification *v, const struct doc_request *d,
    bool all)
{
	struct authentication a;
	const bool bound = !bytes_is_null(v->transcript);
	mdoc_check *c;

	if (!d->has_reader_auth) {
		/* Signed by readerAuthAll, or by nobody. */
		c = verification_check(v, CHECK_READER_PRESENT,
		    all ? MDOC_PASS : MDOC_NOT_DONE);
		c->detail = all ? "readerAuthAll" : "no readerAuth";
		return MDOC_OK;
	}
	c = verification_check(v, CHECK_READER_PRESENT, MDOC_PASS);
	c->offset = d->reader_auth.offset;
	if (bound)
		authentication_reader(&a, v->transcript, d->items_bytes);
	return auth_check(v, &reader_kind, &d->reader_auth, d->doc_type,
	    bound ? &a : NULL);
}

/* What ReaderAuthenticationAll covers. */
struct request_items {
	struct bytes bytes[AUTHENTICATION_MAX_DOCS];
	size_t n;
	bool too_many;
};

static int
all_verify_one(struct verification *v, const struct request *q,
    const struct request_items *items, const struct cose *c)
{
	struct authentication a;
	const bool bound = !bytes_is_null(v->transcript);

	/* a is filled anew: the parts of the structure are written into it. */
	if (bound &&
	    !authentication_reader_all(&a, v->transcript, items->bytes,
		items->n, q->device_request_info_bytes))
		return MDOC_OK;
	return auth_check(v, &all_kind, c, BYTES_NULL, bound ? &a : NULL);
}

/* All entries must hold (12.5.3). */
static int
all_verify(struct verification *v, const struct request *q,
    const struct request_items *items)
{
	struct cbor_reader r;
	struct cose c;
	mdoc_check *check;
	uint64_t count;
	int rc = MDOC_OK;

	if (items->too_many) {
		check =
		    verification_check(v, CHECK_READER_ALL, MDOC_UNDETERMINED);
		check->detail = "too many docRequests for readerAuthAll";
		return MDOC_OK;
	}
	cbor_reader_nested(&r, &q->docs, q->reader_auth_all);
	if (cbor_enter_array(&r, &count) && count == 0)
		cbor_fail(&r, CBOR_E_RANGE, cbor_offset(&r),
		    "readerAuthAll: at least one entry");
	for (uint64_t i = 0; r.error == CBOR_OK && rc == MDOC_OK && i < count;
	     i++) {
		if (cose_read(&r, false, &c))
			rc = all_verify_one(v, q, items, &c);
	}
	if (rc == MDOC_OK && r.error != CBOR_OK)
		verification_cbor(v, &r, "readerAuthAll");
	return rc;
}

static int
request_verify(struct verification *v, struct bytes in)
{
	struct request_items items = { .n = 0 };
	struct cbor_reader r;
	struct request q;
	struct doc_request d;
	bool all;
	int rc = MDOC_OK;

	cbor_reader_init(&r, in);
	if (!request_read(&r, &q)) {
		verification_cbor(v, &r, "DeviceRequest");
		return MDOC_OK;
	}
	verification_version(v, q.version, DEV_VERSION_MINOR);
	all = !bytes_is_null(q.reader_auth_all);
	while (rc == MDOC_OK && request_next(&q, &d)) {
		if (items.n < nitems(items.bytes))
			items.bytes[items.n++] = d.items_bytes;
		else
			items.too_many = true;
		v->document = report_add_document(v->report, d.doc_type);
		rc = doc_request_verify(v, &d, all);
		v->document = -1;
	}
	if (rc == MDOC_OK && q.docs.error != CBOR_OK)
		verification_cbor(v, &q.docs, "DeviceRequest");
	else if (rc == MDOC_OK && all)
		rc = all_verify(v, &q, &items);
	if (rc == MDOC_OK)
		verification_passed(v);
	return rc;
}

int
mdoc_verify_request(mdoc_verifier *verifier, mdoc_bytes in,
    const mdoc_verify_params *params, mdoc_report **ret)
{
	struct verification v;
	int r;

	if ((r = verification_begin(&v, verifier, params)) != MDOC_OK)
		return r;
	r = request_verify(&v, from_public(in));
	return verification_end(&v, r, ret);
}
