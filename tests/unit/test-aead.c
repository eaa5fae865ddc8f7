/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/aead.h"
#include "tests/support/failmalloc.h"

static void
test_round(void **state)
{
	uint8_t key[AEAD_KEY_LEN] = { 1 }, nonce[AEAD_NONCE_LEN] = { 2 };
	uint8_t in[300], sealed[300 + AEAD_TAG_LEN], out[300];
	struct bytes k = bytes_of(key, sizeof(key));
	struct aead *a = aead_new();

	(void)state;
	assert_non_null(a);
	memset(in, 0x5a, sizeof(in));
	for (size_t n = 0; n <= sizeof(in); n += 50) {
		assert_true(aead_seal(a, k, nonce, bytes_of(in, n), sealed));
		assert_true(aead_open(a, k, nonce,
		    bytes_of(sealed, n + AEAD_TAG_LEN), out));
		assert_memory_equal(in, out, n);
	}
	aead_free(&a);
	assert_null(a);
	aead_free(&a);
	aead_free(NULL);
}

/* Each bit of it counts, and nothing of what failed is handed out. */
static void
test_tampered(void **state)
{
	uint8_t key[AEAD_KEY_LEN] = { 1 }, nonce[AEAD_NONCE_LEN] = { 2 };
	uint8_t sealed[20 + AEAD_TAG_LEN], out[20];
	static const uint8_t zero[20];
	struct bytes k = bytes_of(key, sizeof(key));
	struct bytes all = bytes_of(sealed, sizeof(sealed));
	struct aead *a = aead_new();

	(void)state;
	assert_true(aead_seal(a, k, nonce, bytes_of("twenty bytes of text", 20),
	    sealed));
	for (size_t i = 0; i < sizeof(sealed) * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
		memset(out, 0xaa, sizeof(out));
		assert_false(aead_open(a, k, nonce, all, out));
		assert_memory_equal(out, zero, sizeof(out));
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	nonce[0] ^= 1;
	assert_false(aead_open(a, k, nonce, all, out));
	nonce[0] ^= 1;
	key[31] ^= 1;
	assert_false(aead_open(a, k, nonce, all, out));
	key[31] ^= 1;
	assert_false(aead_open(a, k, nonce, bytes_of(sealed, 15), out));
	assert_false(aead_open(a, k, nonce, BYTES_NULL, out));
	assert_false(aead_open(a, bytes_of(key, 31), nonce, all, out));
	assert_false(aead_seal(a, bytes_of(key, 16), nonce, bytes_of("x", 1),
	    out));
	assert_true(aead_open(a, k, nonce, all, out));
	assert_memory_equal(out, "twenty bytes of text", 20);
	aead_free(&a);
}

static void
test_memory(void **state)
{
	struct aead *a;

	(void)state;
	failmalloc_arm(1);
	a = aead_new();
	assert_true(failmalloc_disarm());
	assert_null(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("aead", tests, NULL, NULL);
}
