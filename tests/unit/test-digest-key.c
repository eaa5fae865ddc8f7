/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/digest-key.h"

static struct token token;
static struct hasher *hasher;
static CK_OBJECT_HANDLE key;

static int
setup(void **state)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BYTE value[] = { 's', 'e', 'c', 'r', 'e', 't' };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 },
		{ CKA_VALUE, value, sizeof(value) },
	};

	(void)state;
	hasher = hasher_new();
	return hasher != NULL && tokens_softhsm(&token) &&
		token.f->C_CreateObject(token.session, a, nitems(a), &key) ==
		    CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&token);
	hasher_free(&hasher);
	return 0;
}

static void
test_hash(void **state)
{
	static const struct {
		const char *before, *behind;
	} around[] = { { "", "" }, { "before", "" }, { "", "behind" },
		{ "before", "behind" } };

	uint8_t want[HASHER_MAX_LEN], got[HASHER_MAX_LEN];

	(void)state;
	for (size_t i = 0; i < nitems(around) * 4; i++) {
		const enum hash_alg alg = (enum hash_alg)(i / nitems(around));
		const struct bytes parts[] = {
			bytes_str(around[i % nitems(around)].before),
			bytes_str("secret"),
			bytes_str(around[i % nitems(around)].behind),
		};

		assert_true(hasher_digest(hasher, alg, parts, 3, want));
		assert_int_equal(digest_key(&token, alg, parts[0], key,
				     parts[2], got),
		    CKR_OK);
		assert_memory_equal(got, want, hash_len(alg));
	}
}

static void
test_names(void **state)
{
	enum hash_alg alg = HASH_SHA1;

	(void)state;
	assert_true(digest_by_mechanism(CKM_SHA384, &alg));
	assert_int_equal(alg, HASH_SHA384);
	assert_int_equal(digest_mechanism(alg), CKM_SHA384);
	assert_int_equal(digest_hmac_mechanism(alg), CKM_SHA384_HMAC);
	assert_false(digest_by_mechanism(CKM_SHA_1, &alg));
	assert_false(digest_by_mechanism(CKM_SHA384_HMAC, &alg));
}

/* Whatever fails, the session is free for another digest. */
static void
test_faults(void **state)
{
	struct token t = token;
	const struct bytes around = bytes_str("around");
	uint8_t out[HASHER_MAX_LEN];
	unsigned long n = 0;
	CK_RV rv;

	(void)state;
	t.f = p11_double_over(token.f);
	do {
		p11_double_fail(++n, CKR_KEY_INDIGESTIBLE);
		memset(out, 0x5a, sizeof(out));
		rv = digest_key(&t, HASH_SHA256, around, key, around, out);
		if (p11_double_failed() == NULL)
			break;
		assert_int_equal(rv, CKR_KEY_INDIGESTIBLE);
		assert_int_equal(out[0], 0x5a);
		p11_double_fail(0, CKR_OK);
		/* a C_DigestFinal that fails on our side has not ended it */
		if (n == 5) {
			CK_ULONG len = sizeof(out);

			(void)token.f->C_DigestFinal(token.session, out, &len);
		}
	} while (n < 20);
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(n, 6);
	assert_int_equal(digest_key(&token, HASH_SHA256, around, 0x123456,
			     around, out),
	    CKR_KEY_HANDLE_INVALID);
	assert_int_equal(digest_key(&token, HASH_SHA256, around, key, around,
			     out),
	    CKR_OK);
}

static void
test_memory(void **state)
{
	const struct bytes around = bytes_str("around");
	uint8_t out[HASHER_MAX_LEN];

	(void)state;
	for (unsigned long n = 1; n <= 2; n++) {
		failmalloc_arm(n);
		assert_int_equal(digest_key(&token, HASH_SHA256, around, key,
				     around, out),
		    CKR_HOST_MEMORY);
		assert_true(failmalloc_disarm());
	}
	assert_int_equal(digest_key(&token, HASH_SHA256, around, key, around,
			     out),
	    CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
