/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vendor-ext/hasher.h"

static int
setup(void **state)
{
	*state = hasher_new();
	return *state == NULL;
}

static int
teardown(void **state)
{
	struct hasher *h = *state;

	hasher_free(&h);
	assert_null(h);
	hasher_free(&h);
	hasher_free(NULL);
	return 0;
}

static void
assert_hex(const uint8_t *p, size_t n, const char *want)
{
	char text[2 * 1024 + 1];

	assert_true(n <= 1024);
	bytes_to_hex(bytes_of(p, n), text);
	assert_string_equal(text, want);
}

/* FIPS 180-4 examples: "abc" */
static const struct {
	enum hash_alg alg;
	const char *name;
	size_t len;
	const char *abc;
} digests[] = {
	{ HASH_SHA1, "SHA-1", 20, "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ HASH_SHA256, "SHA-256", 32,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"
	    "d" },
	{ HASH_SHA384, "SHA-384", 48,
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	    "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	{ HASH_SHA512, "SHA-512", 64,
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49"
	    "f" },
};

static void
test_names(void **state)
{
	enum hash_alg alg = HASH_SHA1;

	(void)state;
	for (size_t i = 0; i < nitems(digests); i++) {
		assert_string_equal(hash_name(digests[i].alg), digests[i].name);
		assert_int_equal(hash_len(digests[i].alg), digests[i].len);
	}
	assert_true(hash_by_name(bytes_str("SHA-384"), &alg));
	assert_int_equal(alg, HASH_SHA384);
	assert_true(hash_by_name(bytes_str("SHA512"), &alg));
	assert_int_equal(alg, HASH_SHA512);
	assert_false(hash_by_name(bytes_str("SHA-1"), &alg));
	assert_false(hash_by_name(bytes_str("SHA-2567"), &alg));
	assert_false(hash_by_name(bytes_str("SHA-25"), &alg));
	assert_false(hash_by_name(bytes_str("sha-256"), &alg));
	assert_false(hash_by_name(BYTES_NULL, &alg));
	assert_int_equal(alg, HASH_SHA512);
}

static void
test_digest(void **state)
{
	const struct bytes parts[] = { bytes_str("a"), BYTES_NULL,
		bytes_str("bc") };
	uint8_t out[HASHER_MAX_LEN];

	for (size_t i = 0; i < nitems(digests); i++) {
		assert_true(hasher_digest(*state, digests[i].alg, parts,
		    nitems(parts), out));
		assert_hex(out, digests[i].len, digests[i].abc);
	}
}

/* A stream survives digests and HMACs made in between. */
static void
test_stream(void **state)
{
	const struct bytes other = bytes_str("other");
	uint8_t out[HASHER_MAX_LEN];
	uint8_t unused[HASHER_MAX_LEN];

	for (size_t i = 0; i < nitems(digests); i++) {
		assert_true(hasher_begin(*state, digests[i].alg));
		assert_true(hasher_add(*state, bytes_str("ab")));
		assert_true(hasher_digest(*state, HASH_SHA512, &other, 1,
		    unused));
		assert_true(hasher_hmac(*state, other, &other, 1, unused));
		assert_true(hasher_add(*state, BYTES_NULL));
		assert_true(hasher_add(*state, bytes_str("c")));
		assert_true(hasher_end(*state, out));
		assert_hex(out, digests[i].len, digests[i].abc);
	}
	/* A stream that was given up does not disturb the next. */
	assert_true(hasher_begin(*state, HASH_SHA512));
	assert_true(hasher_add(*state, bytes_str("x")));
	assert_true(hasher_begin(*state, HASH_SHA256));
	assert_true(hasher_add(*state, bytes_str("abc")));
	assert_true(hasher_end(*state, out));
	assert_hex(out, 32, digests[1].abc);
}

