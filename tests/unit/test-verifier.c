/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/exchange.h"
#include "tests/support/failmalloc.h"
#include "tests/support/softhsm.h"

static const char *const names[] = { "family_name", "given_name", NULL };

struct fixture {
	struct exchange x;
	mdoc_buf response;
};

static void
add_text(mdoc_issuer *issuer, const char *element, const char *value)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &b);
	cbor_put_str(&w, value);
	assert_int_equal(mdoc_issuer_add(issuer, EXCHANGE_NS, element,
			     to_public(blob_bytes(&b))),
	    MDOC_OK);
	blob_reset(&b);
}

static int
setup(void **state)
{
	static struct fixture f;
	mdoc_buf request = MDOC_BUF_INIT;
	mdoc_issuer *issuer;

	f = (struct fixture){ .response = MDOC_BUF_INIT };
	exchange_new(&f.x, "P-256");
	issuer = exchange_issuer(&f.x, "P-256");
	for (const char *const *n = names; *n != NULL; n++)
		add_text(issuer, *n, "x");
	exchange_issue(&f.x, issuer);
	exchange_request(f.x.ctx, EXCHANGE_MDL, names, &request);
	assert_int_equal(exchange_present(&f.x, &request, MDOC_DEVICE_AUTH_MAC,
			     &f.response, NULL),
	    MDOC_OK);
	mdoc_buf_reset(&request);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	mdoc_buf_reset(&f->response);
	exchange_free(&f->x);
	return 0;
}

static void
test_parameters(void **state)
{
	struct fixture *f = *state;
	const mdoc_bytes in = exchange_bytes(&f->response);
	mdoc_verify_params p = { .size = 4 };
	mdoc_report *report = NULL;
	mdoc_buf cose = MDOC_BUF_INIT;
	mdoc_key *public = NULL;

	assert_int_equal(mdoc_verify_response(f->x.verifier, in, &p, &report),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(f->x.ctx), "size"));
	p.size = sizeof(p);
	p.transcript = in;
	assert_int_equal(mdoc_verify_response(f->x.verifier, in, &p, &report),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(f->x.ctx), "SessionTranscript"));
	p.transcript = (mdoc_bytes){ NULL, 0 };
	assert_int_equal(mdoc_key_cose(f->x.ereader_key, &cose), MDOC_OK);
	assert_int_equal(mdoc_key_from_bytes(f->x.ctx, exchange_bytes(&cose),
			     &public),
	    MDOC_OK);
	p.ereader_key = public;
	assert_int_equal(mdoc_verify_response(f->x.verifier, in, &p, &report),
	    MDOC_E_ARGUMENT);
	assert_null(report);
	mdoc_key_free(&public);
	mdoc_buf_reset(&cose);
}

static int64_t
fixed_clock(void *arg)
{
	return *(const int64_t *)arg;
}

/* Without parameters: now, and what needs more is not done. */
static void
test_defaults(void **state)
{
	struct fixture *f = *state;
	int64_t now = EXCHANGE_AT;
	mdoc_report *report = NULL;

	mdoc_ctx_set_clock(f->x.ctx, fixed_clock, &now);
	assert_int_equal(mdoc_verify_response(f->x.verifier,
			     exchange_bytes(&f->response), NULL, &report),
	    MDOC_OK);
	exchange_expect(report, "untrusted");
	assert_int_equal(exchange_check(report, "device.mac")->result,
	    MDOC_NOT_DONE);
	assert_null(mdoc_report_failure(report));
	mdoc_report_free(&report);
	now += 365 * 86400;
	assert_int_equal(mdoc_verify_response(f->x.verifier,
			     exchange_bytes(&f->response), NULL, &report),
	    MDOC_OK);
	exchange_expect(report, "expired");
	mdoc_report_free(&report);
	mdoc_ctx_set_clock(f->x.ctx, NULL, NULL);
}

static void
test_claims(void **state)
{
	struct fixture *f = *state;
	mdoc_report *report = exchange_verify(&f->x, &f->response);
	mdoc_claim c;

	exchange_expect(report, "trusted");
	assert_int_equal(mdoc_report_documents(report), 1);
	assert_true(bytes_equal_str(from_public(mdoc_report_doc_type(report,
					0)),
	    EXCHANGE_MDL));
	assert_int_equal(mdoc_report_claims(report, 0), nitems(names) - 1);
	for (size_t i = 0; names[i] != NULL; i++) {
		assert_true(mdoc_report_claim(report, 0, i, &c));
		assert_true(bytes_equal_str(from_public(c.element), names[i]));
		assert_int_equal(c.digest, MDOC_PASS);
		/* Inside the response. */
		assert_true(c.value.ptr > f->response.ptr &&
		    c.value.ptr < f->response.ptr + f->response.len);
	}
	mdoc_report_free(&report);
}

/*
 * A certificate that is known saves its verification, not the look at its
 * dates, nor what else is wrong with the message.
 */
