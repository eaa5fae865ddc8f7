/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/model/report.h"

static const struct report_rule chain = { "issuer.chain", "issuer-sig",
	"18013-5 12.8.1", REPORT_TRUST };
static const struct report_rule digest = { "mso.digest", "digest",
	"18013-5 12.8.1", REPORT_PLAIN };
static const struct report_rule until = { "mso.validUntil", "validity",
	"18013-5 12.8.1", REPORT_EXPIRY };

static void
test_empty(void **state)
{
	mdoc_report *r = report_new();

	(void)state;
	assert_non_null(r);
	assert_int_equal(mdoc_report_count(r), 0);
	assert_null(mdoc_report_check(r, 0));
	assert_null(mdoc_report_failure(r));
	assert_string_equal(mdoc_report_verdict(r), "untrusted");
	assert_false(mdoc_report_is_trusted(r));
	assert_int_equal(mdoc_report_documents(r), 0);
	assert_null(mdoc_report_doc_type(r, 0).ptr);
	assert_int_equal(mdoc_report_claims(r, 0), 0);
	assert_string_equal(mdoc_report_document_verdict(r, 0), "untrusted");
	mdoc_report_free(&r);
	assert_null(r);
	mdoc_report_free(&r);
	mdoc_report_free(NULL);
}

static void
test_many(void **state)
{
	mdoc_report *r = report_new();
	const mdoc_check *first;
	const mdoc_check *c;
	mdoc_claim claim;
	size_t i;

	(void)state;
	assert_int_equal(report_add_document(r, bytes_str("a")), 0);
	report_add(r, &chain, MDOC_PASS, 0);
	first = mdoc_report_check(r, 0);
	for (i = 0; i < 5000; i++) {
		mdoc_check *add = report_add(r, &digest, MDOC_PASS, 0);
		mdoc_claim *cl = report_add_claim(r);

		add->number = (int64_t)i;
		add->actual = report_text(r, "%zu", i);
		cl->digest_id = (int64_t)i;
		cl->digest = MDOC_PASS;
	}
	assert_true(report_ok(r));
	assert_ptr_equal(first, mdoc_report_check(r, 0));
	assert_int_equal(mdoc_report_count(r), 5001);
	assert_int_equal(mdoc_report_claims(r, 0), 5000);
	for (i = 0; i < 5000; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%zu", i);
		c = mdoc_report_check(r, i + 1);
		assert_int_equal(c->number, i);
		assert_string_equal(c->actual, text);
		assert_string_equal(c->expected, "");
		assert_true(c->offset == SIZE_MAX);
		assert_true(mdoc_report_claim(r, 0, i, &claim));
		assert_int_equal(claim.digest_id, i);
	}
	assert_false(mdoc_report_claim(r, 0, i, &claim));
	assert_true(mdoc_report_is_trusted(r));
	mdoc_report_free(&r);
}

static void
test_verdicts(void **state)
{
	mdoc_report *r = report_new();
	mdoc_claim claim;

	(void)state;
	report_add_document(r, bytes_str("one"));
	report_add(r, &chain, MDOC_PASS, 0);
	report_add(r, &until, MDOC_PASS, 0);
	assert_string_equal(mdoc_report_verdict(r), "trusted");

	/* A document without a passed chain is not covered by the first. */
	report_add_document(r, bytes_str("two"));
	report_add_claim(r)->digest_id = 7;
	assert_string_equal(mdoc_report_document_verdict(r, 0), "trusted");
	assert_string_equal(mdoc_report_document_verdict(r, 1), "untrusted");
	assert_string_equal(mdoc_report_verdict(r), "untrusted");
	report_add(r, &chain, MDOC_NOT_DONE, 1);
	assert_string_equal(mdoc_report_verdict(r), "untrusted");
	assert_null(mdoc_report_failure(r));

	/* Expired decides until something worse is found. */
	report_add(r, &until, MDOC_FAIL, 1);
	assert_string_equal(mdoc_report_verdict(r), "expired");
	report_add(r, &digest, MDOC_FAIL, 1);
	assert_string_equal(mdoc_report_verdict(r), "digest");
	assert_string_equal(mdoc_report_failure(r)->id, "mso.digest");
	assert_string_equal(mdoc_report_document_verdict(r, 0), "trusted");
	assert_int_equal(report_worst(r, "digest", 1), MDOC_FAIL);
	assert_int_equal(report_worst(r, "digest", 0), MDOC_NOT_DONE);
	assert_int_equal(report_worst(r, "issuer-sig", -1), MDOC_PASS);

	/* A failure of the whole message is one of every document. */
	report_add(r, &digest, MDOC_FAIL, -1);
	assert_string_equal(mdoc_report_document_verdict(r, 0), "digest");

	assert_int_equal(mdoc_report_claims(r, 0), 0);
	assert_false(mdoc_report_claim(r, 0, 0, &claim));
	assert_true(mdoc_report_claim(r, 1, 0, &claim));
	assert_int_equal(claim.digest_id, 7);
	assert_int_equal(mdoc_report_doc_type(r, 1).len, 3);
	mdoc_report_free(&r);
}

static void
test_undetermined(void **state)
{
	mdoc_report *r = report_new();

	(void)state;
	report_add(r, &chain, MDOC_UNDETERMINED, -1);
	assert_string_equal(mdoc_report_verdict(r), "untrusted");
	mdoc_report_free(&r);
	r = report_new();
	report_add(r, &chain, MDOC_WARN, -1);
	assert_string_equal(mdoc_report_verdict(r), "trusted");
	assert_string_equal(mdoc_result_name(MDOC_UNDETERMINED),
	    "undetermined");
	assert_string_equal(mdoc_result_name((enum mdoc_result)77), "unknown");
	mdoc_report_free(&r);
}

static void
test_texts(void **state)
{
	static const uint8_t b[] = { 0x00, 0xab, 0xcd };
	mdoc_report *r = report_new();
	static char big[20000];

	(void)state;
	assert_string_equal(report_hex(r, bytes_of(b, 3), 3), "00abcd");
	assert_string_equal(report_hex(r, bytes_of(b, 3), 2), "00ab...");
	assert_string_equal(report_hex(r, BYTES_NULL, 2), "");
	assert_string_equal(report_string(r, bytes_str("a\nb\x7f\xc3\xa4")),
	    "a?b?\xc3\xa4");
	assert_string_equal(report_string(r, BYTES_NULL), "");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(report_text(r, "%s", big), big);
	assert_true(report_ok(r));
	mdoc_report_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_undetermined),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
