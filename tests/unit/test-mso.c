/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "mdoc/codec/cose.h"
#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"
#include "tests/support/vectors.h"

#define X                                                                 \
	"h'6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c" \
	"296'"
#define Y                                                                  \
	"h'4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51" \
	"f5'"
#define KEY       "{1: 2, -1: 1, -2: " X ", -3: " Y "}"
#define MEMBERS   "\"version\": \"1.0\", \"docType\": \"d\""
#define ALGORITHM "\"digestAlgorithm\": \"SHA-256\""
#define DIGESTS   "\"valueDigests\": {\"n\": {0: h'aa'}}"
#define KEY_INFO  "\"deviceKeyInfo\": {\"deviceKey\": " KEY "}"
#define DATE      "0(\"2020-10-01T13:30:02Z\")"
#define DATES \
	"\"signed\": " DATE ", \"validFrom\": " DATE ", \"validUntil\": " DATE
#define VALIDITY   "\"validityInfo\": {" DATES "}"
#define MSO(parts) "24(<<{" MEMBERS ", " parts "}>>)"
/* All but one. */
#define WITH_DIGESTS(x) \
	MSO(ALGORITHM ", " KEY_INFO ", " VALIDITY ", \"valueDigests\": " x)
#define WITH_KEY_INFO(x) \
	MSO(ALGORITHM ", " DIGESTS ", " VALIDITY ", \"deviceKeyInfo\": " x)
#define WITH_VALIDITY(x) \
	MSO(ALGORITHM ", " DIGESTS ", " KEY_INFO ", \"validityInfo\": " x)
#define AUTHORIZATIONS(x) \
	WITH_KEY_INFO("{\"deviceKey\": " KEY ", \"keyAuthorizations\": " x "}")

static bool
read_mso(struct cbor_reader *r)
{
	struct mso m;

	return mso_read(r, &m);
}

/* The spans lie in b. */
static void
mso_of(const char *text, struct mso *m, struct blob *b)
{
	struct cbor_reader r;

	diag(text, b);
	cbor_reader_init(&r, blob_bytes(b));
	if (!mso_read(&r, m))
		fail_msg("%s: %s", text, r.error_what);
}

static const char whole[] = MSO(ALGORITHM
    ", \"valueDigests\": {\"one\": {5: h'05', 0: h'00'}, "
    "\"two\": {1: h'11'}}, \"deviceKeyInfo\": {\"deviceKey\": " KEY
    ", \"keyAuthorizations\": {\"nameSpaces\": [\"a\", \"b\"], "
    "\"dataElements\": {\"c\": [\"x\", \"y\"], \"d\": [\"x\"]}}, "
    "\"keyInfo\": {1: 2, -1: 3}}, \"validityInfo\": {" DATES
    ", \"expectedUpdate\": 0(\"2021-10-01T13:30:02.5Z\")}, "
    "\"status\": {\"status_list\": {}}, \"ours\": [1]");

static void
test_read(void **state)
{
	struct blob b = BLOB_INIT;
	struct bytes map;
	struct mso m;

	(void)state;
	mso_of(whole, &m, &b);
	assert_true(bytes_equal_str(m.version, "1.0"));
	assert_true(bytes_equal_str(m.doc_type, "d"));
	assert_true(m.has_hash);
	assert_int_equal(m.hash, HASH_SHA256);
	assert_string_equal(m.device_key.curve->name, "P-256");
	assert_int_equal(m.device_key_bytes.ptr[0], 0xa4);
	assert_true(m.signed_at.seconds == 1601559002);
	assert_true(m.valid_until.seconds == 1601559002);
	assert_false(m.valid_from.fraction);
	assert_true(m.has_expected_update && m.expected_update.fraction);
	assert_int_equal(m.status.ptr[0], 0xa1);
	assert_int_equal(m.value_digests.ptr[0], 0xa2);

	assert_true(mso_name_space(&m, bytes_str("one"), &map));
	assert_memory_equal(map.ptr, "\xa2\x05\x41\x05\x00\x41", 6);
	assert_int_equal(map.len, 7);
	assert_true(mso_name_space(&m, bytes_str("two"), &map));
	assert_int_equal(map.len, 4);
	assert_false(mso_name_space(&m, bytes_str("on"), &map));
	assert_false(mso_name_space(&m, bytes_str("tw"), &map));
	assert_false(mso_name_space(&m, BYTES_NULL, &map));
	hostile_sweep(blob_bytes(&b), read_mso);
	blob_reset(&b);
}