static void
test_cache(void **state)
{
	struct fixture *f = *state;
	mdoc_verify_params p = { .size = sizeof(p), .at = EXCHANGE_AT };
	const mdoc_check *c;
	mdoc_report *report;

	for (int i = 0; i < 3; i++) {
		report = exchange_verify(&f->x, &f->response);
		exchange_expect(report, "trusted");
		c = exchange_check(report, "issuer.chain");
		assert_non_null(strstr(c->detail, "Test IACA"));
		mdoc_report_free(&report);
	}
	p.at = EXCHANGE_AT + (int64_t)400 * 86400;
	assert_int_equal(mdoc_verify_response(f->x.verifier,
			     exchange_bytes(&f->response), &p, &report),
	    MDOC_OK);
	assert_int_equal(exchange_check(report, "issuer.chain")->result,
	    MDOC_FAIL);
	mdoc_report_free(&report);
	mdoc_verifier_set_cache(f->x.verifier, 0);
	report = exchange_verify(&f->x, &f->response);
	exchange_expect(report, "trusted");
	mdoc_report_free(&report);
}

static void
test_no_memory(void **state)
{
	struct fixture *f = *state;
	mdoc_verify_params p = { .size = sizeof(p), .at = EXCHANGE_AT };
	mdoc_report *report = NULL;
	int r;

	p.transcript = exchange_bytes(&f->x.transcript);
	p.ereader_key = f->x.ereader_key;
	for (unsigned long n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_verify_response(f->x.verifier,
		    exchange_bytes(&f->response), &p, &report);
		if (!failmalloc_disarm())
			break;
		/* The cache may do without; nothing else may. */
		if (r == MDOC_OK) {
			exchange_expect(report, "trusted");
			mdoc_report_free(&report);
			continue;
		}
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(report);
	}
	assert_int_equal(r, MDOC_OK);
	exchange_expect(report, "trusted");
	mdoc_report_free(&report);
}

static bool
has_detail(const mdoc_report *report, const char *detail)
{
	const mdoc_check *c;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++) {
		if (strcmp(c->detail, detail) == 0)
			return true;
	}
	return false;
}

/*
 * No byte of a response can be changed without somebody noticing; but for the
 * minor version, which is not signed and only noted, and the name of the member
 * that holds the items: what is left is a document without any.
 */
static void
test_every_byte(void **state)
{
	struct fixture *f = *state;
	mdoc_report *report;
	size_t noted = 0, without = 0;

	for (size_t i = 0; i < f->response.len; i++) {
		f->response.ptr[i] ^= 0x04;
		report = exchange_verify(&f->x, &f->response);
		if (has_detail(report, "unknown minor version") &&
		    mdoc_report_is_trusted(report)) {
			noted++;
		} else if (mdoc_report_is_trusted(report) &&
		    mdoc_report_claims(report, 0) == 0) {
			without++;
		} else if (mdoc_report_is_trusted(report)) {
			exchange_print(report);
			fail_msg("byte %zu of the response is not protected",
			    i);
		}
		mdoc_report_free(&report);
		f->response.ptr[i] ^= 0x04;
	}
	assert_int_equal(noted, 1);
	assert_int_equal(without, strlen("nameSpaces"));
}

/* The reader's key of the session may be in a token that lets the derived
 * secret out. */
static void
test_token_key(void **state)
{
	struct fixture *f = *state;
	mdoc_verify_params p = { .size = sizeof(p), .at = EXCHANGE_AT };
	struct softhsm hsm;
	mdoc_report *report = NULL;
	mdoc_key *key = NULL;

	if (!softhsm_new(&hsm, "reader"))
		skip();
	assert_int_equal(mdoc_ctx_set_module(f->x.ctx, hsm.module), MDOC_OK);
	if (mdoc_key_import(f->x.ctx,
		"pkcs11:token=reader;object=session?pin-value=" SOFTHSM_PIN,
		f->x.ereader_key, MDOC_KEY_USE_DERIVE, &key) != MDOC_OK)
		fail_msg("import: %s", mdoc_ctx_error(f->x.ctx));
	p.transcript = exchange_bytes(&f->x.transcript);
	p.ereader_key = key;
	assert_int_equal(mdoc_verify_response(f->x.verifier,
			     exchange_bytes(&f->response), &p, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	mdoc_report_free(&report);
	/* A policy that keeps it in leaves no answer, and no trust. */
	assert_int_equal(mdoc_ctx_set_minimum_path(f->x.ctx, 'A'), MDOC_OK);
	assert_int_equal(mdoc_verify_response(f->x.verifier,
			     exchange_bytes(&f->response), &p, &report),
	    MDOC_OK);
	exchange_expect(report, "untrusted");
	assert_int_equal(exchange_check(report, "device.mac")->result,
	    MDOC_UNDETERMINED);
	assert_true(exchange_check(report, "device.mac")->detail[0] != '\0');
	mdoc_report_free(&report);
	assert_int_equal(mdoc_ctx_set_minimum_path(f->x.ctx, 'S'), MDOC_OK);
	mdoc_key_free(&key);
}

static void
test_new_no_memory(void **state)
{
	struct fixture *f = *state;
	mdoc_verifier *v = NULL;
	int r;

	for (unsigned long n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_verifier_new(f->x.ctx, NULL, &v);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(v);
	}
	mdoc_verifier_free(&v);
	assert_null(v);
	mdoc_verifier_free(&v);
	mdoc_verifier_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_token_key),
		cmocka_unit_test(test_new_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
