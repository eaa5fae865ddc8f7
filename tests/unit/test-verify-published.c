/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents that others have made: 18013-5 Annex D, CMWallet. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"
#include "tests/support/exchange.h"
#include "tests/support/softhsm.h"
#include "tests/support/vectors.h"

/* 2020-10-02T00:00:00Z and 2026-11-21T00:00:00Z. */
#define ANNEX_D_AT  1601596800
#define CMWALLET_AT 1795219200

static mdoc_bytes
span(const struct blob *b)
{
	return to_public(blob_bytes(b));
}

struct annex_d {
	mdoc_ctx *ctx;
	mdoc_trust *trust;
	mdoc_verifier *verifier;
	struct blob transcript;
	mdoc_key *ereader;
};

/* A private key from the published number. */
static mdoc_key *
published_key(mdoc_ctx *ctx, const char *name, struct bytes cose_public)
{
	struct blob d = BLOB_INIT, cose = BLOB_INIT;
	struct cbor_writer w;
	mdoc_key *key = NULL;

	assert_true(vectors_read_key(name, &d));
	/* The map of the public key, and one pair more. */
	cbor_writer_init(&w, &cose);
	cbor_put_raw(&w, cose_public);
	cbor_put_int(&w, -4);
	cbor_put_bstr(&w, blob_bytes(&d));
	cose.ptr[0]++;
	assert_int_equal(mdoc_key_from_bytes(ctx, span(&cose), &key), MDOC_OK);
	blob_reset(&d);
	blob_reset(&cose);
	return key;
}

static void
annex_d_new(struct annex_d *a, const char *root)
{
	struct blob der = BLOB_INIT;
	struct cbor_reader r;
	struct bytes content, key;

	*a = (struct annex_d){ NULL };
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &a->transcript);
	assert_true(vectors_read(root, &der));
	assert_int_equal(mdoc_ctx_new(&a->ctx), MDOC_OK);
	assert_int_equal(mdoc_trust_new(a->ctx, &a->trust), MDOC_OK);
	assert_int_equal(mdoc_trust_add(a->trust, span(&der)), MDOC_OK);
	assert_int_equal(mdoc_verifier_new(a->ctx, a->trust, &a->verifier),
	    MDOC_OK);
	cbor_reader_init(&r, blob_bytes(&a->transcript));
	assert_true(cbor_get_tag24(&r, &content, NULL));
	cbor_reader_init(&r, content);
	assert_true(cbor_enter_array_of(&r, 3));
	assert_true(cbor_skip(&r, NULL));
	assert_true(cbor_get_tag24(&r, &key, NULL));
	a->ereader = published_key(a->ctx, "EReaderKey d", key);
	blob_reset(&der);
}

static void
annex_d_free(struct annex_d *a)
{
	mdoc_key_free(&a->ereader);
	mdoc_verifier_free(&a->verifier);
	mdoc_trust_free(&a->trust);
	mdoc_ctx_free(&a->ctx);
	blob_reset(&a->transcript);
}

static size_t
count_passed(const mdoc_report *report, const char *id)
{
	const mdoc_check *c;
	size_t n = 0;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++)
		n += strcmp(c->id, id) == 0 && c->result == MDOC_PASS;
	return n;
}

