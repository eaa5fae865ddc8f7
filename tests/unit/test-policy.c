/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/verify/policy.h"

static const char *const layers[] = {
	"cbor",
	"structure",
	"issuer-sig",
	"digest",
	"validity",
	"device-auth",
	"reader-auth",
	"policy",
};

static bool
is_layer(const char *layer)
{
	for (size_t i = 0; i < nitems(layers); i++) {
		if (strcmp(layers[i], layer) == 0)
			return true;
	}
	return false;
}

static void
assert_rule(const struct report_rule *r)
{
	assert_non_null(r->id);
	assert_non_null(r->layer);
	assert_true(is_layer(r->layer));
	assert_non_null(r->clause);
	assert_true(strncmp(r->clause, "18013-5 ", 8) == 0 ||
	    strncmp(r->clause, "RFC ", 4) == 0);
}

static void
test_checks(void **state)
{
	(void)state;
	for (int i = 0; i < CHECK_COUNT; i++)
		assert_rule(policy_check((enum check)i));
}

/* A check of this id exists, so that what may fail may also pass. */
static bool
is_check(const char *id)
{
	for (int i = 0; i < CHECK_COUNT; i++) {
		if (strcmp(policy_check((enum check)i)->id, id) == 0)
			return true;
	}
	return false;
}

static void
test_deviations(void **state)
{
	const struct policy *p;

	(void)state;
	for (int i = 0; i < DEV_COUNT; i++) {
		p = policy_deviation((enum deviation)i);
		assert_rule(&p->rule);
		assert_true(is_check(p->rule.id));
		assert_non_null(p->detail);
		/* The parser has the text for these two. */
		assert_true(p->detail[0] != '\0' || i == DEV_CBOR ||
		    i == DEV_STRUCTURE);
		/* A deviation is not trusted for being one. */
		assert_true(p->rule.role != REPORT_TRUST);
	}
}

/* Strict mode is never more lenient; what it alone refuses is policy. */
static void
test_strict(void **state)
{
	const struct policy *p;

	(void)state;
	for (int i = 0; i < DEV_COUNT; i++) {
		p = policy_deviation((enum deviation)i);
		switch (p->normal) {
		case MDOC_FAIL:
			assert_int_equal(p->strict, MDOC_FAIL);
			break;
		case MDOC_WARN:
			assert_int_equal(p->strict, MDOC_FAIL);
			assert_string_equal(p->rule.layer, "policy");
			break;
		case MDOC_PASS:
			assert_int_equal(p->strict, MDOC_WARN);
			break;
		case MDOC_NOT_DONE:
		case MDOC_UNDETERMINED:
		default:
			fail();
		}
	}
}

static void
test_expiry(void **state)
{
	const struct policy *p;

	(void)state;
	for (int i = 0; i < DEV_COUNT; i++) {
		p = policy_deviation((enum deviation)i);
		assert_true((p->rule.role == REPORT_EXPIRY) ==
		    (i == DEV_EXPIRED ||
			i == DEV_ISSUER_CHAIN + CHAIN_EXPIRED ||
			i == DEV_READER_CHAIN + CHAIN_EXPIRED));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_deviations),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_expiry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
