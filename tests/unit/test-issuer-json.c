/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/diag.h"
#include "tests/support/exchange.h"

static int
setup(void **state)
{
	static struct exchange x;

	exchange_new(&x, "P-256");
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	exchange_free(*state);
	return 0;
}

static mdoc_bytes
text(const char *s)
{
	return to_public(bytes_str(s));
}

/* The value of an element of the credential issued last. */
static void
assert_value(struct exchange *x, const char *element, const char *diag)
{
	const mdoc_verify_params p = {
		.size = sizeof(p), .at = EXCHANGE_AT, .issuer_signed_only = 1
	};
	struct blob want = BLOB_INIT;
	mdoc_report *report = NULL;
	mdoc_claim c;
	size_t bad, i;

	assert_true(diag_encode(diag, &want, &bad));
	assert_int_equal(mdoc_verify_response(x->verifier,
			     exchange_bytes(&x->issuer_signed), &p, &report),
	    MDOC_OK);
	exchange_expect(report, "trusted");
	for (i = 0; mdoc_report_claim(report, 0, i, &c); i++) {
		if (bytes_equal_str(from_public(c.element), element))
			break;
	}
	assert_true(mdoc_report_claim(report, 0, i, &c));
	assert_int_equal(c.value.len, want.len);
	assert_memory_equal(c.value.ptr, want.ptr, want.len);
	mdoc_report_free(&report);
	blob_reset(&want);
}

/* What JSON cannot say comes from the profile, or is said. */
static void
test_types(void **state)
{
	static const char json[] =
	    "{\"docType\": \"" EXCHANGE_MDL "\", \"namespaces\": {"
	    "\"" EXCHANGE_NS "\": {"
	    "\"family_name\": \"Mustermann\","
	    "\"birth_date\": \"1990-02-15\","
	    "\"portrait_capture_date\": \"2026-01-02T03:04:05Z\","
	    "\"age_over_18\": true,"
	    "\"height\": 172,"
	    "\"portrait\": {\"hex\": \"ffd8ffe0\"},"
	    "\"driving_privileges\": [{\"vehicle_category_code\": \"B\","
	    " \"issue_date\": \"2024-03-30\"}]},"
	    "\"org.example\": {"
	    "\"any\": [1, \"x\", null],"
	    "\"item\": {\"cbor\": \"c11a514b67b0\"},"
	    "\"bytes\": {\"base64\": \"AAEC\"}}}}";
	struct exchange *x = *state;
	mdoc_issuer *issuer = exchange_issuer(x, "P-256");

	if (mdoc_issuer_add_json(issuer, text(json), NULL) != MDOC_OK)
		fail_msg("%s", mdoc_ctx_error(x->ctx));
	exchange_issue(x, issuer);
	assert_value(x, "family_name", "\"Mustermann\"");
	assert_value(x, "birth_date", "1004(\"1990-02-15\")");
	assert_value(x, "portrait_capture_date", "0(\"2026-01-02T03:04:05Z\")");
	assert_value(x, "age_over_18", "true");
	assert_value(x, "height", "172");
	assert_value(x, "portrait", "h'ffd8ffe0'");
	assert_value(x, "driving_privileges",
	    "[{\"vehicle_category_code\": \"B\", \"issue_date\": "
	    "1004(\"2024-03-30\")}]");
	assert_value(x, "any", "[1, \"x\", null]");
	assert_value(x, "item", "1(1363896240)");
	assert_value(x, "bytes", "h'000102'");
}

static void
test_file(void **state)
{
	struct exchange *x = *state;
	char folder[] = "/tmp/p11-mdoc-test-XXXXXX", path[64];
	mdoc_issuer *issuer = exchange_issuer(x, "P-256");
	FILE *f;

	assert_non_null(mkdtemp(folder));
	assert_true(snprintf(path, sizeof(path), "%s/p.jpg", folder) > 0);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite("\xff\xd8\x01", 1, 3, f), 3);
	assert_int_equal(fclose(f), 0);
	if (mdoc_issuer_add_json(issuer,
		text("{\"docType\": \"" EXCHANGE_MDL "\", \"namespaces\": "
		     "{\"" EXCHANGE_NS "\": {\"portrait\": "
		     "{\"file\": \"p.jpg\"}}}}"),
		folder) != MDOC_OK)
		fail_msg("%s", mdoc_ctx_error(x->ctx));
	exchange_issue(x, issuer);
	assert_value(x, "portrait", "h'ffd801'");
	assert_int_equal(unlink(path), 0);
	issuer = exchange_issuer(x, "P-256");
	assert_int_equal(mdoc_issuer_add_json(issuer,
			     text("{\"docType\": \"" EXCHANGE_MDL
				  "\", \"namespaces\": {\"" EXCHANGE_NS
				  "\": {\"portrait\": "
				  "{\"file\": \"p.jpg\"}}}}"),
			     folder),
	    MDOC_E_IO);
	assert_non_null(strstr(mdoc_ctx_error(x->ctx), "portrait"));
	mdoc_issuer_free(&issuer);
	assert_int_equal(rmdir(folder), 0);
}

