/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/date.h"
#include "mdoc/crypto/key.h"
#include "mdoc/verify/verification.h"
#include "vendor-ext/tbs.h"

static int
begin_ereader_key(struct verification *v, mdoc_key *key)
{
	struct cbor_reader r;
	struct cose_key peer;
	uint8_t point[CURVE_MAX_POINT];
	size_t len;

	if (key == NULL)
		return MDOC_OK;
	if (!mdoc_key_is_private(key))
		return ctx_fail(v->ctx, MDOC_E_ARGUMENT,
		    "the EReaderKey is a public key; a device MAC needs the "
		    "private one");
	v->ereader_key = key;
	if (bytes_is_null(v->ereader))
		return MDOC_OK;
	/* A MAC would fail, and the mdoc would be blamed for it. */
	cbor_reader_init(&r, v->ereader);
	if (!cose_key_read(&r, false, &peer) ||
	    !cose_key_point(&peer, point, &len) ||
	    peer.curve != key_curve(key) ||
	    !bytes_equal(bytes_of(point, len), key_point(key)))
		v->ereader_key_differs = true;
	return MDOC_OK;
}

static int
begin_transcript(struct verification *v, struct bytes in)
{
	struct tbs_transcript t;
	struct tbs_error e;
	struct bytes parts[2];
	uint8_t head[16];

	if (bytes_is_null(in))
		return MDOC_OK;
	if (!tbs_transcript_read(in, &t, &e))
		return ctx_fail(v->ctx, MDOC_E_ARGUMENT,
		    "SessionTranscript: %s at offset %zu%s%s%s",
		    cbor_error_name(e.error), e.offset,
		    e.what == NULL ? "" : " (", e.what == NULL ? "" : e.what,
		    e.what == NULL ? "" : ")");
	v->transcript = t.whole;
	v->ereader = t.ereader_key;
	parts[0] = bytes_of(head, tbs_tag24_head(t.whole.len, head));
	parts[1] = t.whole;
	if (!hasher_digest(v->ctx->hasher, HASH_SHA256, parts, 2, v->salt))
		return ctx_fail(v->ctx, MDOC_E_CRYPTO, "SHA-256 failed");
	return MDOC_OK;
}

int
verification_begin(struct verification *v, mdoc_verifier *verifier,
    const mdoc_verify_params *params)
{
	int r;

	*v = (struct verification){
		.verifier = verifier,
		.ctx = verifier->ctx,
		.document = -1,
	};
	if (params != NULL && params->size < sizeof(*params))
		return ctx_fail(v->ctx, MDOC_E_ARGUMENT,
		    "mdoc_verify_params: size is not set");
	v->at = params == NULL || params->at == 0 ? mdoc_ctx_now(v->ctx)
						  : params->at;
	if (params != NULL) {
		v->issuer_signed_only = params->issuer_signed_only != 0;
		if ((r = begin_transcript(v,
			 from_public(params->transcript))) != MDOC_OK)
			return r;
		if ((r = begin_ereader_key(v, params->ereader_key)) != MDOC_OK)
			return r;
	}
	v->report = report_new();
	if (v->report == NULL)
		return ctx_fail(v->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

int
verification_end(struct verification *v, int r, mdoc_report **ret)
{
	if (r == MDOC_OK && !report_ok(v->report))
		r = ctx_fail(v->ctx, MDOC_E_MEMORY, "out of memory");
	if (r != MDOC_OK) {
		mdoc_report_free(&v->report);
		return r;
	}
	*ret = v->report;
	return MDOC_OK;
}

mdoc_check *
verification_check(struct verification *v, enum check check,
    enum mdoc_result result)
{
	return report_add(v->report, policy_check(check), result, v->document);
}

static enum mdoc_result
deviation_result(const struct verification *v, enum deviation d)
{
	const struct policy *p = policy_deviation(d);

	return v->verifier->strict ? p->strict : p->normal;
}

mdoc_check *
verification_deviation(struct verification *v, enum deviation d)
{
	const struct policy *p = policy_deviation(d);
	mdoc_check *c;

	c = report_add(v->report, &p->rule, deviation_result(v, d),
	    v->document);
	c->detail = p->detail;
	return c;
}

bool
verification_fails(const struct verification *v, enum deviation d)
{
	return deviation_result(v, d) == MDOC_FAIL;
}

void
verification_cbor(struct verification *v, const struct cbor_reader *r,
    const char *what)
{
	const bool structure = r->error == CBOR_E_TYPE ||
	    r->error == CBOR_E_RANGE || r->error == CBOR_E_MISSING;
	mdoc_check *c;

	v->structure_failed |= structure;
	v->cbor_failed |= !structure;
	c = verification_deviation(v, structure ? DEV_STRUCTURE : DEV_CBOR);
	c->offset = r->error_offset;
	c->expected = r->error_what == NULL ? "" : r->error_what;
	c->actual = cbor_error_name(r->error);
	c->detail = what;
}

void
verification_passed(struct verification *v)
{
	if (!v->cbor_failed)
		(void)verification_check(v, CHECK_CBOR, MDOC_PASS);
	if (!v->cbor_failed && !v->structure_failed)
		(void)verification_check(v, CHECK_STRUCTURE, MDOC_PASS);
}

const char *
verification_date(struct verification *v, int64_t seconds)
{
	char text[32];

	if (!date_format(seconds, text))
		return report_text(v->report, "%lld", (long long)seconds);
	return report_text(v->report, "%s", text);
}

void
verification_version(struct verification *v, struct bytes version,
    enum deviation minor)
{
	mdoc_check *c;

	if (bytes_equal_str(version, "1.0"))
		return;
	c = verification_deviation(v, minor);
	c->expected = "1.0";
	c->actual = report_string(v->report, version);
}
