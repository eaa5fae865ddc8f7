/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "vendor-ext/curve.h"

/* A fresh public key as our code writes it. */
static size_t
fresh_point(const struct curve *c, uint8_t *out)
{
	EVP_PKEY *key;
	size_t n = CURVE_MAX_POINT;

	if (c->kind == CURVE_WEIERSTRASS)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->group);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, c->group);
	assert_non_null(key);
	if (c->kind == CURVE_WEIERSTRASS)
		assert_int_equal(EVP_PKEY_get_octet_string_param(key,
				     "encoded-pub-key", out, n, &n),
		    1);
	else
		assert_int_equal(EVP_PKEY_get_raw_public_key(key, out, &n), 1);
	EVP_PKEY_free(key);
	return n;
}

static void
test_table(void **state)
{
	static const int coses[] = { 1, 2, 3, 4, 5, 6, 7, 256, 257, 258, 259 };
	const struct curve *c;

	(void)state;
	for (size_t i = 0; i < nitems(coses); i++) {
		c = curve_by_cose(coses[i]);
		assert_non_null(c);
		assert_ptr_equal(c, curve_at(i));
		assert_ptr_equal(c, curve_by_name(bytes_str(c->name)));
		assert_ptr_equal(c, curve_by_name(bytes_str(c->group)));
		assert_ptr_equal(c, curve_by_oid(c->oid));
		assert_true(c->field_len <= CURVE_MAX_FIELD);
		assert_true(c->sig_len <= CURVE_MAX_SIG);
		assert_int_equal(c->sig_len == 0, c->alg == 0);
		assert_int_equal(c->hash == NULL, c->kind != CURVE_WEIERSTRASS);
	}
	assert_null(curve_at(nitems(coses)));
	assert_null(curve_by_cose(8)); /* secp256k1 */
	assert_null(curve_by_cose(0));
	assert_null(curve_by_name(bytes_str("secp256k1")));
	assert_null(curve_by_name(bytes_str("P-2567")));
	assert_null(curve_by_name(BYTES_NULL));
	assert_ptr_equal(curve_by_name(bytes_str("secp256r1")),
	    curve_by_cose(1));
}

static void
test_params(void **state)
{
	static const struct {
		const char *text;
		int cose;
	} names[] = { { "\x13\x0c"
			"edwards25519",
			  6 },
		{ "\x13\x0a"
		  "edwards448",
		    7 },
		{ "\x13\x0a"
		  "curve25519",
		    4 },
		{ "\x13\x08"
		  "curve448",
		    5 },
		{ "\x13\x0c"
		  "edwards2551",
		    0 },
		{ "\x0c\x0c"
		  "edwards25519",
		    0 },
		{ "edwards25519", 0 }, { "\x13", 0 }, { "", 0 } };

	static const uint8_t p256_and_more[] = { 0x06, 0x08, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x03, 0x01, 0x07, 0x00 };

	(void)state;
	for (size_t i = 0; i < nitems(names); i++)
		assert_ptr_equal(curve_by_oid(bytes_str(names[i].text)),
		    curve_by_cose(names[i].cose));
	assert_non_null(curve_by_oid(bytes_of(p256_and_more, 10)));
	assert_null(curve_by_oid(bytes_of(p256_and_more, 11)));
	assert_null(curve_by_oid(bytes_of(p256_and_more, 9)));
	assert_null(curve_by_oid(BYTES_NULL));
}

static void
test_fresh(void **state)
{
	const struct curve *c;
	uint8_t point[CURVE_MAX_POINT], again[CURVE_MAX_POINT];
	size_t n;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		for (int round = 0; round < 20; round++) {
			n = fresh_point(c, point);
			assert_true(curve_point_valid(c, bytes_of(point, n)));
			assert_false(curve_point_valid(c,
			    bytes_of(point, n - 1)));
			if (c->kind != CURVE_WEIERSTRASS) {
				assert_false(curve_point_expand(c,
				    bytes_of(point, n), false, again));
				continue;
			}
			assert_true(curve_point_expand(c,
			    bytes_of(point + 1, c->field_len),
			    (point[n - 1] & 1) != 0, again));
			assert_memory_equal(again, point, n);
			point[n - 1] ^= 1;
			assert_false(curve_point_valid(c, bytes_of(point, n)));
			point[n - 1] ^= 1;
			point[0] = 0x06; /* hybrid form */
			assert_false(curve_point_valid(c, bytes_of(point, n)));
		}
	}
}

static void
test_weierstrass_bad(void **state)
{
	const struct curve *c;
	uint8_t point[CURVE_MAX_POINT] = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->kind != CURVE_WEIERSTRASS)
			continue;
		n = 1 + 2 * c->field_len;
		memset(point, 0, sizeof(point));
		assert_false(curve_point_valid(c, bytes_of(point, 1)));
		assert_false(curve_point_valid(c, bytes_of(point, n)));
		assert_false(curve_point_valid(c, bytes_of(point, 0)));
		assert_false(curve_point_valid(c, BYTES_NULL));
		point[0] = 0x04;
		assert_false(curve_point_valid(c, bytes_of(point, n)));
		memset(point + 1, 0xff, n - 1);
		assert_false(curve_point_valid(c, bytes_of(point, n)));
	}
}

