/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <mdoc/request.h>
#include <mdoc/session.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/pem.h"
#include "tests/support/exchange.h"
#include "tests/support/vectors.h"

static void
read_own(const char *folder, const char *name, struct blob *ret)
{
	char path[256];

	assert_true((size_t)snprintf(path, sizeof(path),
			"tests/vectors/%s/%s.pem", folder,
			name) < sizeof(path));
	assert_true(vectors_read_own(path, ret));
}

mdoc_key *
exchange_key(mdoc_ctx *ctx, const char *name)
{
	struct blob pem = BLOB_INIT;
	mdoc_key *key = NULL;

	read_own("keys", name, &pem);
	assert_int_equal(mdoc_key_from_bytes(ctx, to_public(blob_bytes(&pem)),
			     &key),
	    MDOC_OK);
	blob_reset(&pem);
	return key;
}

static int
take_block(void *arg, const struct pem_block *block)
{
	return mdoc_buf_append(arg, to_public(block->der));
}

void
exchange_cert(mdoc_ctx *ctx, const char *name, mdoc_buf *ret)
{
	struct blob pem = BLOB_INIT;

	read_own("certs", name, &pem);
	mdoc_buf_reset(ret);
	assert_int_equal(pem_each(ctx, blob_bytes(&pem), take_block, ret),
	    MDOC_OK);
	assert_true(ret->len > 0);
	blob_reset(&pem);
}

/* As mdoc_session would make them, but for the engagement's own key. */
static void
make_transcript(struct exchange *x)
{
	mdoc_buf cose = MDOC_BUF_INIT;
	struct blob engagement = BLOB_INIT;
	struct cbor_writer w;
	struct blob edevice = BLOB_INIT;

	assert_int_equal(mdoc_key_cose(x->ereader_key, &cose), MDOC_OK);
	assert_true(blob_append(&edevice, cose.ptr, cose.len));
	cbor_writer_init(&w, &engagement);
	cbor_put_map(&w, 2);
	cbor_put_uint(&w, 0);
	cbor_put_str(&w, "1.0");
	cbor_put_uint(&w, 1);
	cbor_put_array(&w, 2);
	cbor_put_uint(&w, 1);
	cbor_put_tag24(&w, blob_bytes(&edevice));
	assert_int_equal(w.error, CBOR_OK);
	assert_int_equal(mdoc_transcript_qr(x->ctx,
			     to_public(blob_bytes(&engagement)),
			     exchange_bytes(&cose), &x->transcript),
	    MDOC_OK);
	blob_reset(&engagement);
	blob_reset(&edevice);
	mdoc_buf_reset(&cose);
}

void
exchange_new(struct exchange *x, const char *ereader_curve)
{
	mdoc_buf iaca = MDOC_BUF_INIT;

	*x = (struct exchange){ NULL };
	assert_int_equal(mdoc_ctx_new(&x->ctx), MDOC_OK);
	assert_int_equal(mdoc_trust_new(x->ctx, &x->trust), MDOC_OK);
	exchange_cert(x->ctx, "iaca", &iaca);
	assert_int_equal(mdoc_trust_add(x->trust, exchange_bytes(&iaca)),
	    MDOC_OK);
	mdoc_buf_reset(&iaca);
	assert_int_equal(mdoc_verifier_new(x->ctx, x->trust, &x->verifier),
	    MDOC_OK);
	x->ds_key = exchange_key(x->ctx, "ds");
	exchange_cert(x->ctx, "ds", &x->ds_cert);
	assert_int_equal(mdoc_key_generate(x->ctx, ereader_curve,
			     &x->ereader_key),
	    MDOC_OK);
	make_transcript(x);
}

void
exchange_free(struct exchange *x)
{
	mdoc_credential_free(&x->credential);
	mdoc_buf_reset(&x->issuer_signed);
	mdoc_buf_reset(&x->transcript);
	mdoc_buf_reset(&x->ds_cert);
	mdoc_key_free(&x->ereader_key);
	mdoc_key_free(&x->device_key);
	mdoc_key_free(&x->ds_key);
	mdoc_verifier_free(&x->verifier);
	mdoc_trust_free(&x->trust);
	mdoc_ctx_free(&x->ctx);
}