static void
test_authorizes(void **state)
{
	struct blob b = BLOB_INIT;
	struct mso m;

	(void)state;
	mso_of(whole, &m, &b);
	assert_true(mso_authorizes(&m, bytes_str("b"), bytes_str("any")));
	assert_true(mso_authorizes(&m, bytes_str("c"), bytes_str("y")));
	assert_true(mso_authorizes(&m, bytes_str("d"), bytes_str("x")));
	assert_false(mso_authorizes(&m, bytes_str("d"), bytes_str("y")));
	assert_false(mso_authorizes(&m, bytes_str("e"), bytes_str("x")));
	mso_of(AUTHORIZATIONS("{\"dataElements\": {\"n\": [\"x\"]}}"), &m, &b);
	assert_true(mso_authorizes(&m, bytes_str("n"), bytes_str("x")));
	assert_false(mso_authorizes(&m, bytes_str("n"), bytes_str("n")));
	mso_of(AUTHORIZATIONS("{\"nameSpaces\": [\"n\"]}"), &m, &b);
	assert_true(mso_authorizes(&m, bytes_str("n"), bytes_str("x")));
	assert_false(mso_authorizes(&m, bytes_str("m"), bytes_str("x")));
	mso_of(WITH_DIGESTS("{\"n\": {0: h''}}"), &m, &b);
	assert_false(mso_authorizes(&m, bytes_str("n"), bytes_str("x")));
	blob_reset(&b);
}

static void
test_algorithms(void **state)
{
	static const struct {
		const char *name;
		bool known;
		enum hash_alg hash;
	} algorithms[] = {
		{ "SHA-256", true, HASH_SHA256 },
		{ "SHA-384", true, HASH_SHA384 },
		{ "SHA-512", true, HASH_SHA512 },
		{ "SHA-1", false, HASH_SHA1 },
		{ "SHA256", false, HASH_SHA256 },
		{ "sha-256", false, HASH_SHA256 },
		{ "SHA3-256", false, HASH_SHA256 },
		{ "", false, HASH_SHA256 },
	};
	struct blob b = BLOB_INIT;
	char text[1024];
	struct mso m;

	(void)state;
	for (size_t i = 0; i < nitems(algorithms); i++) {
		snprintf(text, sizeof(text),
		    MSO("\"digestAlgorithm\": \"%s\", " DIGESTS ", " KEY_INFO
			", " VALIDITY),
		    algorithms[i].name);
		mso_of(text, &m, &b);
		assert_int_equal(m.has_hash, algorithms[i].known);
		if (m.has_hash)
			assert_int_equal(m.hash, algorithms[i].hash);
	}
	blob_reset(&b);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@{}", CBOR_E_TYPE, "MobileSecurityObjectBytes" },
		{ "@18(h'')", CBOR_E_TYPE, "MobileSecurityObjectBytes" },
		{ "24(<<@[]>>)", CBOR_E_TYPE, "MSO: a map" },
		{ "24(<<@{}>>)", CBOR_E_MISSING, "MSO.version" },
		{ "24(<<@{\"version\": \"1.0\"}>>)", CBOR_E_MISSING,
		    "MSO.digestAlgorithm" },
		{ "24(<<{\"version\": @\"2.0\"}>>)", CBOR_E_RANGE,
		    "MSO.version" },
		{ "24(<<@{" MEMBERS ", " ALGORITHM "}>>)", CBOR_E_MISSING,
		    "MSO.valueDigests" },
		{ "24(<<@{" MEMBERS ", " ALGORITHM ", " DIGESTS "}>>)",
		    CBOR_E_MISSING, "MSO.deviceKeyInfo" },
		{ "24(<<@{" MEMBERS ", " ALGORITHM ", " DIGESTS ", " KEY_INFO
		  "}>>)",
		    CBOR_E_MISSING, "MSO.validityInfo" },
		{ "24(<<{" MEMBERS ", @" MEMBERS "}>>)", CBOR_E_DUPLICATE,
		    "MSO: a map" },
		{ "24(<<{\"docType\": @0}>>)", CBOR_E_TYPE, "MSO.docType" },
		{ MSO("\"digestAlgorithm\": @-16"), CBOR_E_TYPE,
		    "MSO.digestAlgorithm" },
		{ MSO("\"status\": @[]"), CBOR_E_TYPE, "MSO.status" },
		{ WITH_DIGESTS("@{}"), CBOR_E_RANGE, "MSO.valueDigests" },
		{ WITH_DIGESTS("{\"n\": @{}}"), CBOR_E_RANGE,
		    "MSO.valueDigests: digestID" },
		{ WITH_DIGESTS("{\"n\": {@-1: h''}}"), CBOR_E_RANGE,
		    "MSO.valueDigests: digestID" },
		{ WITH_DIGESTS("{\"n\": {@2147483648: h''}}"), CBOR_E_RANGE,
		    "MSO.valueDigests: digestID" },
		{ WITH_DIGESTS("{\"n\": {0: @\"x\"}}"), CBOR_E_TYPE,
		    "MSO.valueDigests: digestID" },
		{ WITH_DIGESTS("{\"n\": {0: h'', @0_1: h''}}"),
		    CBOR_E_DUPLICATE, "MSO.valueDigests: digestID" },
		{ WITH_DIGESTS("{@7: {0: h''}}"), CBOR_E_TYPE,
		    "MSO.valueDigests: a map" },
		{ WITH_KEY_INFO("@0"), CBOR_E_TYPE, "MSO.deviceKeyInfo" },
		{ WITH_KEY_INFO("@{}"), CBOR_E_MISSING,
		    "deviceKeyInfo.deviceKey" },
		{ WITH_KEY_INFO("{\"deviceKey\": @[]}"), CBOR_E_TYPE,
		    "COSE_Key: a map" },
		{ WITH_KEY_INFO("{\"deviceKey\": " KEY ", \"keyInfo\": @[]}"),
		    CBOR_E_TYPE, "deviceKeyInfo.keyInfo" },
		{ AUTHORIZATIONS("@{}"), CBOR_E_RANGE, "keyAuthorizations" },
		{ AUTHORIZATIONS("{\"nameSpaces\": @[]}"), CBOR_E_RANGE,
		    "keyAuthorizations.nameSpaces" },
		{ AUTHORIZATIONS("{\"nameSpaces\": [@1]}"), CBOR_E_TYPE,
		    "keyAuthorizations.nameSpaces" },
		{ AUTHORIZATIONS("{\"dataElements\": @{}}"), CBOR_E_RANGE,
		    "keyAuthorizations.dataElements: a map" },
		{ AUTHORIZATIONS("{\"dataElements\": {\"n\": @[]}}"),
		    CBOR_E_RANGE, "keyAuthorizations.dataElements: an array" },
		{ AUTHORIZATIONS("{\"dataElements\": {\"n\": [@h'']}}"),
		    CBOR_E_TYPE, "keyAuthorizations.dataElements: an array" },
		{ AUTHORIZATIONS("{\"nameSpaces\": [\"m\", \"n\"], "
				 "\"dataElements\": {\"n\": @[\"x\"]}}"),
		    CBOR_E_RANGE, "keyAuthorizations: a namespace in" },
		{ WITH_VALIDITY("@[]"), CBOR_E_TYPE, "MSO.validityInfo" },
		{ WITH_VALIDITY("@{}"), CBOR_E_MISSING, "validityInfo.signed" },
		{ WITH_VALIDITY("@{\"signed\": " DATE "}"), CBOR_E_MISSING,
		    "validityInfo.validFrom" },
		{ WITH_VALIDITY("{\"signed\": @\"2020-10-01T13:30:02Z\"}"),
		    CBOR_E_TYPE, "validityInfo.signed: tdate" },
		{ WITH_VALIDITY("{\"validUntil\": 0(@\"2020-10-01\")}"),
		    CBOR_E_RANGE, "validityInfo.validUntil: tdate" },
		{ WITH_VALIDITY("{\"expectedUpdate\": @1(0)}"), CBOR_E_TYPE,
		    "validityInfo.expectedUpdate: tdate" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_mso);
}

