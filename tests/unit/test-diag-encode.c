/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/diag.h"
#include "tests/support/vectors.h"

/* Pairs of RFC 8949 appendix A, and a few more. */
static const struct {
	const char *text;
	const char *hex;
} pairs[] = {
	{ "0", "00" },
	{ "24", "1818" },
	{ "1000000000000", "1b000000e8d4a51000" },
	{ "18446744073709551615", "1bffffffffffffffff" },
	{ "-18446744073709551616", "3bffffffffffffffff" },
	{ "-1000", "3903e7" },
	{ "1.1", "fb3ff199999999999a" },
	{ "-4.0", "f9c400" },
	{ "NaN", "f97e00" },
	{ "undefined", "f7" },
	{ "simple(16)", "f0" },
	{ "simple(255)", "f8ff" },
	{ "0(\"2013-03-21T20:04:00Z\")",
	    "c074323031332d30332d32315432303a30343a30305a" },
	{ "h'01 02 0304'", "4401020304" },
	{ "\"\\\"\\\\\\u00fc\\n\"", "65225cc3bc0a" },
	{ "[1, [2, 3], []]",
	    "8301820203"
	    "80" },
	{ "{\"a\": 1, \"b\": [2, 3]}", "a26161016162820203" },
	{ "(_ h'0102', h'030405')", "5f42010243030405ff" },
	{ "[_ 1, [2, 3]]", "9f01820203ff" },
	{ "{_ \"a\": 1}", "bf616101ff" },
	{ "24(<<{1: 2}>>)", "d81843a10102" },
	{ "1_1", "190001" },
	{ "[_0 1]", "980101" },
	{ "24_1(<<1>>)", "d900184101" },
};

static void
test_pairs(void **state)
{
	struct blob got = BLOB_INIT, want = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(pairs); i++) {
		diag(pairs[i].text, &got);
		vectors_hex(pairs[i].hex, &want);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.ptr, want.ptr, got.len);
	}
	blob_reset(&got);
	blob_reset(&want);
}

static void
test_marks(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	assert_int_equal(diag("[1, 2]", &b), SIZE_MAX);
	assert_int_equal(diag("@[1, 2]", &b), 0);
	assert_int_equal(diag("[1, @2]", &b), 2);
	assert_int_equal(diag("{1: [0, 24(<<[7, @{}]>>)], 2: 3}", &b), 9);
	assert_int_equal(b.ptr[9], 0xa0);
	blob_reset(&b);
}

static void
test_refusals(void **state)
{
	static const char *const bad[] = { "", "[1, 2", "{1}", "h'0'", "\"a",
		"1 2", "foo", "24(1", "simple(256)" };
	struct blob b = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(diag_encode(bad[i], &b, NULL));
	assert_null(b.ptr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