/* The generator of P-256 with x + p, which fits no field element. */
static void
test_range(void **state)
{
	/* x = 5 has a point on P-256; 5 + p is the same residue. */
	uint8_t x[32] = { 0 };
	uint8_t point[CURVE_MAX_POINT];
	static const uint8_t p[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct curve *c = curve_by_cose(1);
	unsigned carry = 5;

	(void)state;
	x[31] = 5;
	assert_true(curve_point_expand(c, bytes_of(x, 32), false, point));
	assert_true(curve_point_valid(c, bytes_of(point, 65)));
	for (size_t i = 32; i-- > 0; carry >>= 8) {
		carry += p[i];
		point[1 + i] = (uint8_t)carry;
		x[i] = (uint8_t)carry;
	}
	assert_false(curve_point_valid(c, bytes_of(point, 65)));
	assert_false(curve_point_expand(c, bytes_of(x, 32), false, point));
	assert_false(curve_point_expand(c, bytes_of(x, 31), false, point));
}

/* Small order, out of range, not on the curve. */
static const struct {
	int cose;
	const char *hex;
} bad_keys[] = {
	/* RFC 7748 6.1: all-zero shared secrets */
	{ 4,
	    "0000000000000000000000000000000000000000000000000000000000"
	    "000000" },
	{ 4,
	    "0100000000000000000000000000000000000000000000000000000000"
	    "000000" },
	{ 4,
	    "0100000000000000000000000000000000000000000000000000000000"
	    "000080" },
	{ 4,
	    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f"
	    "49b800" },
	{ 4,
	    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd0"
	    "9f1157" },
	{ 4,
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "ffff7f" },
	{ 4,
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "ffff7f" },
	{ 4,
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "ffffff" },
	{ 5,
	    "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 5,
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "feffffffffffffffffffffffffffffffffffffffffffffffffff" },
	{ 7,
	    "0100000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000008"
	    "0" },
	{ 7,
	    "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffff00" },
	/* neutral element, with and without a sign */
	{ 6,
	    "0100000000000000000000000000000000000000000000000000000000"
	    "000000" },
	{ 6,
	    "0100000000000000000000000000000000000000000000000000000000"
	    "000080" },
	/* order 8 */
	{ 6,
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d"
	    "53fc05" },
	{ 6,
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792"
	    "ac03fa" },
	/* y = p + 3, which is on the curve as 3 is */
	{ 6,
	    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "ffff7f" },
	/* y = 2: no x */
	{ 6,
	    "0200000000000000000000000000000000000000000000000000000000"
	    "000000" },
};

static void
test_okp_bad(void **state)
{
	uint8_t key[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(bad_keys); i++) {
		assert_true(bytes_from_hex(bytes_str(bad_keys[i].hex), key,
		    &n));
		assert_false(curve_point_valid(curve_by_cose(bad_keys[i].cose),
		    bytes_of(key, n)));
	}
	memset(key, 0, sizeof(key));
	for (int cose = 4; cose <= 7; cose++) {
		n = curve_by_cose(cose)->field_len;
		assert_false(curve_point_valid(curve_by_cose(cose),
		    bytes_of(key, n)));
	}
	/* Ed448: bits above y that RFC 8032 5.2.3 wants to be 0 */
	n = fresh_point(curve_by_cose(7), key);
	key[n - 1] |= 0x01;
	assert_false(curve_point_valid(curve_by_cose(7), bytes_of(key, n)));
	/* X25519: the top bit is ignored, and p + 2 stands for 2 */
	n = fresh_point(curve_by_cose(4), key);
	key[n - 1] |= 0x80;
	assert_true(curve_point_valid(curve_by_cose(4), bytes_of(key, n)));
	memset(key, 0xff, 32);
	key[0] = 0xef;
	assert_true(curve_point_valid(curve_by_cose(4), bytes_of(key, 32)));
}

/* Which y from 2 to 65 have an x, computed apart from this program. */
static void
test_edwards_equation(void **state)
{
	static const struct {
		int cose;
		uint64_t on_curve;
	} want[] = { { 6, 0xbdf6476adfeb719e }, { 7, 0xe0ab0d7eabca0cee } };

	uint8_t key[57] = { 0 };

	(void)state;
	for (size_t i = 0; i < nitems(want); i++) {
		const struct curve *c = curve_by_cose(want[i].cose);
		uint64_t found = 0;

		for (unsigned y = 2; y < 66; y++) {
			key[0] = (uint8_t)y;
			if (curve_point_valid(c, bytes_of(key, c->field_len)))
				found |= (uint64_t)1 << (y - 2);
		}
		assert_true(found == want[i].on_curve);
	}
}

static void *
validate_all(void *arg)
{
	const uint8_t(*points)[CURVE_MAX_POINT] = arg;
	const struct curve *c;
	uintptr_t bad = 0;

	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		bool ec2 = c->kind == CURVE_WEIERSTRASS;
		size_t n = ec2 ? 1 + 2 * c->field_len : c->field_len;

		bad += !curve_point_valid(c, bytes_of(points[i], n));
	}
	return (void *)bad;
}

/* The first use of every curve in several threads at once. */
static void
test_threads(void **state)
{
	static uint8_t points[16][CURVE_MAX_POINT];
	pthread_t threads[8];
	void *bad;

	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++)
		fresh_point(curve_at(i), points[i]);
	for (size_t i = 0; i < nitems(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, validate_all,
				     points),
		    0);
	for (size_t i = 0; i < nitems(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads), /* first: nothing is cached */
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_weierstrass_bad),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_okp_bad),
		cmocka_unit_test(test_edwards_equation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
