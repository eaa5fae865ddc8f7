/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/codec/diag.h"
#include "tests/support/diag.h"
#include "tests/support/vectors.h"

/* With a NUL behind it. */
static const char *
text_of(struct bytes in, size_t max_string, struct blob *out)
{
	struct outline o;
	struct text t = { out, false };

	assert_true(outline_read(&o, in));
	outline_open_tagged(&o, 0);
	blob_clear(out);
	diag_write(&o, max_string, &t);
	assert_false(t.bad);
	outline_reset(&o);
	assert_true(blob_append_u8(out, 0));
	return (const char *)out->ptr;
}

static void
test_texts(void **state)
{
	static const struct {
		const char *hex;
		const char *text;
	} pairs[] = {
		{ "00", "0\n" },
		{ "1bffffffffffffffff", "18446744073709551615\n" },
		{ "3bffffffffffffffff", "-18446744073709551616\n" },
		{ "20", "-1\n" },
		{ "f4", "false\n" },
		{ "f5", "true\n" },
		{ "f6", "null\n" },
		{ "f7", "undefined\n" },
		{ "f0", "simple(16)\n" },
		{ "f8ff", "simple(255)\n" },
		{ "f90000", "0.0\n" },
		{ "f98000", "-0.0\n" },
		{ "f93e00", "1.5\n" },
		{ "fb3ff199999999999a", "1.1\n" },
		{ "fb7e37e43c8800759c", "1e+300\n" },
		{ "f90001", "5.9604644775390625e-08\n" },
		{ "fa47c35000", "1e+05\n" },
		{ "f97c00", "Infinity\n" },
		{ "f9fc00", "-Infinity\n" },
		{ "f97e00", "NaN\n" },
		{ "80", "[]\n" },
		{ "a0", "{}\n" },
		{ "8301820203f6", "[1, [2, 3], null]\n" },
		{ "a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}\n" },
		{ "c074323031332d30332d32315432303a30343a30305a",
		    "0(\"2013-03-21T20:04:00Z\")\n" },
		{ "d81843a10102", "24(<<{1: 2}>>)\n" },
		{ "d8184100", "24(<<0>>)\n" },
		{ "40", "h''\n" },
		{ "4401020304", "h'01020304'\n" },
		{ "65225cc3bc0a", "\"\\\"\\\\\xc3\xbc\\n\"\n" },
		{ "64017fc285", "\"\\u0001\\u007f\\u0085\"\n" },
	};
	struct blob in = BLOB_INIT, out = BLOB_INIT, back = BLOB_INIT;
	const char *text;

	(void)state;
	for (size_t i = 0; i < nitems(pairs); i++) {
		vectors_hex(pairs[i].hex, &in);
		text = text_of(blob_bytes(&in), 0, &out);
		assert_string_equal(text, pairs[i].text);
		diag(text, &back);
		assert_true(bytes_equal(blob_bytes(&in), blob_bytes(&back)));
	}
	blob_reset(&in);
	blob_reset(&out);
	blob_reset(&back);
}

static void
test_defects(void **state)
{
	static const struct {
		const char *hex;
		const char *text;
	} pairs[] = {
		{ "", "undefined / not there / / truncated at 0x0000 /\n" },
		{ "8201", "[1 / truncated at 0x0002 /]\n" },
		{ "a201",
		    "{1 / truncated at 0x0002 /: undefined "
		    "/ not there /}\n" },
		{ "c1",
		    "1(undefined / not there /) / truncated at 0x0001 /\n" },
		{ "4201", "h'01' / truncated at 0x0002 /\n" },
		{ "1817", "23_0 / head longer than necessary at 0x0000 /\n" },
		{ "9f01ff", "[_ 1] / indefinite length at 0x0000 /\n" },
		{ "5fff", "''_ / indefinite length at 0x0000 /\n" },
		{ "7fff", "\"\"_ / indefinite length at 0x0000 /\n" },
		{ "5f41014102ff",
		    "(_ h'01', h'02') / indefinite length at 0x0000 /\n" },
		{ "bf0102ff", "{_ 1: 2} / indefinite length at 0x0000 /\n" },
		{ "980101",
		    "[_0 1] / head longer than necessary at 0x0000 /\n" },
		{ "d900184101",
		    "24_1(<<1>>) / head longer than necessary at 0x0000 /\n" },
		{ "580101",
		    "h'01'_0 / head longer than necessary at 0x0000 /\n" },
		{ "d818580101",
		    "24(<<1>>_0 / head longer than necessary at 0x0002 /)\n" },
		{ "fa3f800000",
		    "1.0_2 / head longer than necessary at 0x0000 /\n" },
		{ "a201020103",
		    "{1: 2, 1 / duplicate map key at 0x0003 /: 3}\n" },
		{ "0000", "0 / trailing bytes at 0x0001 /\n" },
		{ "d818420000", "24(h'0000' / trailing bytes at 0x0004 /)\n" },
		{ "6361ff62", "\"a\\ufffdb\" / not UTF-8 at 0x0002 /\n" },
		{ "d818421801",
		    "24(<<1_0 / head longer than necessary at "
		    "0x0003 />>)\n" },
	};
	struct blob in = BLOB_INIT, out = BLOB_INIT, back = BLOB_INIT;
	const char *text;

	(void)state;
	for (size_t i = 0; i < nitems(pairs); i++) {
		vectors_hex(pairs[i].hex, &in);
		text = text_of(blob_bytes(&in), 0, &out);
		assert_string_equal(text, pairs[i].text);
		/* Notation in any case; the bytes where it can say all. */
		if (!diag_encode(text, &back, NULL))
			fail_msg("not notation: %s", text);
		if (strstr(text, "truncated") == NULL &&
		    strstr(text, "trailing bytes at 0x0001") == NULL &&
		    strstr(text, "UTF-8") == NULL)
			assert_true(bytes_equal(blob_bytes(&in),
			    blob_bytes(&back)));
	}
	blob_reset(&in);
	blob_reset(&out);
	blob_reset(&back);
}

static void
test_short(void **state)
{
	struct blob in = BLOB_INIT, out = BLOB_INIT;

	(void)state;
	diag("[h'010203', \"abc\", h'01020304', \"abcd\", \"\\u00fc\\u00fc\"]",
	    &in);
	assert_string_equal(text_of(blob_bytes(&in), 3, &out),
	    "[h'010203', \"abc\", h'010203' / 4 bytes in all /, "
	    "\"abc\" / 4 bytes in all /, \"\xc3\xbc\" / 4 bytes in all /]\n");
	blob_reset(&in);
	blob_reset(&out);
}

static void
test_vectors(void **state)
{
	static const char *const names[] = { "annexD/device_response.hex",
		"annexD/device_request.hex", "annexD/device_engagement_qr.hex",
		"annexD/device_request_extended_2nd_ed.hex",
		"annexD/session_establishment.hex",
		"annexD/session_transcript_bytes.hex" };
	struct blob in = BLOB_INIT, out = BLOB_INIT, back = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		VECTORS_OR_SKIP(names[i], &in);
		diag(text_of(blob_bytes(&in), 0, &out), &back);
		assert_true(bytes_equal(blob_bytes(&in), blob_bytes(&back)));
		/* Any part of it is notation, too. */
		for (size_t j = 0; j < in.len; j += 7) {
			const char *text =
			    text_of(bytes_of(in.ptr, j), 0, &out);

			if (!diag_encode(text, &back, NULL))
				fail_msg("%zu bytes: not notation", j);
			assert_non_null(strstr(text, "truncated"));
		}
	}
	blob_reset(&in);
	blob_reset(&out);
	blob_reset(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
