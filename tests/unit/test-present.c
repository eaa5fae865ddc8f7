/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <mdoc/request.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/response.h"
#include "tests/support/exchange.h"
#include "tests/support/failmalloc.h"

/* What the credential has, and its values as CBOR. */
static const struct {
	const char *name;
	const char *value;
} elements[] = {
	{ "family_name", "\x61X" },
	{ "given_name", "\x61Y" },
	{ "age_over_18", "\xf5" },
	{ "age_over_21", "\xf5" },
	{ "age_over_25", "\xf4" },
	{ "age_over_65", "\xf4" },
	{ "age_over_XX", "\xf5" },
};

static int
setup(void **state)
{
	static struct exchange x;
	mdoc_issuer *issuer;
	mdoc_bytes value;

	exchange_new(&x, "P-256");
	issuer = exchange_issuer(&x, "P-256");
	for (size_t i = 0; i < nitems(elements); i++) {
		value.ptr = (const unsigned char *)elements[i].value;
		value.len = strlen(elements[i].value);
		assert_int_equal(mdoc_issuer_add(issuer, EXCHANGE_NS,
				     elements[i].name, value),
		    MDOC_OK);
		assert_int_equal(mdoc_issuer_add(issuer, "org.example",
				     elements[i].name, value),
		    MDOC_OK);
	}
	exchange_issue(&x, issuer);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	exchange_free(*state);
	return 0;
}

/* "ns:element ns:element", as claimed in the response. */
static void
list_claims(const mdoc_report *report, char *out, size_t size)
{
	mdoc_claim c;
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; mdoc_report_claim(report, 0, i, &c); i++) {
		assert_int_equal(c.digest, MDOC_PASS);
		n += (size_t)snprintf(out + n, size - n, "%s%s%.*s",
		    i == 0 ? "" : " ", c.name_space.len == 11 ? "x:" : "",
		    (int)c.element.len, (const char *)c.element.ptr);
		assert_true(n < size);
	}
}

/* Response.errors and documentErrors as "element element". */
static void
list_errors(const mdoc_buf *response, char *out, size_t size)
{
	struct cbor_reader r;
	struct response q;
	struct document d;
	struct cbor_map map, inner;
	struct cbor_item key;
	int64_t code;
	size_t n = 0;

	out[0] = '\0';
	cbor_reader_init(&r, bytes_of(response->ptr, response->len));
	assert_true(response_read(&r, &q));
	if (!response_next(&q, &d) || bytes_is_null(d.errors))
		return;
	cbor_reader_init(&r, d.errors);
	assert_true(cbor_enter_map(&r, &map));
	while (cbor_map_next(&r, &map, &key)) {
		assert_true(cbor_enter_map(&r, &inner));
		while (cbor_map_next(&r, &inner, &key)) {
			n += (size_t)snprintf(out + n, size - n, "%s%.*s",
			    n == 0 ? "" : " ", (int)key.str.len,
			    (const char *)key.str.ptr);
			assert_true(cbor_get_int(&r, &code));
			assert_int_equal(code, 0);
		}
	}
	assert_int_equal(r.error, CBOR_OK);
}

static void
assert_answer(struct exchange *x, const char *const *asked, const char *given,
    const char *errors)
{
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	mdoc_report *report;
	char text[512];

	exchange_request(x->ctx, EXCHANGE_MDL, asked, &request);
	assert_int_equal(exchange_present(x, &request,
			     MDOC_DEVICE_AUTH_SIGNATURE, &response, NULL),
	    MDOC_OK);
	report = exchange_verify(x, &response);
	exchange_expect(report, "trusted");
	list_claims(report, text, sizeof(text));
	assert_string_equal(text, given);
	list_errors(&response, text, sizeof(text));
	assert_string_equal(text, errors);
	mdoc_report_free(&report);
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
}

#define ASK(...)                  \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void
test_selection(void **state)
{
	struct exchange *x = *state;

	assert_answer(x, ASK("family_name"), "family_name", "");
	/* In the order of the credential. */
	assert_answer(x, ASK("given_name", "family_name"),
	    "family_name given_name", "");
	assert_answer(x, ASK("family_name", "portrait", "height"),
	    "family_name", "portrait height");
	/* A prefix is not the element. */
	assert_answer(x, ASK("family_name", "family_nam"), "family_name",
	    "family_nam");
}

