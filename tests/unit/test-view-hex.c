/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/diag.h"
#include "tests/support/vectors.h"
#include "tests/support/viewer.h"

static const struct {
	const char *diag; /* or hex, where it is broken */
	const char *hex;
	size_t max_string;
	const char *want;
} cases[] = {
	{ "24(<<[<<{1: -7}>>, {33: h'3000'}, null, "
	  "0(\"2020-01-01T00:00:00Z\")]>>)",
	    NULL, 0,
	    "d818                                            # tag(24)\n"
	    "   5822                                         # bytes(34)\n"
	    "      84                                        # array(4)\n"
	    "         43                                     # bytes(3)\n"
	    "            a10126\n"
	    "         a1                                     # map(1)\n"
	    "            1821                                # unsigned(33)\n"
	    "            42                                  # bytes(2)\n"
	    "               3000\n"
	    "         f6                                     # null\n"
	    "         c0                                     # tag(0)\n"
	    "            74                                  # text(20): "
	    "tdate\n"
	    "               323032302d30312d30315430303a3030 # "
	    "\"2020-01-01T00:00\"\n"
	    "               3a30305a                         # \":00Z\"\n" },
	{ "[h'000102', {1: 24(<<\"abc\">>)}, -18446744073709551616, 1.5, "
	  "NaN, (_ \"a\", \"b\"), [_ ], undefined, simple(9), true, "
	  "\"0123456789abcd\\u00fcfghijklmno\"]",
	    NULL, 20,
	    "8b                                              # array(11)\n"
	    "   43                                           # bytes(3)\n"
	    "      000102\n"
	    "   a1                                           # map(1)\n"
	    "      01                                        # unsigned(1)\n"
	    "      d818                                      # tag(24)\n"
	    "         44                                     # bytes(4)\n"
	    "            63                                  # text(3)\n"
	    "               616263                           # \"abc\"\n"
	    "   3bffffffffffffffff                           # "
	    "negative(-18446744073709551616)\n"
	    "   f93e00                                       # float(1.5)\n"
	    "   f97e00                                       # float(NaN)\n"
	    "   7f                                           # text(*)  ! "
	    "indefinite length at 0x001d\n"
	    "      61                                        # text(1)\n"
	    "         61                                     # \"a\"\n"
	    "      61                                        # text(1)\n"
	    "         62                                     # \"b\"\n"
	    "   ff                                           # break\n"
	    "   9f                                           # array(*)  ! "
	    "indefinite length at 0x0023\n"
	    "   ff                                           # break\n"
	    "   f7                                           # undefined\n"
	    "   e9                                           # simple(9)\n"
	    "   f5                                           # true\n"
	    "   781a                                         # text(26)\n"
	    "      3031323334353637383961626364c3bc          # "
	    "\"0123456789abcdü\"\n"
	    "      66676869                                  # \"fghi\"\n"
	    "                                                # ... 6 bytes "
	    "more\n" },
	{ NULL, "a2016161", 0,
	    "a2                                              # map(2)\n"
	    "   01                                           # unsigned(1)\n"
	    "   61                                           # text(1)  ! "
	    "truncated at 0x0004\n"
	    "      61                                        # \"a\"\n" },
	{ NULL, "0000", 0,
	    "00                                              # unsigned(0)\n"
	    "# ! trailing bytes at 0x0001\n"
	    "# 1 bytes that were not read\n" },
	{ NULL, "", 0, "# ! truncated at 0x0000\n" },
	{ NULL, "811c00", 0,
	    "81                                              # array(1)  ! "
	    "malformed at 0x0001\n"
	    "# 2 bytes that were not read\n" },
};

static void
test_cases(void **state)
{
	struct blob in = BLOB_INIT, out = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		if (cases[i].diag != NULL)
			diag(cases[i].diag, &in);
		else
			vectors_hex(cases[i].hex, &in);
		assert_string_equal(viewer_text(blob_bytes(&in), view_hex,
					cases[i].max_string, &out, NULL),
		    cases[i].want);
	}
	blob_reset(&in);
	blob_reset(&out);
}

/* The first columns of all lines are the input. */
static void
check_bytes(struct bytes in)
{
	struct blob out = BLOB_INIT, hex = BLOB_INIT, bytes = BLOB_INIT;
	const char *p = viewer_text(in, view_hex, 0, &out, NULL);

	for (; *p != '\0'; p += strcspn(p, "\n") + 1) {
		p += strspn(p, " ");
		assert_true(blob_append(&hex, p,
		    strspn(p, "0123456789abcdef")));
	}
	assert_true(blob_append_u8(&hex, 0));
	vectors_hex((const char *)hex.ptr, &bytes);
	assert_true(bytes_equal(in, blob_bytes(&bytes)));
	blob_reset(&out);
	blob_reset(&hex);
	blob_reset(&bytes);
}

static void
test_bytes(void **state)
{
	struct blob in = BLOB_INIT;

	(void)state;
	diag("{1: [_ 2, (_ h'01', h'02')], \"a\": "
	     "24(<<\"0123456789abcd\\u00fc\\u00fcx\">>)}",
	    &in);
	check_bytes(blob_bytes(&in));
	blob_reset(&in);
}

static void
test_vectors(void **state)
{
	static const char *const names[] = { "annexD/device_response.hex",
		"annexD/device_request.hex", "annexD/session_data.hex" };
	struct blob in = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		VECTORS_OR_SKIP(names[i], &in);
		check_bytes(blob_bytes(&in));
	}
	blob_reset(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