mdoc_issuer *
exchange_issuer(struct exchange *x, const char *device_curve)
{
	mdoc_issuer *issuer = NULL;

	mdoc_key_free(&x->device_key);
	assert_int_equal(mdoc_key_generate(x->ctx, device_curve,
			     &x->device_key),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_new(x->ctx, EXCHANGE_MDL, &issuer),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_set_device_key(issuer, x->device_key),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_set_validity(issuer, EXCHANGE_AT - 86400,
			     EXCHANGE_AT - 86400, EXCHANGE_AT + 30 * 86400),
	    MDOC_OK);
	return issuer;
}

void
exchange_issue(struct exchange *x, mdoc_issuer *issuer)
{
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);

	if (mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &x->issuer_signed) !=
	    MDOC_OK)
		fail_msg("issue: %s", mdoc_ctx_error(x->ctx));
	mdoc_issuer_free(&issuer);
	mdoc_credential_free(&x->credential);
	assert_int_equal(mdoc_credential_new(x->ctx,
			     exchange_bytes(&x->issuer_signed), &x->credential),
	    MDOC_OK);
	assert_int_equal(mdoc_credential_set_key(x->credential, x->device_key),
	    MDOC_OK);
}

void
exchange_request(mdoc_ctx *ctx, const char *doc_type,
    const char *const *elements, mdoc_buf *ret)
{
	const mdoc_bytes none = { NULL, 0 };
	mdoc_request *q = NULL;

	assert_int_equal(mdoc_request_new(ctx, &q), MDOC_OK);
	assert_int_equal(mdoc_request_add_document(q, doc_type), MDOC_OK);
	for (; *elements != NULL; elements++)
		assert_int_equal(mdoc_request_add_element(q, EXCHANGE_NS,
				     *elements, 0),
		    MDOC_OK);
	assert_int_equal(mdoc_request_encode(q, NULL, NULL, 0, none, ret),
	    MDOC_OK);
	mdoc_request_free(&q);
}

int
exchange_present(struct exchange *x, const mdoc_buf *request,
    enum mdoc_device_auth mode, mdoc_buf *ret, char *ret_path)
{
	const mdoc_present_params params = {
		.size = sizeof(params),
		.request = exchange_bytes(request),
		.transcript = exchange_bytes(&x->transcript),
		.mode = mode,
	};

	return mdoc_present(x->ctx, &x->credential, 1, &params, ret, ret_path);
}

mdoc_report *
exchange_verify(struct exchange *x, const mdoc_buf *response)
{
	const mdoc_verify_params params = {
		.size = sizeof(params),
		.transcript = exchange_bytes(&x->transcript),
		.ereader_key = x->ereader_key,
		.at = EXCHANGE_AT,
	};
	mdoc_report *report = NULL;

	if (mdoc_verify_response(x->verifier, exchange_bytes(response), &params,
		&report) != MDOC_OK)
		fail_msg("verify: %s", mdoc_ctx_error(x->ctx));
	return report;
}

const mdoc_check *
exchange_check(const mdoc_report *report, const char *id)
{
	static const int rank[] = {
		[MDOC_PASS] = 0,
		[MDOC_WARN] = 1,
		[MDOC_NOT_DONE] = 2,
		[MDOC_UNDETERMINED] = 3,
		[MDOC_FAIL] = 4,
	};
	const mdoc_check *c, *worst = NULL;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++) {
		if (strcmp(c->id, id) == 0 &&
		    (worst == NULL || rank[c->result] > rank[worst->result]))
			worst = c;
	}
	return worst;
}

void
exchange_print(const mdoc_report *report)
{
	const mdoc_check *c;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++)
		print_message("#   %s [%s] %s: %s; expected %s; actual %s\n",
		    c->id, c->layer, mdoc_result_name(c->result), c->detail,
		    c->expected, c->actual);
}

void
exchange_expect(const mdoc_report *report, const char *verdict)
{
	if (strcmp(mdoc_report_verdict(report), verdict) == 0)
		return;
	exchange_print(report);
	fail_msg("verdict: %s instead of %s", mdoc_report_verdict(report),
	    verdict);
}
