/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/vectors.h"
#include "vendor-ext/cose-key.h"

/* Points of RFC 8152 C.7.1 (P-256, P-521) and RFC 8032 7.1 (Ed25519) */
#define P256_X \
	"65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
#define P256_Y \
	"1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
#define ED_X "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static bool
read_hex(const char *hex, bool allow_private, struct blob *buf,
    struct cose_key *key, struct cbor_reader *r)
{
	vectors_hex(hex, buf);
	cbor_reader_init(r, blob_bytes(buf));
	return cose_key_read(r, allow_private, key) && cbor_finish(r);
}

static const struct {
	const char *hex;
	int cose;
	size_t point_len;
} good[] = {
	{ "a401022001215820" P256_X "225820" P256_Y, 1, 65 },
	/* a kid, an alg and members of others; another order */
	{ "a82001215820" P256_X "225820" P256_Y "010202413103260481026161a0", 1,
	    65 },
	{ "a401022001215820" P256_X "22f4", 1, 65 },
	{ "a301012006215820" ED_X, 6, 32 },
	{ "a301012004215820" ED_X, 4, 32 },
};

static void
test_good(void **state)
{
	struct blob buf = BLOB_INIT;
	uint8_t point[CURVE_MAX_POINT];
	char hex[2 * CURVE_MAX_POINT + 1];
	struct cbor_reader r;
	struct cose_key key;
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_true(read_hex(good[i].hex, false, &buf, &key, &r));
		assert_ptr_equal(key.curve, curve_by_cose(good[i].cose));
		assert_true(bytes_equal(key.whole, blob_bytes(&buf)));
		assert_true(bytes_is_null(key.d));
		assert_true(cose_key_point(&key, point, &n));
		assert_int_equal(n, good[i].point_len);
		bytes_to_hex(bytes_of(point, n), hex);
		if (n == 65)
			assert_string_equal(hex, "04" P256_X P256_Y);
	}
	blob_reset(&buf);
}

static void
test_members(void **state)
{
	struct blob buf = BLOB_INIT;
	struct cbor_reader r;
	struct cose_key key;

	(void)state;
	assert_true(read_hex(good[1].hex, false, &buf, &key, &r));
	assert_true(bytes_equal_str(key.kid, "1"));
	assert_false(key.compressed);
	assert_true(read_hex("a401022001215820" P256_X "22f5", false, &buf,
	    &key, &r));
	assert_true(key.compressed && key.y_odd);
	assert_true(bytes_is_null(key.y));
	/* RFC 8152 C.7.2, "meriadoc" */
	assert_true(read_hex("a501022001215820" P256_X "225820" P256_Y
			     "235820aff907c99f9ad3aae6c4cdf21122bce2bd68b5283e6"
			     "907154ad911840fa208cf",
	    true, &buf, &key, &r));
	assert_int_equal(key.d.len, 32);
	blob_reset(&buf);
}