static void
test_annex_d_response(void **state)
{
	struct annex_d a;
	struct blob response = BLOB_INIT;
	mdoc_report *report = NULL;
	mdoc_verify_params params = { .size = sizeof(params),
		.at = ANNEX_D_AT };
	const mdoc_check *c;

	(void)state;
	annex_d_new(&a, "annexD/iaca_cert.hex");
	assert_true(vectors_read("annexD/device_response.hex", &response));
	params.transcript = span(&a.transcript);
	params.ereader_key = a.ereader;
	assert_int_equal(mdoc_verify_response(a.verifier, span(&response),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	assert_int_equal(count_passed(report, "mso.digest"), 6);
	assert_int_equal(count_passed(report, "device.mac"), 1);
	assert_int_equal(count_passed(report, "issuer.chain"), 1);
	assert_int_equal(count_passed(report, "issuer.signature"), 1);
	assert_int_equal(mdoc_report_claims(report, 0), 6);
	/* validUntil is 13 hours after the certificate's end. */
	c = exchange_check(report, "mso.validity");
	assert_int_equal(c->result, MDOC_WARN);
	mdoc_report_free(&report);

	/* Now, years later. */
	params.at = CMWALLET_AT;
	assert_int_equal(mdoc_verify_response(a.verifier, span(&response),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "expired");
	mdoc_report_free(&report);

	/* One bit of the tag, which is the last string of the document. */
	params.at = ANNEX_D_AT;
	response.ptr[response.len - 9] ^= 1;
	assert_int_equal(mdoc_verify_response(a.verifier, span(&response),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "device-auth");
	mdoc_report_free(&report);
	blob_reset(&response);
	annex_d_free(&a);
}

static void
test_annex_d_request(void **state)
{
	struct annex_d a;
	struct blob request = BLOB_INIT;
	mdoc_report *report = NULL;
	mdoc_verify_params params = { .size = sizeof(params),
		.at = ANNEX_D_AT };

	(void)state;
	annex_d_new(&a, "annexD/reader_root_cert.hex");
	assert_true(vectors_read("annexD/device_request.hex", &request));
	params.transcript = span(&a.transcript);
	assert_int_equal(mdoc_verify_request(a.verifier, span(&request),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	assert_int_equal(count_passed(report, "reader.signature"), 1);
	mdoc_report_free(&report);

	/* Without the transcript nobody knows. */
	params.transcript = (mdoc_bytes){ NULL, 0 };
	assert_int_equal(mdoc_verify_request(a.verifier, span(&request),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "untrusted");
	mdoc_report_free(&report);
	blob_reset(&request);
	annex_d_free(&a);
}

/* The published device key gives the published MAC, byte for byte. */
static void
test_annex_d_device_auth(void **state)
{
	struct blob want = BLOB_INIT, response = BLOB_INIT;
	mdoc_buf out = MDOC_BUF_INIT;
	struct annex_d a;
	struct cbor_reader r;
	struct response q;
	struct document d;
	struct mso mso;
	mdoc_key *device;
	char path = 0;

	(void)state;
	annex_d_new(&a, "annexD/iaca_cert.hex");
	assert_true(vectors_read("annexD/device_auth.hex", &want));
	assert_true(vectors_read("annexD/device_response.hex", &response));
	cbor_reader_init(&r, blob_bytes(&response));
	assert_true(response_read(&r, &q));
	assert_true(response_next(&q, &d));
	cbor_reader_nested(&r, &d.issuer_signed.source,
	    d.issuer_signed.issuer_auth.payload);
	assert_true(mso_read(&r, &mso));
	device = published_key(a.ctx, "SDeviceKey d", mso.device_key_bytes);
	assert_int_equal(mdoc_device_auth(device, MDOC_DEVICE_AUTH_AUTO,
			     span(&a.transcript), EXCHANGE_MDL,
			     (mdoc_bytes){ NULL, 0 }, &out, &path),
	    MDOC_OK);
	assert_int_equal(path, 'M');
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.ptr, want.ptr, want.len);
	mdoc_buf_reset(&out);
	mdoc_key_free(&device);
	blob_reset(&want);
	blob_reset(&response);
	annex_d_free(&a);
}

/* ---- CMWallet */

static void
from_base64url(const json_t *text, struct blob *ret)
{
	const char *s = json_string_value(text);
	size_t len;

	assert_non_null(s);
	blob_clear(ret);
	assert_non_null(blob_extend(ret, strlen(s)));
	assert_true(bytes_from_base64url(bytes_str(s), ret->ptr, &len));
	blob_truncate(ret, len);
}

/* The certificate that signed the document, as its own trust anchor. */
static void
pin_certificate(struct exchange *x, const struct blob *issuer_signed)
{
	struct issuer_signed_view {
		struct bytes x5chain;
	} v = { { NULL, 0 } };
	struct cbor_reader r;
	struct cbor_map map;
	struct cbor_item key;
	int64_t label;

	cbor_reader_init(&r, blob_bytes(issuer_signed));
	assert_true(cbor_enter_map(&r, &map));
	while (cbor_map_next(&r, &map, &key)) {
		if (!cbor_key_is(&key, "issuerAuth")) {
			assert_true(cbor_skip(&r, NULL));
			continue;
		}
		assert_true(cbor_enter_array_of(&r, 4));
		assert_true(cbor_skip(&r, NULL));
		assert_true(cbor_enter_map(&r, &map));
		assert_true(cbor_map_next(&r, &map, &key));
		assert_true(cbor_key_int(&key, &label) && label == 33);
		assert_true(cbor_get_bstr(&r, &v.x5chain));
		break;
	}
	assert_int_equal(mdoc_trust_add(x->trust, to_public(v.x5chain)),
	    MDOC_OK);
}

/* Everything that the credential has, in one request. */
static void
request_all(struct exchange *x, mdoc_report *report, mdoc_buf *ret)
{
	const mdoc_bytes doc_type = mdoc_report_doc_type(report, 0);
	struct blob out = BLOB_INIT, items = BLOB_INIT;
	struct cbor_writer w;
	mdoc_claim c, next;
	size_t n = 0, i;
	size_t spaces = 0;

	for (i = 0; mdoc_report_claim(report, 0, i, &c); i++) {
		spaces += i == 0 || c.name_space.ptr != next.name_space.ptr;
		next = c;
	}
	cbor_writer_init(&w, &items);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "docType");
	cbor_put_tstr(&w, from_public(doc_type));
	cbor_put_str(&w, "nameSpaces");
	cbor_put_map(&w, spaces);
	for (i = 0; mdoc_report_claim(report, 0, i, &c); i = n) {
		for (n = i; mdoc_report_claim(report, 0, n, &next) &&
		     next.name_space.ptr == c.name_space.ptr;
		     n++)
			continue;
		cbor_put_tstr(&w, from_public(c.name_space));
		cbor_put_map(&w, n - i);
		for (; i < n; i++) {
			assert_true(mdoc_report_claim(report, 0, i, &c));
			cbor_put_tstr(&w, from_public(c.element));
			cbor_put_bool(&w, false);
		}
	}
	cbor_writer_init(&w, &out);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "version");
	cbor_put_str(&w, "1.0");
	cbor_put_str(&w, "docRequests");
	cbor_put_array(&w, 1);
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "itemsRequest");
	cbor_put_tag24(&w, blob_bytes(&items));
	assert_int_equal(w.error, CBOR_OK);
	mdoc_buf_reset(ret);
	assert_int_equal(mdoc_buf_append(ret, span(&out)), MDOC_OK);
	(void)x;
	blob_reset(&out);
	blob_reset(&items);
}

static void
wallet_present(struct exchange *x, const mdoc_buf *request,
    enum mdoc_device_auth mode, size_t claims)
{
	mdoc_buf response = MDOC_BUF_INIT;
	mdoc_verify_params params = { .size = sizeof(params),
		.at = CMWALLET_AT };
	mdoc_report *report = NULL;
	char path = 0, want = 'M';

	if (exchange_present(x, request, mode, &response, &path) != MDOC_OK)
		fail_msg("present: %s", mdoc_ctx_error(x->ctx));
	/* SoftHSMv2: the MAC by C_DigestKey. */
	if (mdoc_key_uri(x->device_key) != NULL)
		want = mode == MDOC_DEVICE_AUTH_MAC ? 'C' : 'S';
	assert_int_equal(path, want);
	params.transcript = exchange_bytes(&x->transcript);
	params.ereader_key = x->ereader_key;
	assert_int_equal(mdoc_verify_response(x->verifier,
			     exchange_bytes(&response), &params, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	assert_int_equal(exchange_check(report, "mso.date-form")->result,
	    MDOC_WARN);
	assert_int_equal(count_passed(report, "mso.digest"), claims);
	mdoc_report_free(&report);

	mdoc_verifier_set_strict(x->verifier, 1);
	assert_int_equal(mdoc_verify_response(x->verifier,
			     exchange_bytes(&response), &params, &report),
	    MDOC_OK);
	exchange_expect(report, "policy");
	assert_int_equal(exchange_check(report, "mso.date-form")->result,
	    MDOC_FAIL);
	mdoc_verifier_set_strict(x->verifier, 0);
	mdoc_report_free(&report);
	mdoc_buf_reset(&response);
}

/* The device key of the credential: in memory, or imported into a token. */
static void
wallet_key(struct exchange *x, struct blob *pkcs8, const char *token_uri)
{
	mdoc_key *key = NULL, *imported = NULL;

	mdoc_key_free(&x->device_key);
	assert_int_equal(mdoc_key_from_bytes(x->ctx, span(pkcs8), &key),
	    MDOC_OK);
	if (token_uri != NULL) {
		if (mdoc_key_import(x->ctx, token_uri, key,
			MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE,
			&imported) != MDOC_OK)
			fail_msg("import: %s", mdoc_ctx_error(x->ctx));
		mdoc_key_free(&key);
		key = imported;
	}
	x->device_key = key;
}

static void
wallet_one(struct exchange *x, const json_t *entry, const char *token_uri)
{
	struct blob issuer_signed = BLOB_INIT, key = BLOB_INIT;
	mdoc_verify_params params = { .size = sizeof(params),
		.at = CMWALLET_AT,
		.issuer_signed_only = 1 };
	mdoc_buf request = MDOC_BUF_INIT;
	mdoc_report *report = NULL;
	const json_t *pkcs8;

	from_base64url(json_object_get(entry, "issuerSignedB64url"),
	    &issuer_signed);
	pkcs8 = json_object_get(entry, "devicePrivateKeyPkcs8B64url");
	from_base64url(json_object_get(pkcs8, "privateKey"), &key);
	pin_certificate(x, &issuer_signed);
	assert_int_equal(mdoc_verify_response(x->verifier, span(&issuer_signed),
			     &params, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	assert_string_equal(exchange_check(report, "device.present")->detail,
	    "IssuerSigned only: nobody has proved that it is theirs");
	request_all(x, report, &request);

	mdoc_credential_free(&x->credential);
	wallet_key(x, &key, token_uri);
	assert_int_equal(mdoc_credential_new(x->ctx, span(&issuer_signed),
			     &x->credential),
	    MDOC_OK);
	assert_int_equal(mdoc_credential_set_key(x->credential, x->device_key),
	    MDOC_OK);
	wallet_present(x, &request, MDOC_DEVICE_AUTH_SIGNATURE,
	    mdoc_report_claims(report, 0));
	wallet_present(x, &request, MDOC_DEVICE_AUTH_MAC,
	    mdoc_report_claims(report, 0));
	mdoc_report_free(&report);
	mdoc_buf_reset(&request);
	blob_reset(&issuer_signed);
	blob_reset(&key);
}

/* Skips the test before there is anything to free. */
static void
wallet_text(struct blob *ret)
{
	VECTORS_OR_SKIP("cmwallet/issuersigned_with_device_keys.json", ret);
}

static void
wallet_all(struct exchange *x, struct bytes text, bool token)
{
	json_t *root, *entry;
	json_error_t e;
	char uri[80];
	size_t i;

	root = json_loadb((const char *)text.ptr, text.len, 0, &e);
	assert_true(json_is_array(root));
	assert_int_equal(json_array_size(root), 11);
	json_array_foreach(root, i, entry)
	{
		assert_true(snprintf(uri, sizeof(uri),
				"pkcs11:token=wallet;object=k%zu?pin-value=%s",
				i, SOFTHSM_PIN) < (int)sizeof(uri));
		wallet_one(x, entry, token ? uri : NULL);
	}
	json_decref(root);
}

static void
test_cmwallet(void **state)
{
	struct blob text = BLOB_INIT;
	struct exchange x;

	(void)state;
	wallet_text(&text);
	exchange_new(&x, "P-256");
	wallet_all(&x, blob_bytes(&text), false);
	exchange_free(&x);
	blob_reset(&text);
}

static void
test_cmwallet_token(void **state)
{
	struct blob text = BLOB_INIT;
	struct softhsm hsm;
	struct exchange x;

	(void)state;
	if (!softhsm_new(&hsm, "wallet"))
		skip();
	wallet_text(&text);
	exchange_new(&x, "P-256");
	assert_int_equal(mdoc_ctx_set_module(x.ctx, hsm.module), MDOC_OK);
	wallet_all(&x, blob_bytes(&text), true);
	exchange_free(&x);
	blob_reset(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d_response),
		cmocka_unit_test(test_annex_d_request),
		cmocka_unit_test(test_annex_d_device_auth),
		cmocka_unit_test(test_cmwallet),
		cmocka_unit_test(test_cmwallet_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
