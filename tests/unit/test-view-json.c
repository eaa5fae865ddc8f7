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
	{ "[h'000102', {1: 24(<<\"abc\">>)}, -18446744073709551616, "
	  "9007199254740992, 1.5, NaN, (_ \"a\", \"b\"), [_ ], "
	  "undefined, simple(9), true, null, -7]",
	    NULL, 2,
	    "{\"type\":\"cbor\",\"size\":51,\"defectCount\":2,\"defects\":[{"
	    "\"offset\":38,\"text\":\"indefinite "
	    "length\"},{\"offset\":44,\"text\":\"indefinite "
	    "length\"}],\"root\":{\"type\":\"array\",\"offset\":0,\"items\":[{"
	    "\"type\":\"bstr\",\"offset\":1,\"length\":3,\"hex\":\"0001\","
	    "\"shortened\":true},{\"type\":\"map\",\"offset\":5,\"entries\":[{"
	    "\"key\":{\"type\":\"int\",\"offset\":6,\"value\":1},\"value\":{"
	    "\"type\":\"tag\",\"offset\":7,\"tag\":24,\"content\":{\"type\":"
	    "\"bstr\",\"offset\":9,\"length\":4,\"cbor\":{\"type\":\"tstr\","
	    "\"offset\":10,\"length\":3,\"value\":\"ab\",\"shortened\":true}}}}"
	    "]},{\"type\":\"int\",\"offset\":14,\"value\":\"-"
	    "18446744073709551616\"},{\"type\":\"int\",\"offset\":23,\"value\":"
	    "\"9007199254740992\"},{\"type\":\"float\",\"offset\":32,\"value\":"
	    "1.5},{\"type\":\"float\",\"offset\":35,\"value\":\"NaN\"},{"
	    "\"type\":\"tstr\",\"offset\":38,\"defects\":[{\"offset\":38,"
	    "\"text\":\"indefinite "
	    "length\"}],\"indefinite\":true,\"chunks\":[{\"type\":\"tstr\","
	    "\"offset\":39,\"length\":1,\"value\":\"a\"},{\"type\":\"tstr\","
	    "\"offset\":41,\"length\":1,\"value\":\"b\"}]},{\"type\":\"array\","
	    "\"offset\":44,\"defects\":[{\"offset\":44,\"text\":\"indefinite "
	    "length\"}],\"indefinite\":true,\"items\":[]},{\"type\":"
	    "\"undefined\",\"offset\":46},{\"type\":\"simple\",\"offset\":47,"
	    "\"value\":9},{\"type\":\"bool\",\"offset\":48,\"value\":true},{"
	    "\"type\":\"null\",\"offset\":49},{\"type\":\"int\",\"offset\":50,"
	    "\"value\":-7}]}}\n" },
	{ "[<<{1: -7}>>, {33: h'3000'}, null, h'00']", NULL, 0,
	    "{\"type\":\"cbor\",\"size\":14,\"is\":\"COSE_Sign1\","
	    "\"defectCount\":0,\"defects\":[],\"root\":{\"type\":\"array\","
	    "\"offset\":0,\"is\":\"COSE_Sign1\",\"items\":[{\"type\":\"bstr\","
	    "\"offset\":1,\"length\":3,\"name\":\"protected\",\"cbor\":{"
	    "\"type\":\"map\",\"offset\":2,\"entries\":[{\"key\":{\"type\":"
	    "\"int\",\"offset\":3,\"value\":1},\"value\":{\"type\":\"int\","
	    "\"offset\":4,\"value\":-7,\"name\":\"alg\",\"meaning\":\"ES256\"}}"
	    "]}},{\"type\":\"map\",\"offset\":5,\"name\":\"unprotected\","
	    "\"entries\":[{\"key\":{\"type\":\"int\",\"offset\":6,\"value\":33}"
	    ",\"value\":{\"type\":\"bstr\",\"offset\":8,\"length\":2,\"hex\":"
	    "\"3000\",\"name\":\"x5chain\",\"meaning\":\"certificate of 2 "
	    "bytes\"}}]},{\"type\":\"null\",\"offset\":11,\"name\":\"payload\"}"
	    ",{\"type\":\"bstr\",\"offset\":12,\"length\":1,\"hex\":\"00\","
	    "\"name\":\"signature\"}]}}\n" },
	{ "0(\"2020-01-01T00:00:00+01:00\")", NULL, 0,
	    "{\"type\":\"cbor\",\"size\":28,\"defectCount\":0,\"defects\":[],"
	    "\"root\":{\"type\":\"tag\",\"offset\":0,\"tag\":0,\"content\":{"
	    "\"type\":\"tstr\",\"offset\":1,\"length\":25,\"value\":\"2020-01-"
	    "01T00:00:00+01:00\",\"meaning\":\"tdate, not UTC\"}}}\n" },
	{ NULL, "bf1801020103ff00", 0,
	    "{\"type\":\"cbor\",\"size\":8,\"defectCount\":4,\"defects\":[{"
	    "\"offset\":0,\"text\":\"indefinite "
	    "length\"},{\"offset\":1,\"text\":\"head longer than "
	    "necessary\"},{\"offset\":4,\"text\":\"duplicate map "
	    "key\"},{\"offset\":7,\"text\":\"trailing "
	    "bytes\"}],\"root\":{\"type\":\"map\",\"offset\":0,\"defects\":[{"
	    "\"offset\":0,\"text\":\"indefinite "
	    "length\"}],\"indefinite\":true,\"entries\":[{\"key\":{\"type\":"
	    "\"int\",\"offset\":1,\"value\":1,\"defects\":[{\"offset\":1,"
	    "\"text\":\"head longer than "
	    "necessary\"}]},\"value\":{\"type\":\"int\",\"offset\":3,\"value\":"
	    "2}},{\"key\":{\"type\":\"int\",\"offset\":4,\"value\":1,"
	    "\"defects\":[{\"offset\":4,\"text\":\"duplicate map "
	    "key\"}]},\"value\":{\"type\":\"int\",\"offset\":5,\"value\":3}}]}}"
	    "\n" },
	{ NULL, "a201", 0,
	    "{\"type\":\"cbor\",\"size\":2,\"defectCount\":1,\"defects\":[{"
	    "\"offset\":2,\"text\":\"truncated\"}],\"root\":{\"type\":\"map\","
	    "\"offset\":0,\"incomplete\":true,\"entries\":[{\"key\":{\"type\":"
	    "\"int\",\"offset\":1,\"value\":1,\"defects\":[{\"offset\":2,"
	    "\"text\":\"truncated\"}]}}]}}\n" },
	{ NULL, "c1", 0,
	    "{\"type\":\"cbor\",\"size\":1,\"defectCount\":1,\"defects\":[{"
	    "\"offset\":1,\"text\":\"truncated\"}],\"root\":{\"type\":\"tag\","
	    "\"offset\":0,\"tag\":1,\"defects\":[{\"offset\":1,\"text\":"
	    "\"truncated\"}],\"incomplete\":true}}\n" },
	{ NULL, "", 0,
	    "{\"type\":\"cbor\",\"size\":0,\"defectCount\":1,\"defects\":[{"
	    "\"offset\":0,\"text\":\"truncated\"}],\"root\":null}\n" },
	{ NULL, "d81843a10100", 0,
	    "{\"type\":\"cbor\",\"size\":6,\"defectCount\":0,\"defects\":[],"
	    "\"root\":{\"type\":\"tag\",\"offset\":0,\"tag\":24,\"content\":{"
	    "\"type\":\"bstr\",\"offset\":2,\"length\":3,\"cbor\":{\"type\":"
	    "\"map\",\"offset\":3,\"entries\":[{\"key\":{\"type\":\"int\","
	    "\"offset\":4,\"value\":1},\"value\":{\"type\":\"int\",\"offset\":"
	    "5,\"value\":0}}]}}}}\n" },
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
		assert_string_equal(viewer_text(blob_bytes(&in), view_json,
					cases[i].max_string, &out, NULL),
		    cases[i].want);
	}
	blob_reset(&in);
	blob_reset(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