/* 18013-5 13.4.6: true above, else false below, else nothing. */
static void
test_ages(void **state)
{
	struct exchange *x = *state;

	assert_answer(x, ASK("age_over_18"), "age_over_18", "");
	assert_answer(x, ASK("age_over_16"), "age_over_18", "");
	assert_answer(x, ASK("age_over_20"), "age_over_21", "");
	assert_answer(x, ASK("age_over_25"), "age_over_25", "");
	assert_answer(x, ASK("age_over_26"), "age_over_25", "");
	assert_answer(x, ASK("age_over_99"), "age_over_65", "");
	/* Between true and false nothing is known: 24. */
	assert_answer(x, ASK("family_name", "age_over_24"), "family_name",
	    "age_over_24");
	/* Not a number: the element itself. */
	assert_answer(x, ASK("age_over_XX"), "age_over_XX", "");
	/* Two questions, one answer. */
	assert_answer(x, ASK("age_over_16", "age_over_17"), "age_over_18", "");
	/* At most two statements. */
	assert_answer(x, ASK("age_over_18", "age_over_21", "age_over_65"),
	    "age_over_18 age_over_21", "age_over_65");
}

/* ---- consent */

struct consent {
	const char *refuse;
	unsigned asked;
	int retain;
};

static int
consent(void *arg, mdoc_bytes doc_type, mdoc_bytes name_space,
    mdoc_bytes element, int intent_to_retain)
{
	struct consent *c = arg;

	assert_true(bytes_equal_str(from_public(doc_type), EXCHANGE_MDL));
	assert_true(bytes_equal_str(from_public(name_space), EXCHANGE_NS));
	c->asked++;
	c->retain = intent_to_retain;
	return !bytes_equal_str(from_public(element), c->refuse);
}

static void
present_asking(struct exchange *x, const char *const *asked, struct consent *c,
    mdoc_buf *ret)
{
	mdoc_buf request = MDOC_BUF_INIT;
	mdoc_present_params p = { .size = sizeof(p),
		.mode = MDOC_DEVICE_AUTH_SIGNATURE,
		.consent = consent,
		.consent_arg = c };

	exchange_request(x->ctx, EXCHANGE_MDL, asked, &request);
	p.request = exchange_bytes(&request);
	p.transcript = exchange_bytes(&x->transcript);
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, ret, NULL),
	    MDOC_OK);
	mdoc_buf_reset(&request);
}

static void
test_consent(void **state)
{
	struct exchange *x = *state;
	struct consent c = { .refuse = "given_name" };
	mdoc_buf response = MDOC_BUF_INIT;
	mdoc_report *report;
	char text[128];

	present_asking(x, ASK("family_name", "given_name", "portrait"), &c,
	    &response);
	/* Not asked for what is not there. */
	assert_int_equal(c.asked, 2);
	assert_int_equal(c.retain, 0);
	report = exchange_verify(x, &response);
	exchange_expect(report, "trusted");
	list_claims(report, text, sizeof(text));
	assert_string_equal(text, "family_name");
	/* Refused and absent look the same. */
	list_errors(&response, text, sizeof(text));
	assert_string_equal(text, "given_name portrait");
	mdoc_report_free(&report);

	/* The one asked about is the one that would be given. */
	c.refuse = "age_over_18";
	present_asking(x, ASK("family_name", "age_over_16"), &c, &response);
	list_errors(&response, text, sizeof(text));
	assert_string_equal(text, "age_over_16");

	/* Nothing is given: no document, no signature of the device. */
	c.refuse = "family_name";
	present_asking(x, ASK("family_name"), &c, &response);
	report = exchange_verify(x, &response);
	assert_int_equal(mdoc_report_documents(report), 0);
	exchange_expect(report, "untrusted");
	mdoc_report_free(&report);
	mdoc_buf_reset(&response);
}

/* ---- several documents */

static void
make_request(struct exchange *x, unsigned ours, unsigned others, mdoc_buf *ret)
{
	const mdoc_bytes none = { NULL, 0 };
	mdoc_request *q = NULL;
	char name[32];

	assert_int_equal(mdoc_request_new(x->ctx, &q), MDOC_OK);
	for (unsigned i = 0; i < ours + others; i++) {
		assert_true(snprintf(name, sizeof(name), "other.%u", i) > 0);
		assert_int_equal(mdoc_request_add_document(q,
				     i < ours ? EXCHANGE_MDL : name),
		    MDOC_OK);
		assert_int_equal(mdoc_request_add_element(q, EXCHANGE_NS,
				     "family_name", 1),
		    MDOC_OK);
	}
	assert_int_equal(mdoc_request_encode(q, NULL, NULL, 0, none, ret),
	    MDOC_OK);
	mdoc_request_free(&q);
}

