/* SPDX-License-Identifier: BSD-3-Clause */
/* Issue, present, verify: every curve, every digest, signature and MAC. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/key.h"
#include "tests/support/exchange.h"

static const char *const names[] = { "family_name", "portrait", NULL };

static void
add_elements(mdoc_issuer *issuer)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	uint8_t portrait[3000] = { 0xff, 0xd8 };

	for (size_t i = 0; names[i] != NULL; i++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		if (i == 0)
			cbor_put_str(&w, "Mustermann");
		else
			cbor_put_bstr(&w, bytes_of(portrait, sizeof(portrait)));
		assert_int_equal(mdoc_issuer_add(issuer, EXCHANGE_NS, names[i],
				     to_public(blob_bytes(&b))),
		    MDOC_OK);
	}
	blob_reset(&b);
}

static void
exchange_once(struct exchange *x, enum mdoc_device_auth mode, const char *check)
{
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	mdoc_report *report;
	char path = 0;

	exchange_request(x->ctx, EXCHANGE_MDL, names, &request);
	if (exchange_present(x, &request, mode, &response, &path) != MDOC_OK)
		fail_msg("present: %s", mdoc_ctx_error(x->ctx));
	assert_int_equal(path, 'M');
	report = exchange_verify(x, &response);
	exchange_expect(report, "trusted");
	assert_non_null(exchange_check(report, check));
	assert_int_equal(exchange_check(report, check)->result, MDOC_PASS);
	assert_int_equal(mdoc_report_claims(report, 0), 2);
	mdoc_report_free(&report);
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
}

static void
test_device_curves(void **state)
{
	const struct curve *c;
	struct exchange x;
	mdoc_issuer *issuer;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		/* Edwards curves cannot agree: the reader has another. */
		exchange_new(&x, c->kind == CURVE_EDWARDS ? "P-256" : c->name);
		issuer = exchange_issuer(&x, c->name);
		add_elements(issuer);
		exchange_issue(&x, issuer);
		if (c->alg != 0)
			exchange_once(&x, MDOC_DEVICE_AUTH_SIGNATURE,
			    "device.signature");
		if (c->kind != CURVE_EDWARDS) {
			exchange_once(&x, MDOC_DEVICE_AUTH_MAC, "device.mac");
			exchange_once(&x, MDOC_DEVICE_AUTH_AUTO, "device.mac");
		} else {
			exchange_once(&x, MDOC_DEVICE_AUTH_AUTO,
			    "device.signature");
		}
		exchange_free(&x);
	}
}

static void
make_cert(struct exchange *x, const mdoc_cert_params *params,
    const mdoc_key *key, mdoc_key *issuer_key, mdoc_bytes issuer, mdoc_buf *ret)
{
	if (mdoc_cert_create(x->ctx, params, key, issuer_key, issuer, ret) !=
	    MDOC_OK)
		fail_msg("%s: %s", params->subject, mdoc_ctx_error(x->ctx));
}

/* A document signer on the curve, under an IACA of its own. */
static void
use_signer(struct exchange *x, const struct curve *c)
{
	const mdoc_bytes none = { NULL, 0 };
	mdoc_cert_params p = { .size = sizeof(p),
		.profile = MDOC_CERT_IACA,
		.subject = "CN=IACA,C=UT",
		.not_before = EXCHANGE_AT - 100 * 86400,
		.issuer_alt_url = "https://example.com/",
		.crl_url = "https://example.com/crl" };
	mdoc_buf iaca = MDOC_BUF_INIT;
	mdoc_key *root = NULL;

	/* IACAs are on NIST and brainpool curves (B.1.2). */
	assert_int_equal(mdoc_key_generate(x->ctx,
			     c->kind == CURVE_EDWARDS ? "P-384" : c->name,
			     &root),
	    MDOC_OK);
	make_cert(x, &p, root, root, none, &iaca);
	assert_int_equal(mdoc_trust_add(x->trust, exchange_bytes(&iaca)),
	    MDOC_OK);
	mdoc_key_free(&x->ds_key);
	assert_int_equal(mdoc_key_generate(x->ctx, c->name, &x->ds_key),
	    MDOC_OK);
	p = (mdoc_cert_params){ .size = sizeof(p),
		.profile = MDOC_CERT_DS,
		.subject = "CN=DS,C=UT",
		.not_before = EXCHANGE_AT - 10 * 86400 };
	make_cert(x, &p, x->ds_key, root, exchange_bytes(&iaca), &x->ds_cert);
	mdoc_key_free(&root);
	mdoc_buf_reset(&iaca);
}