/* RFC 4231 4.2, 4.3 and 4.7 (a key longer than a block) */
static void
test_hmac(void **state)
{
	uint8_t key[131];
	uint8_t out[32];
	struct bytes parts[2] = { bytes_str("Hi "), bytes_str("There") };

	memset(key, 0x0b, 20);
	assert_true(hasher_hmac(*state, bytes_of(key, 20), parts, 2, out));
	assert_hex(out, 32,
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	parts[0] = bytes_str("what do ya want for nothing?");
	assert_true(hasher_hmac(*state, bytes_str("Jefe"), parts, 1, out));
	assert_hex(out, 32,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	parts[0] = bytes_str("Test Using Larger Than Block-Size Key - "
			     "Hash Key First");
	assert_true(hasher_hmac(*state, bytes_of(key, 131), parts, 1, out));
	assert_hex(out, 32,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869 A.1 and A.3 (no salt, no info) */
static void
test_hkdf(void **state)
{
	uint8_t ikm[22], salt[13], info[10], okm[42], prk[32];

	memset(ikm, 0x0b, sizeof(ikm));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	assert_true(hasher_hkdf(*state, bytes_of(salt, sizeof(salt)),
	    bytes_of(ikm, sizeof(ikm)), bytes_of(info, sizeof(info)), okm,
	    sizeof(okm)));
	assert_hex(okm, sizeof(okm),
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865");
	assert_true(hasher_hkdf(*state, BYTES_NULL, bytes_of(ikm, sizeof(ikm)),
	    BYTES_NULL, okm, sizeof(okm)));
	assert_hex(okm, sizeof(okm),
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8");
	memset(okm, 0, sizeof(okm));
	assert_true(bytes_from_hex(bytes_str("077709362c2e32df0ddc3f0dc47bba639"
					     "0b6c73bb50f9c3122ec844a"
					     "d7c2b3e5"),
	    prk, &(size_t){ 0 }));
	assert_true(hasher_hkdf_expand(*state, bytes_of(prk, sizeof(prk)),
	    bytes_of(info, sizeof(info)), okm, sizeof(okm)));
	assert_hex(okm, sizeof(okm),
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865");
}

/* RFC 4231: the test cases 1, 2 and 6 with the longer hashes */
static const struct {
	enum hash_alg alg;
	size_t key_len; /* of 0xaa; 20: of 0x0b; 0: "Jefe" */
	const char *text;
	const char *want;
} macs[] = {
	{ HASH_SHA384, 20, "Hi There",
	    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	    "faea9ea9076ede7f4af152e8b2fa9cb6" },
	{ HASH_SHA384, 0, "what do ya want for nothing?",
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649" },
	{ HASH_SHA384, 131,
	    "Test Using Larger Than Block-Size Key - Hash Key First",
	    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	    "0c2ef6ab4030fe8296248df163f44952" },
	{ HASH_SHA512, 20, "Hi There",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	    "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a12685"
	    "4" },
	{ HASH_SHA512, 0, "what do ya want for nothing?",
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce73"
	    "7" },
	{ HASH_SHA512, 131,
	    "Test Using Larger Than Block-Size Key - Hash Key First",
	    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	    "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d78659"
	    "8" },
};

static void
test_hmac_with(void **state)
{
	uint8_t key[131], block[HASHER_MAX_BLOCK], out[HASHER_MAX_LEN];

	for (size_t i = 0; i < nitems(macs); i++) {
		const struct bytes text = bytes_str(macs[i].text);
		struct bytes k = bytes_of(key, macs[i].key_len);

		memset(key, k.len == 20 ? 0x0b : 0xaa, sizeof(key));
		if (k.len == 0)
			k = bytes_str("Jefe");
		assert_true(hasher_hmac_with(*state, macs[i].alg, k, &text, 1,
		    out));
		assert_hex(out, hash_len(macs[i].alg), macs[i].want);
		assert_true(hasher_hmac_block(*state, macs[i].alg, k, block));
		assert_true(hasher_hmac_with(*state, macs[i].alg,
		    bytes_of(block, hash_block(macs[i].alg)), &text, 1, out));
		assert_hex(out, hash_len(macs[i].alg), macs[i].want);
	}
}

/* Two at once, and digests between them. */
static void
test_streams(void **state)
{
	struct hasher_stream *a = hasher_stream_new(*state, HASH_SHA256);
	struct hasher_stream *b = hasher_stream_new(*state, HASH_SHA512);
	const struct bytes other = bytes_str("something else");
	uint8_t out[HASHER_MAX_LEN];
	size_t len = 0;

	assert_non_null(a);
	assert_non_null(b);
	assert_true(hasher_stream_add(a, bytes_str("a")));
	assert_true(hasher_stream_add(b, bytes_str("ab")));
	assert_true(hasher_digest(*state, HASH_SHA256, &other, 1, out));
	assert_true(hasher_stream_add(a, BYTES_NULL));
	assert_true(hasher_stream_add(a, bytes_str("bc")));
	assert_true(hasher_stream_add(b, bytes_str("c")));
	assert_true(hasher_stream_end(a, out, &len));
	assert_int_equal(len, 32);
	assert_hex(out, 32, digests[1].abc);
	assert_true(hasher_stream_end(b, out, &len));
	assert_int_equal(len, 64);
	assert_hex(out, 64, digests[3].abc);
	hasher_stream_free(&a);
	hasher_stream_free(&b);
	assert_null(a);
	hasher_stream_free(&a);
	hasher_stream_free(NULL);
}

static void
test_hkdf_length(void **state)
{
	static uint8_t okm[255 * 32 + 1];
	const struct bytes k = bytes_str("key");

	assert_true(hasher_hkdf_expand(*state, k, k, okm, 255 * 32));
	assert_false(hasher_hkdf_expand(*state, k, k, okm, 255 * 32 + 1));
	assert_true(hasher_hkdf_expand(*state, k, k, okm, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hmac_with),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_hkdf_length),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