static void
test_documents(void **state)
{
	struct exchange *x = *state;
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	struct cbor_reader r;
	struct response q;
	mdoc_report *report;

	make_request(x, 2, 1, &request);
	assert_int_equal(exchange_present(x, &request, MDOC_DEVICE_AUTH_AUTO,
			     &response, NULL),
	    MDOC_OK);
	report = exchange_verify(x, &response);
	exchange_expect(report, "trusted");
	assert_int_equal(mdoc_report_documents(report), 2);
	mdoc_report_free(&report);
	cbor_reader_init(&r, bytes_of(response.ptr, response.len));
	assert_true(response_read(&r, &q));
	assert_false(bytes_is_null(q.document_errors));

	make_request(x, 0, 3, &request);
	assert_int_equal(exchange_present(x, &request, MDOC_DEVICE_AUTH_AUTO,
			     &response, NULL),
	    MDOC_OK);
	cbor_reader_init(&r, bytes_of(response.ptr, response.len));
	assert_true(response_read(&r, &q));
	assert_int_equal(q.count, 0);
	assert_int_equal(q.status, 0);

	make_request(x, 33, 0, &request);
	assert_int_equal(exchange_present(x, &request, MDOC_DEVICE_AUTH_AUTO,
			     &response, NULL),
	    MDOC_E_STRUCTURE);
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
}

/* ---- errors */

static void
test_errors(void **state)
{
	struct exchange *x = *state;
	mdoc_present_params p = { .size = 1 };
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	mdoc_credential *keyless = NULL;
	mdoc_key *other = NULL;

	exchange_request(x->ctx, EXCHANGE_MDL, ASK("family_name"), &request);
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_ARGUMENT);
	p.size = sizeof(p);
	p.request = exchange_bytes(&request);
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_ARGUMENT);
	p.transcript = p.request;
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_ARGUMENT);
	p.transcript = exchange_bytes(&x->transcript);
	p.request.len--;
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_CBOR);
	p.request = exchange_bytes(&x->transcript);
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_STRUCTURE);
	p.request = exchange_bytes(&request);
	p.mode = (enum mdoc_device_auth)7;
	assert_int_equal(mdoc_present(x->ctx, &x->credential, 1, &p, &response,
			     NULL),
	    MDOC_E_ARGUMENT);

	assert_int_equal(mdoc_credential_new(x->ctx,
			     exchange_bytes(&x->issuer_signed), &keyless),
	    MDOC_OK);
	p.mode = MDOC_DEVICE_AUTH_AUTO;
	assert_int_equal(mdoc_present(x->ctx, &keyless, 1, &p, &response, NULL),
	    MDOC_E_KEY);
	assert_int_equal(mdoc_key_generate(x->ctx, "P-256", &other), MDOC_OK);
	assert_int_equal(mdoc_credential_set_key(keyless, other), MDOC_E_KEY);
	mdoc_key_free(&other);
	mdoc_credential_free(&keyless);
	assert_null(response.ptr);
	mdoc_buf_reset(&request);
}

static void
test_present_error(void **state)
{
	static const unsigned char want[] = "\xa2\x67version\x63"
					    "1.0\x66status\x0b";
	struct exchange *x = *state;
	mdoc_buf out = MDOC_BUF_INIT;

	assert_int_equal(mdoc_present_error(x->ctx, 0, &out), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_present_error(x->ctx, 11, &out), MDOC_OK);
	assert_int_equal(out.len, sizeof(want) - 1);
	assert_memory_equal(out.ptr, want, out.len);
	mdoc_buf_reset(&out);
}

static void
test_no_memory(void **state)
{
	struct exchange *x = *state;
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	bool failed = true;
	int r;

	make_request(x, 2, 1, &request);
	for (unsigned long n = 1; failed; n++) {
		failmalloc_arm(n);
		r = exchange_present(x, &request, MDOC_DEVICE_AUTH_SIGNATURE,
		    &response, NULL);
		failed = failmalloc_disarm();
		assert_int_equal(r, failed ? MDOC_E_MEMORY : MDOC_OK);
	}
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_consent),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_present_error),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