static void
test_signer_curves(void **state)
{
	const struct curve *c;
	struct exchange x;
	mdoc_issuer *issuer;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->alg == 0)
			continue;
		exchange_new(&x, "P-256");
		mdoc_verifier_set_strict(x.verifier, 1);
		use_signer(&x, c);
		issuer = exchange_issuer(&x, "P-256");
		add_elements(issuer);
		exchange_issue(&x, issuer);
		exchange_once(&x, MDOC_DEVICE_AUTH_AUTO, "device.mac");
		exchange_free(&x);
	}
}

/* A signature where there can be no MAC; and an error where one was wanted. */
static void
test_other_curve(void **state)
{
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	struct exchange x;
	mdoc_issuer *issuer;

	(void)state;
	exchange_new(&x, "P-384");
	issuer = exchange_issuer(&x, "P-256");
	add_elements(issuer);
	exchange_issue(&x, issuer);
	exchange_once(&x, MDOC_DEVICE_AUTH_AUTO, "device.signature");
	exchange_request(x.ctx, EXCHANGE_MDL, names, &request);
	assert_int_equal(exchange_present(&x, &request, MDOC_DEVICE_AUTH_MAC,
			     &response, NULL),
	    MDOC_E_UNSUPPORTED);
	assert_non_null(strstr(mdoc_ctx_error(x.ctx), "different curves"));
	assert_null(response.ptr);
	mdoc_buf_reset(&request);
	exchange_free(&x);
}

static void
test_digests(void **state)
{
	static const char *const algorithms[] = { "SHA-256", "SHA-384",
		"SHA-512" };
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	struct exchange x;
	mdoc_report *report;
	mdoc_issuer *issuer;

	(void)state;
	for (size_t i = 0; i < nitems(algorithms); i++) {
		exchange_new(&x, "P-256");
		issuer = exchange_issuer(&x, "P-256");
		assert_int_equal(mdoc_issuer_set_digest(issuer, algorithms[i]),
		    MDOC_OK);
		add_elements(issuer);
		exchange_issue(&x, issuer);
		exchange_request(x.ctx, EXCHANGE_MDL, names, &request);
		assert_int_equal(exchange_present(&x, &request,
				     MDOC_DEVICE_AUTH_AUTO, &response, NULL),
		    MDOC_OK);
		report = exchange_verify(&x, &response);
		exchange_expect(report, "trusted");
		assert_string_equal(exchange_check(report,
					"mso.digest-algorithm")
					->actual,
		    algorithms[i]);
		mdoc_report_free(&report);
		mdoc_buf_reset(&request);
		mdoc_buf_reset(&response);
		exchange_free(&x);
	}
}

/* A response to one session is worth nothing in another. */
static void
test_replay(void **state)
{
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	struct exchange x, y;
	mdoc_report *report;
	mdoc_issuer *issuer;

	(void)state;
	exchange_new(&x, "P-256");
	exchange_new(&y, "P-256");
	issuer = exchange_issuer(&x, "P-256");
	add_elements(issuer);
	exchange_issue(&x, issuer);
	exchange_request(x.ctx, EXCHANGE_MDL, names, &request);
	for (int mac = 0; mac < 2; mac++) {
		assert_int_equal(exchange_present(&x, &request,
				     mac ? MDOC_DEVICE_AUTH_MAC
					 : MDOC_DEVICE_AUTH_SIGNATURE,
				     &response, NULL),
		    MDOC_OK);
		report = exchange_verify(&y, &response);
		exchange_expect(report, "device-auth");
		mdoc_report_free(&report);
	}
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
	exchange_free(&x);
	exchange_free(&y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_curves),
		cmocka_unit_test(test_signer_curves),
		cmocka_unit_test(test_other_curve),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
