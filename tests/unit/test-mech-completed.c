/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mechanisms that are completed, straight over SoftHSMv2: every call of the
 * token and every allocation fails once. What they compute is tested through
 * the module (test-module-ecdsa and so on) and against NSS (test-mech-native).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/mechanism.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/purpose.h"

static struct token token;
static struct hasher *hasher;
static CK_OBJECT_HANDLE priv, pub, secret;
static uint8_t sig[HASHER_MAX_LEN + CURVE_MAX_SIG];
static struct blob point;

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
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_SIGN, &yes, 1 },
		{ CKA_VERIFY, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_VALUE, value, sizeof(value) },
	};

	(void)state;
	hasher = hasher_new();
	return hasher != NULL && tokens_softhsm(&token) &&
		token.f->C_CreateObject(token.session, a, nitems(a), &secret) ==
		    CKR_OK &&
		tokens_generate(&token, curve_by_cose(1), &priv, &pub) ==
		    CKR_OK &&
		token_key_point(&token, pub, &point) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	blob_reset(&point);
	tokens_stop(&token);
	hasher_free(&hasher);
	return 0;
}

/* ---- one use of each */

static CK_RV
use_op(const struct token *t, CK_MECHANISM_TYPE type, CK_FLAGS what,
    CK_OBJECT_HANDLE key)
{
	const CK_MECHANISM m = { type, NULL, 0 };
	const struct mechanism_request r = {
		.what = what, .parameter = &m, .key = key, .hasher = hasher
	};
	struct mechanism_op *op = NULL;
	CK_RV rv;

	rv = mechanism_init(mechanism_find(type), t, &r, &op);
	if (rv == CKR_OK)
		rv = mechanism_update(op, bytes_str("some "));
	if (rv == CKR_OK)
		rv = mechanism_update(op, bytes_str("data"));
	if (rv == CKR_OK && what == CKF_SIGN)
		rv = mechanism_sign(op, t, hasher, sig);
	else if (rv == CKR_OK)
		rv = mechanism_verify(op, t, hasher,
		    bytes_of(sig, type == CKM_SHA256_HMAC ? 32 : 64));
	mechanism_op_free(&op);
	return rv;
}

static CK_RV
use_derive(const struct token *t, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
	CK_BBOOL no = CK_FALSE;
	CK_ULONG len = 40;
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &no, 1 },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };
	struct mechanism_derivation d = { .parameter = m,
		.base = key,
		.template = template,
		.n = nitems(template) };
	CK_OBJECT_HANDLE h = 0;
	CK_RV rv;

	rv = mechanism_derive(mechanism_find(m->mechanism), t, hasher, &d, &h);
	if (rv == CKR_OK)
		(void)token.f->C_DestroyObject(token.session, h);
	else
		assert_int_equal(h, 0);
	return rv;
}

static CK_RV
use_hkdf(const struct token *t, bool extract)
{
	CK_BYTE info[] = "info";
	struct pkcs11_hkdf_params p = { extract, CK_TRUE, CKM_SHA256,
		PKCS11_HKDF_SALT_KEY, NULL, 0, secret, info, sizeof(info) };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };

	return use_derive(t, &m, secret);
}

static CK_RV
use_ecdh(const struct token *t)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_SHA256_KDF, 0, NULL,
		(CK_ULONG)point.len, point.ptr };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };

	return use_derive(t, &m, priv);
}

static const char *const names[] = { "ECDSA sign", "ECDSA verify", "HMAC sign",
	"HMAC verify", "HKDF", "HKDF-Expand", "ECDH" };

static CK_RV
use(const struct token *t, size_t i)
{
	switch (i) {
	case 0:
		return use_op(t, CKM_ECDSA_SHA256, CKF_SIGN, priv);
	case 1:
		return use_op(t, CKM_ECDSA_SHA256, CKF_VERIFY, pub);
	case 2:
		return use_op(t, CKM_SHA256_HMAC, CKF_SIGN, secret);
	case 3:
		return use_op(t, CKM_SHA256_HMAC, CKF_VERIFY, secret);
	case 4:
		return use_hkdf(t, true);
	case 5:
		return use_hkdf(t, false);
	default:
		return use_ecdh(t);
	}
}

static void
test_faults(void **state)
{
	CK_ULONG before = tokens_count(&token);
	struct token t = token;

	(void)state;
	t.f = p11_double_over(token.f);
	for (size_t i = 0; i < nitems(names); i++) {
		unsigned long n = 0;

		for (;;) {
			const char *failed;
			CK_RV rv;

			assert_int_equal(tokens_session(&token, &t.session),
			    CKR_OK);
			p11_double_fail(++n, CKR_DEVICE_ERROR);
			rv = use(&t, i);
			failed = p11_double_failed();
			token.f->C_CloseSession(t.session);
			if (failed == NULL) {
				assert_int_equal(rv, CKR_OK);
				break;
			}
			/* asked once more, or only to clean up */
			if (strcmp(failed, "C_DestroyObject") != 0 &&
			    strcmp(failed, "C_GetMechanismInfo") != 0)
				assert_int_equal(rv, CKR_DEVICE_ERROR);
		}
		p11_double_fail(0, CKR_OK);
		assert_true(n > 1);
		assert_int_equal(tokens_count(&token), before);
		print_message("# %s: %lu calls\n", names[i], n - 1);
	}
}

static void
test_memory(void **state)
{
	CK_ULONG before = tokens_count(&token);

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		unsigned long n = 0;
		CK_RV rv;

		do {
			failmalloc_arm(++n);
			rv = use(&token, i);
			if (!failmalloc_disarm())
				break;
			assert_int_equal(rv, CKR_HOST_MEMORY);
		} while (n < 100);
		assert_int_equal(rv, CKR_OK);
		assert_true(n > 1);
		assert_int_equal(tokens_count(&token), before);
	}
}

/* For a key with a rule, the data are kept, and signed all the same. */
static void
test_collected(void **state)
{
	static const uint8_t block[1 << 20];
	static const struct purpose rule;
	const CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };
	const struct mechanism_request r = { .what = CKF_SIGN,
		.parameter = &m,
		.key = priv,
		.rule = &rule,
		.hasher = hasher };
	struct mechanism_op *op = NULL;

	(void)state;
	assert_int_equal(mechanism_init(mechanism_find(m.mechanism), &token, &r,
			     &op),
	    CKR_OK);
	for (size_t n = 0; n < MECHANISM_MAX_DATA; n += sizeof(block))
		assert_int_equal(mechanism_update(op,
				     bytes_of(block, sizeof(block))),
		    CKR_OK);
	assert_int_equal(mechanism_update(op, bytes_of(block, 1)),
	    CKR_DATA_LEN_RANGE);
	mechanism_op_free(&op);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_collected),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