/* 64 namespaces are found, one more is refused. */
static void
test_many_name_spaces(void **state)
{
	struct blob b = BLOB_INIT, mso = BLOB_INIT;
	struct cbor_writer w;
	struct cbor_reader r;
	struct bytes map;
	char name[16];
	struct mso m;

	(void)state;
	for (unsigned n = 64; n <= 65; n++) {
		blob_clear(&mso);
		cbor_writer_init(&w, &mso);
		cbor_put_map(&w, 1);
		cbor_put_str(&w, "valueDigests");
		cbor_put_map(&w, n);
		for (unsigned i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "n%u", i);
			cbor_put_str(&w, name);
			cbor_put_map(&w, 1);
			cbor_put_uint(&w, i);
			cbor_put_bstr(&w, BYTES_NULL);
		}
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_tag24(&w, blob_bytes(&mso));
		cbor_reader_init(&r, blob_bytes(&b));
		assert_false(mso_read(&r, &m));
		assert_int_equal(r.error,
		    n == 64 ? CBOR_E_MISSING : CBOR_E_ITEMS);
	}
	mso_of(WITH_DIGESTS("{\"\": {3: h''}}"), &m, &b);
	assert_true(mso_name_space(&m, bytes_str(""), &map));
	assert_int_equal(map.ptr[1], 3);
	blob_reset(&b);
	blob_reset(&mso);
}

