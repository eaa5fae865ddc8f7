/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/codec/text.h"
#include "tests/support/failmalloc.h"

static void
is(struct blob *b, const char *want)
{
	assert_true(blob_append_u8(b, 0));
	assert_string_equal((const char *)b->ptr, want);
	blob_clear(b);
}

static void
test_put(void **state)
{
	struct blob b = BLOB_INIT;
	struct text t = { &b, false };

	(void)state;
	text_put(&t, "a");
	text_put_bytes(&t, bytes_of("bcd", 2));
	text_spaces(&t, 2);
	text_printf(&t, "%d-%s", 7, "x");
	text_hex(&t, bytes_of("\x01\xff", 2));
	text_hex(&t, BYTES_NULL);
	is(&b, "abc  7-x01ff");
	assert_false(t.bad);
	blob_reset(&b);
}

static void
test_escaped(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} pairs[] = {
		{ "", "" },
		{ "plain \xc3\xbc \xe2\x82\xac",
		    "plain \xc3\xbc \xe2\x82\xac" },
		{ "\"\\\n\t\r\b\f", "\\\"\\\\\\n\\t\\r\\b\\f" },
		{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
		/* The C1 controls are what terminals obey. */
		{ "a\xc2\x9b\x62\xc2\xa0", "a\\u009bb\xc2\xa0" },
		{ "\xff\xfe", "\\ufffd\\ufffd" },
		{ "a\xe2\x82", "a\\ufffd\\ufffd" },
		{ "\xed\xa0\x80z", "\\ufffd\\ufffd\\ufffdz" },
		{ "x\xc2", "x\\ufffd" },
	};
	struct blob b = BLOB_INIT;
	struct text t = { &b, false };

	(void)state;
	for (size_t i = 0; i < nitems(pairs); i++) {
		text_escaped(&t, bytes_str(pairs[i].text));
		is(&b, pairs[i].want);
	}
	text_escaped(&t, bytes_of("a\0b", 3));
	is(&b, "a\\u0000b");
	blob_reset(&b);
}

static void
test_float(void **state)
{
	static const struct {
		double v;
		const char *want;
	} pairs[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ 1.0, "1.0" },
		{ 1.1, "1.1" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e300, "1e+300" },
		{ 5e-324, "5e-324" },
		{ -123456.0, "-123456.0" },
		{ NAN, "NaN" },
		{ HUGE_VAL, "Infinity" },
		{ -HUGE_VAL, "-Infinity" },
	};
	struct blob b = BLOB_INIT;
	struct text t = { &b, false };

	(void)state;
	for (size_t i = 0; i < nitems(pairs); i++) {
		text_float(&t, pairs[i].v);
		is(&b, pairs[i].want);
	}
	blob_reset(&b);
}

static void
test_prefix(void **state)
{
	const struct bytes s = bytes_str("a\xc3\xbc\xe2\x82\xac");
	static const size_t want[] = { 6, 1, 1, 3, 3, 3, 6, 6 };

	(void)state;
	for (size_t max = 0; max < nitems(want); max++)
		assert_int_equal(text_prefix(s, max).len, want[max]);
}

/* Nothing more is written once memory ran out. */
static void
test_no_memory(void **state)
{
	struct blob b = BLOB_INIT;
	struct text t = { &b, false };

	(void)state;
	failmalloc_arm(1);
	text_hex(&t, bytes_of("\1", 1));
	failmalloc_disarm();
	assert_true(t.bad);
	text_put(&t, "x");
	text_float(&t, 1);
	text_escaped(&t, bytes_str("\xff\n"));
	text_hex(&t, bytes_of("\1", 1));
	assert_int_equal(b.len, 0);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_float),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