static const struct {
	const char *hex;
	enum cbor_error error;
	size_t offset;
	const char *what; /* what the text must contain */
} bad[] = {
	{ "80", CBOR_E_TYPE, 0, "a map" },
	{ "a0", CBOR_E_MISSING, 0, "kty" },
	{ "a10102", CBOR_E_MISSING, 0, "crv" },
	{ "a201022001", CBOR_E_MISSING, 0, "x (-2)" },
	{ "a301022001215820" P256_X, CBOR_E_MISSING, 0, "y (-3)" },
	{ "a401042001215820" P256_X "225820" P256_Y, CBOR_E_RANGE, 0, "kty" },
	{ "a401012001215820" P256_X "225820" P256_Y, CBOR_E_RANGE, 0,
	    "belongs" },
	{ "a301022006215820" ED_X, CBOR_E_RANGE, 0, "belongs" },
	{ "a401022008215820" P256_X "225820" P256_Y, CBOR_E_RANGE, 0, "crv" },
	{ "a401022029215820" P256_X "225820" P256_Y, CBOR_E_RANGE, 0, "crv" },
	{ "a40102201b0000000100000001215820" P256_X "225820" P256_Y,
	    CBOR_E_RANGE, 0, "crv" },
	{ "a401022002215820" P256_X "225820" P256_Y, CBOR_E_RANGE, 0,
	    "x (-2)" },
	{ "a4010220012140225820" P256_Y, CBOR_E_RANGE, 0, "x (-2)" },
	{ "a401022001215820" P256_X "2240", CBOR_E_RANGE, 0, "y (-3)" },
	{ "a401022001215820" P256_X "2201", CBOR_E_TYPE, 41, "y (-3)" },
	{ "a401012006215820" ED_X "22f4", CBOR_E_RANGE, 0, "no y" },
	{ "a401012006215820" ED_X "235820" ED_X, CBOR_E_RANGE, 41, "private" },
	{ "a401626563200121f622f6", CBOR_E_TYPE, 2, "kty" },
	{ "a401022001210122f6", CBOR_E_TYPE, 6, "x (-2)" },
	{ "a2010202f6", CBOR_E_TYPE, 4, "kid" },
	{ "a301022001010220", CBOR_E_DUPLICATE, 5, "" },
	{ "a40102200121", CBOR_E_ITEMS, 0, "" },
	{ "", CBOR_E_TRUNCATED, 0, "" },
};

static void
test_bad(void **state)
{
	struct blob buf = BLOB_INIT;
	struct cbor_reader r;
	struct cose_key key = { .curve = curve_by_cose(7) };

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		assert_false(read_hex(bad[i].hex, false, &buf, &key, &r));
		if (r.error != bad[i].error || r.error_offset != bad[i].offset)
			fail_msg("%s: error %s at %zu", bad[i].hex,
			    cbor_error_name(r.error), r.error_offset);
		assert_non_null(r.error_what);
		assert_non_null(strstr(r.error_what, bad[i].what));
		assert_ptr_equal(key.curve, curve_by_cose(7));
	}
	/* a private part of the wrong length */
	assert_false(read_hex("a401012006215820" ED_X "2341ff", true, &buf,
	    &key, &r));
	assert_int_equal(r.error, CBOR_E_RANGE);
	blob_reset(&buf);
}

/* Well-formed, but no point of the curve: refused where the point is made. */
static void
test_bad_point(void **state)
{
	static const char *const keys[] = {
		"a401022001215820" P256_X "225820" P256_X,
		"a401022001215820"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff"
		"22f4",
		"a301012004215820"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00",
	};

	struct blob buf = BLOB_INIT;
	struct cbor_reader r;
	struct cose_key key;
	uint8_t point[CURVE_MAX_POINT];
	size_t n = 7;

	(void)state;
	for (size_t i = 0; i < nitems(keys); i++) {
		assert_true(read_hex(keys[i], false, &buf, &key, &r));
		assert_false(cose_key_point(&key, point, &n));
		assert_int_equal(n, 7);
	}
	blob_reset(&buf);
}

static void
test_write(void **state)
{
	struct blob buf = BLOB_INIT;
	uint8_t out[256], point[CURVE_MAX_POINT];
	struct cbor_writer w;
	struct cbor_reader r;
	struct cose_key key;
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_true(read_hex(good[i].hex, false, &buf, &key, &r));
		assert_true(cose_key_point(&key, point, &n));
		cbor_writer_fixed(&w, out, sizeof(out));
		cose_key_write(&w, key.curve, bytes_of(point, n));
		assert_int_equal(w.error, CBOR_OK);
		if (i == 0 || i >= 3)
			assert_true(bytes_equal(bytes_of(out, w.len),
			    blob_bytes(&buf)));
		cbor_writer_fixed(&w, out, sizeof(out));
		cose_key_write(&w, key.curve, bytes_of(point, n - 1));
		assert_int_equal(w.error, CBOR_E_RANGE);
	}
	blob_reset(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_point),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