static void
test_write(void **state)
{
	struct blob b = BLOB_INIT, want = BLOB_INIT, point = BLOB_INIT;
	struct mso_content c = {
		.hash = HASH_SHA384,
		.value_digests = bytes_of("\xa0", 1),
		.curve = curve_by_name(bytes_str("P-256")),
		.doc_type = bytes_str("d"),
		.signed_at = 0,
		.valid_from = 1,
		.valid_until = 86400,
	};
	struct cbor_writer w;

	(void)state;
	vectors_hex(
	    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	    &point);
	c.point = blob_bytes(&point);
	cbor_writer_init(&w, &b);
	mso_write(&w, &c);
	assert_int_equal(w.error, CBOR_OK);
	diag("{\"docType\": \"d\", \"version\": \"1.0\", \"validityInfo\": "
	     "{\"signed\": 0(\"1970-01-01T00:00:00Z\"), \"validFrom\": "
	     "0(\"1970-01-01T00:00:01Z\"), \"validUntil\": "
	     "0(\"1970-01-02T00:00:00Z\")}, \"valueDigests\": {}, "
	     "\"deviceKeyInfo\": {\"deviceKey\": " KEY
	     "}, \"digestAlgorithm\": \"SHA-384\"}",
	    &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	c.has_expected_update = true;
	c.expected_update = 2;
	c.key_authorizations = bytes_of("\xa0", 1);
	c.status = bytes_of("\xa0", 1);
	blob_clear(&b);
	mso_write(&w, &c);
	diag("{\"status\": {}, \"docType\": \"d\", \"version\": \"1.0\", "
	     "\"validityInfo\": {\"signed\": 0(\"1970-01-01T00:00:00Z\"), "
	     "\"validFrom\": 0(\"1970-01-01T00:00:01Z\"), \"validUntil\": "
	     "0(\"1970-01-02T00:00:00Z\"), \"expectedUpdate\": "
	     "0(\"1970-01-01T00:00:02Z\")}, \"valueDigests\": {}, "
	     "\"deviceKeyInfo\": {\"deviceKey\": " KEY
	     ", \"keyAuthorizations\": {}}, \"digestAlgorithm\": \"SHA-384\"}",
	    &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	c.valid_until = INT64_MAX;
	mso_write(&w, &c);
	assert_int_equal(w.error, CBOR_E_RANGE);
	blob_reset(&b);
	blob_reset(&want);
	blob_reset(&point);
}

static void
test_annex_d(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r, payload;
	struct bytes map;
	struct cose c;
	struct mso m;

	(void)state;
	VECTORS_OR_SKIP("annexD/issuer_auth.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cose_read(&r, false, &c));
	cbor_reader_nested(&payload, &r, c.payload);
	assert_true(mso_read(&payload, &m));
	assert_true(bytes_equal_str(m.doc_type, "org.iso.18013.5.1.mDL"));
	assert_int_equal(m.hash, HASH_SHA256);
	assert_true(m.signed_at.seconds == 1601559002);
	assert_true(mso_name_space(&m, bytes_str("org.iso.18013.5.1"), &map));
	assert_true(bytes_is_null(m.status));
	cbor_reader_init(&r, c.payload);
	hostile_sweep(c.payload, read_mso);
	blob_reset(&b);
}

/* Credentials made by others: their dates have fractional seconds. */
static void
check_wallet(struct bytes text)
{
	uint8_t *p = malloc(text.len);
	struct cbor_reader r, payload;
	struct issuer_signed s;
	struct item_walk w;
	struct item item;
	struct bytes map;
	struct mso m;
	size_t n;

	assert_non_null(p);
	assert_true(bytes_from_base64url(text, p, &n));
	cbor_reader_init(&r, bytes_of(p, n));
	if (!issuer_signed_read(&r, &s) || !cbor_finish(&r))
		fail_msg("IssuerSigned: %s at %zu", r.error_what,
		    r.error_offset);
	cbor_reader_nested(&payload, &s.source, s.issuer_auth.payload);
	if (!mso_read(&payload, &m))
		fail_msg("MSO: %s at %zu", payload.error_what,
		    payload.error_offset);
	assert_true(m.signed_at.fraction);
	assert_true(m.valid_from.fraction && m.valid_until.fraction);
	item_walk_start(&w, &s);
	for (n = 0; item_walk_next(&w, &item); n++)
		assert_true(mso_name_space(&m, item.name_space, &map));
	assert_int_equal(w.r.error, CBOR_OK);
	assert_true(n > 0);
	free(p);
}

static void
test_wallet(void **state)
{
	struct blob b = BLOB_INIT;
	json_t *all, *one;
	size_t i;

	(void)state;
	VECTORS_OR_SKIP("cmwallet/issuersigned_with_device_keys.json", &b);
	all = json_loadb((const char *)b.ptr, b.len, 0, NULL);
	assert_int_equal(json_array_size(all), 11);
	json_array_foreach(all, i, one)
	{
		const char *text = json_string_value(json_object_get(one,
		    "issuerSignedB64url"));

		assert_non_null(text);
		check_wallet(bytes_str(text));
	}
	json_decref(all);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_authorizes),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many_name_spaces),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_wallet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