#define START "{\"docType\": \"" EXCHANGE_MDL "\", \"namespaces\": "

/* Each wrong in one way, and what the error has to name. */
static const struct {
	const char *json;
	const char *want;
} wrong[] = {
	{ "", "line 1" },
	{ "{\"docType\": 1,\n\n}", "line 3" },
	{ "[]", "object" },
	{ "{}", "docType" },
	{ "{\"docType\": 7}", "docType" },
	{ "{\"docType\": \"other\"}", "other" },
	{ "{\"docType\": \"" EXCHANGE_MDL "\"}", "namespaces" },
	{ START "[]}", "namespaces" },
	{ START "{}}", "namespaces" },
	{ START "{\"a\": 1}}", "\"a\"" },
	{ START "{\"a\": {}}}", "\"a\"" },
	{ START "{\"a\": {\"e\": 1}, \"a\": {\"f\": 1}}}", "duplicate" },
	{ START "{\"a\": {\"e\": 1, \"e\": 2}}}", "duplicate" },
	{ START "{\"a\": {\"e\": {\"hex\": \"0\"}}}}", "/namespaces/a/e" },
	{ START "{\"a\": {\"e\": {\"cbor\": \"ff\"}}}}", "/namespaces/a/e" },
	{ START "{\"" EXCHANGE_NS "\": {\"birth_date\": \"1990-02-30\"}}}",
	    "birth_date" },
	{ START "{\"" EXCHANGE_NS "\": {\"birth_date\": 7}}}", "birth_date" },
	{ START "{\"" EXCHANGE_NS "\": {\"age_over_18\": \"yes\"}}}",
	    "age_over_18" },
	{ START "{\"" EXCHANGE_NS "\": {\"portrait\": \"no base64!\"}}}",
	    "portrait" },
	{ START "{\"a\": {\"e\": 1}, \"b\": {\"\": 1}}}", "element" },
};

/* An error names the place, and nothing of the document stays. */
static void
test_errors(void **state)
{
	struct exchange *x = *state;
	mdoc_issuer *issuer = exchange_issuer(x, "P-256");
	int r;

	for (size_t i = 0; i < nitems(wrong); i++) {
		r = mdoc_issuer_add_json(issuer, text(wrong[i].json), NULL);
		if (r == MDOC_OK)
			fail_msg("accepted: %s", wrong[i].json);
		if (strstr(mdoc_ctx_error(x->ctx), wrong[i].want) == NULL)
			fail_msg("%s: \"%s\" is not in \"%s\"", wrong[i].json,
			    wrong[i].want, mdoc_ctx_error(x->ctx));
	}
	/* "a" and "e" are still free. */
	assert_int_equal(mdoc_issuer_add_json(issuer,
			     text(START "{\"a\": {\"e\": 1}}}"), NULL),
	    MDOC_OK);
	exchange_issue(x, issuer);
	assert_value(x, "e", "1");
}

static void
test_doc_type(void **state)
{
	struct exchange *x = *state;
	mdoc_buf out = MDOC_BUF_INIT;

	assert_int_equal(mdoc_issuer_json_doc_type(x->ctx,
			     text("{\"docType\": \"a.b\"}"), &out),
	    MDOC_OK);
	assert_int_equal(out.len, 3);
	assert_string_equal((const char *)out.ptr, "a.b");
	assert_int_equal(mdoc_issuer_json_doc_type(x->ctx, text("{}"), &out),
	    MDOC_E_JSON);
	assert_string_equal((const char *)out.ptr, "a.b");
	mdoc_buf_reset(&out);
}

struct missing {
	unsigned n;
	unsigned stop;
	bool portrait;
	bool family_name;
};

static int
note_missing(void *arg, const char *name_space, const char *element)
{
	struct missing *m = arg;

	assert_string_equal(name_space, EXCHANGE_NS);
	m->n++;
	m->portrait |= strcmp(element, "portrait") == 0;
	m->family_name |= strcmp(element, "family_name") == 0;
	return m->n == m->stop;
}

static void
test_missing(void **state)
{
	struct exchange *x = *state;
	mdoc_issuer *issuer = exchange_issuer(x, "P-256"), *other = NULL;
	struct missing m = { .n = 0 };
	unsigned all;

	assert_int_equal(mdoc_issuer_add_json(issuer,
			     text(START "{\"" EXCHANGE_NS
					"\": {\"family_name\": \"X\"}}}"),
			     NULL),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_missing(issuer, note_missing, &m),
	    MDOC_OK);
	all = m.n;
	assert_true(all > 5);
	assert_true(m.portrait);
	assert_false(m.family_name);
	m = (struct missing){ .stop = 2 };
	assert_int_equal(mdoc_issuer_missing(issuer, note_missing, &m),
	    MDOC_OK);
	assert_int_equal(m.n, 2);
	mdoc_issuer_free(&issuer);

	/* Nothing is known of this one. */
	m = (struct missing){ .n = 0 };
	assert_int_equal(mdoc_issuer_new(x->ctx, "org.example.x", &other),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_missing(other, note_missing, &m), MDOC_OK);
	assert_int_equal(m.n, 0);
	mdoc_issuer_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_doc_type),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
