/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/engagement.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"
#include "tests/support/vectors.h"

#define X                                                                 \
	"h'6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c" \
	"296'"
#define Y                                                                  \
	"h'4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51" \
	"f5'"
#define KEY "24(<<{1: 2, -1: 1, -2: " X ", -3: " Y "}>>)"

static bool
read_engagement(struct cbor_reader *r)
{
	struct engagement e;

	return engagement_read(r, &e);
}

static void
test_read(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct engagement e;

	(void)state;
	diag("{0: \"1.1\", 1: [1, " KEY "], "
	     "2: [[2, 1, {0: false, 1: true, 11: h'00'}], [1, 1, {}]], "
	     "3: {\"webApi\": [1, \"u\", \"t\"]}, 4: 0, 5: [], 6: {2: true}, "
	     "-1: \"ours\", \"x\": 7}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(engagement_read(&r, &e));
	assert_true(bytes_equal_str(e.version, "1.1"));
	assert_true(e.cipher_suite == 1);
	assert_string_equal(e.edevice_key.curve->name, "P-256");
	assert_int_equal(e.edevice_key_bytes.len, 75);
	assert_int_equal(e.retrieval_methods.ptr[0], 0x82);
	assert_int_equal(e.server_retrieval.ptr[0], 0xa1);
	assert_int_equal(e.origin_infos.len, 1);
	assert_int_equal(e.capabilities.len, 3);
	hostile_sweep(blob_bytes(&b), read_engagement);

	diag("{0: \"1.0\", 1: [1, " KEY "]}", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(engagement_read(&r, &e));
	assert_true(bytes_is_null(e.retrieval_methods));
	assert_true(bytes_is_null(e.capabilities));
	/* The sign of y instead of y: 18013-5 12.7.2 */
	diag("{0: \"1.9\", 1: [1, 24(<<{1: 2, -1: 1, -2: " X ", -3: true}>>)]}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(engagement_read(&r, &e));
	assert_true(e.edevice_key.compressed && e.edevice_key.y_odd);
	blob_reset(&b);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@[]", CBOR_E_TYPE, "DeviceEngagement: a map" },
		{ "@{1: [1, " KEY "]}", CBOR_E_MISSING,
		    "DeviceEngagement.version (0)" },
		{ "@{0: \"1.0\"}", CBOR_E_MISSING,
		    "DeviceEngagement.security (1)" },
		{ "{0: @1, 1: [1, " KEY "]}", CBOR_E_TYPE,
		    "DeviceEngagement.version" },
		{ "{0: @\"2.0\", 1: [1, " KEY "]}", CBOR_E_RANGE,
		    "DeviceEngagement.version" },
		{ "{0: @\"1.\", 1: [1, " KEY "]}", CBOR_E_RANGE, NULL },
		{ "{0: @\"1.x\", 1: [1, " KEY "]}", CBOR_E_RANGE, NULL },
		{ "{0: @\"1.123456\", 1: [1, " KEY "]}", CBOR_E_RANGE, NULL },
		{ "{0: \"1.0\", @0: \"1.0\", 1: [1, " KEY "]}",
		    CBOR_E_DUPLICATE, "DeviceEngagement: a map" },
		{ "{0: \"1.0\", 1: @[1]}", CBOR_E_RANGE,
		    "DeviceEngagement.security" },
		{ "{0: \"1.0\", 1: [@2, " KEY "]}", CBOR_E_RANGE,
		    "DeviceEngagement.security (1): cipher suite 1" },
		{ "{0: \"1.0\", 1: [@\"1\", " KEY "]}", CBOR_E_TYPE,
		    "DeviceEngagement.security" },
		{ "{0: \"1.0\", 1: [1, @h'00']}", CBOR_E_TYPE,
		    "DeviceEngagement.security (1): EDeviceKeyBytes" },
		{ "{0: \"1.0\", 1: [1, @23(h'00')]}", CBOR_E_TYPE,
		    "DeviceEngagement.security (1): EDeviceKeyBytes" },
		{ "{0: \"1.0\", 1: [1, 24(<<@{1: 2, -1: 1, -2: " X "}>>)]}",
		    CBOR_E_MISSING, "COSE_Key: y (-3)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: @[]}", CBOR_E_RANGE,
		    "DeviceEngagement (2)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: @{}}", CBOR_E_TYPE,
		    "DeviceEngagement (2)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: [@[1, 1]]}", CBOR_E_RANGE,
		    "DeviceRetrievalMethod" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: [[@-1, 1, {}]]}",
		    CBOR_E_TYPE, "DeviceRetrievalMethod" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: [[2, 1, 0], @[2, 1, {}]]}",
		    CBOR_E_DUPLICATE, "DeviceRetrievalMethod: each" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 2: [[0, 0, 0], [1, 0, 0], "
		  "[2, 0, 0], [3, 0, 0], [4, 0, 0], [5, 0, 0], [6, 0, 0], "
		  "[7, 0, 0], [8, 0, 0], [9, 0, 0], [10, 0, 0], [11, 0, 0], "
		  "[12, 0, 0], [13, 0, 0], [14, 0, 0], [15, 0, 0], "
		  "@[16, 0, 0]]}",
		    CBOR_E_ITEMS, "DeviceEngagement: at most 16" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 3: @[]}", CBOR_E_TYPE,
		    "DeviceEngagement (3)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 5: @{}}", CBOR_E_TYPE,
		    "DeviceEngagement (5)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 6: @[]}", CBOR_E_TYPE,
		    "DeviceEngagement (6)" },
		{ "{0: \"1.0\", 1: [1, " KEY "], 7: @[_ 1]}", CBOR_E_INDEFINITE,
		    "DeviceEngagement: a map" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_engagement);
}

static void
test_write(void **state)
{
	struct blob b = BLOB_INIT, want = BLOB_INIT, point = BLOB_INIT;
	const struct bytes methods = { (const uint8_t *)"\x80", 1 };
	const struct curve *p521 = curve_by_name(bytes_str("P-521"));
	uint8_t big[CURVE_MAX_POINT] = { 4 };
	struct cbor_writer w;
	struct cbor_reader r;
	struct engagement e;

	(void)state;
	vectors_hex(
	    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	    &point);
	cbor_writer_init(&w, &b);
	engagement_write(&w, curve_by_name(bytes_str("P-256")),
	    blob_bytes(&point), BYTES_NULL);
	diag("{0: \"1.0\", 1: [1, " KEY "]}", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	blob_clear(&b);
	engagement_write(&w, curve_by_name(bytes_str("P-256")),
	    blob_bytes(&point), methods);
	diag("{0: \"1.0\", 1: [1, " KEY "], 2: []}", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	/* The longest key. */
	blob_clear(&b);
	engagement_write(&w, p521, bytes_of(big, 133), BYTES_NULL);
	assert_int_equal(w.error, CBOR_OK);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(engagement_read(&r, &e));
	assert_ptr_equal(e.edevice_key.curve, p521);
	blob_reset(&b);
	blob_reset(&want);
	blob_reset(&point);
}

static void
test_annex_d(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct engagement e;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_engagement_qr.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(engagement_read(&r, &e));
	assert_true(bytes_equal_str(e.version, "1.0"));
	assert_string_equal(e.edevice_key.curve->name, "P-256");
	assert_false(bytes_is_null(e.retrieval_methods));
	hostile_sweep(blob_bytes(&b), read_engagement);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
