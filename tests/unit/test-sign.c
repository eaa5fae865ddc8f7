/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

static struct token token;
static struct hasher *hasher;

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	return hasher != NULL && tokens_softhsm(&token) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&token);
	hasher_free(&hasher);
	return 0;
}

static const struct bytes parts[] = {
	{ (const uint8_t *)"one, ", 5 },
	{ NULL, 0 },
	{ (const uint8_t *)"two", 3 },
};
static const uint8_t message[] = "one, two";

/* By another way: OpenSSL with the public key of the token. */
static bool
openssl_verifies(const struct curve *c, CK_OBJECT_HANDLE public_,
    const uint8_t *sig)
{
	struct blob point = BLOB_INIT;
	uint8_t der[CURVE_MAX_SIG + 16];
	uint8_t *p = der;
	size_t der_len = c->sig_len;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key;
	ECDSA_SIG *es;
	size_t half = c->sig_len / 2;
	bool ok;

	assert_int_equal(token_key_point(&token, public_, &point), CKR_OK);
	if (c->kind == CURVE_EDWARDS) {
		key = EVP_PKEY_new_raw_public_key_ex(NULL, c->group, NULL,
		    point.ptr, point.len);
		memcpy(der, sig, c->sig_len);
	} else {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->group);
		assert_int_equal(EVP_PKEY_set1_encoded_public_key(key,
				     point.ptr, point.len),
		    1);
		es = ECDSA_SIG_new();
		ECDSA_SIG_set0(es, BN_bin2bn(sig, (int)half, NULL),
		    BN_bin2bn(sig + half, (int)half, NULL));
		der_len = (size_t)i2d_ECDSA_SIG(es, &p);
		ECDSA_SIG_free(es);
	}
	assert_non_null(key);
	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, c->hash, NULL, NULL,
			     key, NULL),
	    1);
	ok = EVP_DigestVerify(ctx, der, der_len, message,
		 sizeof(message) - 1) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	blob_reset(&point);
	return ok;
}

static void
test_curves(void **state)
{
	CK_OBJECT_HANDLE private_, public_;
	uint8_t sig[CURVE_MAX_SIG];
	const struct curve *c;
	struct bytes s;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->sig_len == 0) {
			assert_int_equal(sign_data(&token, hasher, c, 1, parts,
					     1, sig),
			    CKR_KEY_TYPE_INCONSISTENT);
			continue;
		}
		assert_int_equal(tokens_generate(&token, c, &private_,
				     &public_),
		    CKR_OK);
		assert_int_equal(sign_data(&token, hasher, c, private_, parts,
				     nitems(parts), sig),
		    CKR_OK);
		assert_true(openssl_verifies(c, public_, sig));
		s = bytes_of(sig, c->sig_len);
		assert_int_equal(sign_verify(&token, hasher, c, public_, parts,
				     nitems(parts), s),
		    CKR_OK);
		assert_int_equal(sign_verify(&token, hasher, c, public_, parts,
				     2, s),
		    CKR_SIGNATURE_INVALID);
		s.len--;
		assert_int_equal(sign_verify(&token, hasher, c, public_, parts,
				     nitems(parts), s),
		    CKR_SIGNATURE_LEN_RANGE);
		assert_int_equal(sign_verify(&token, hasher, c, public_, parts,
				     nitems(parts), BYTES_NULL),
		    CKR_SIGNATURE_LEN_RANGE);
		sig[c->sig_len - 1] ^= 1;
		s.len++;
		assert_int_equal(sign_verify(&token, hasher, c, public_, parts,
				     nitems(parts), s),
		    CKR_SIGNATURE_INVALID);
	}
}

/* A token that wants CK_EDDSA_PARAMS (PKCS#11 3.0, for Ed448) */
static CK_FUNCTION_LIST *below;

static CK_RV
picky_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key)
{
	CK_MECHANISM plain = { m->mechanism, NULL, 0 };

	if (m->ulParameterLen != sizeof(struct pkcs11_eddsa_params))
		return CKR_MECHANISM_PARAM_INVALID;
	return below->C_SignInit(session, &plain, key);
}

/* A digest of any length: ECDSA takes the leftmost bits. */
static void
test_digest(void **state)
{
	static const enum hash_alg algs[] = { HASH_SHA1, HASH_SHA256,
		HASH_SHA384, HASH_SHA512 };

	uint8_t digest[HASHER_MAX_LEN + 1], sig[CURVE_MAX_SIG];
	CK_OBJECT_HANDLE private_, public_;
	const struct curve *c;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->kind != CURVE_WEIERSTRASS)
			continue;
		assert_int_equal(tokens_generate(&token, c, &private_,
				     &public_),
		    CKR_OK);
		for (size_t k = 0; k < nitems(algs); k++) {
			struct bytes d = bytes_of(digest, hash_len(algs[k]));
			struct bytes sb = bytes_of(sig, c->sig_len);

			assert_true(hasher_digest(hasher, algs[k], parts,
			    nitems(parts), digest));
			assert_int_equal(sign_digest(&token, c, private_, d,
					     sig),
			    CKR_OK);
			/* which is what sign_verify makes of it, if it fits */
			if (bytes_equal_str(bytes_str(c->hash), "SHA256") &&
			    algs[k] == HASH_SHA256)
				assert_true(openssl_verifies(c, public_, sig));
			assert_int_equal(sign_verify_digest(&token, c, public_,
					     d, sb),
			    CKR_OK);
			digest[0] ^= 1;
			assert_int_equal(sign_verify_digest(&token, c, public_,
					     d, sb),
			    CKR_SIGNATURE_INVALID);
			sb.len--;
			assert_int_equal(sign_verify_digest(&token, c, public_,
					     d, sb),
			    CKR_SIGNATURE_LEN_RANGE);
		}
		assert_int_equal(sign_digest(&token, c, private_,
				     bytes_of(digest, sizeof(digest)), sig),
		    CKR_KEY_TYPE_INCONSISTENT);
	}
	c = curve_by_cose(6);
	assert_int_equal(sign_digest(&token, c, 1, bytes_of(digest, 32), sig),
	    CKR_KEY_TYPE_INCONSISTENT);
}

/* Begun, and ended by a signature or without. */
static void
test_begun(void **state)
{
	static const int curves[] = { 1, 6 };
	CK_OBJECT_HANDLE private_, public_;
	uint8_t sig[CURVE_MAX_SIG];

	(void)state;
	for (size_t i = 0; i < nitems(curves); i++) {
		const struct curve *c = curve_by_cose(curves[i]);

		assert_int_equal(tokens_generate(&token, c, &private_,
				     &public_),
		    CKR_OK);
		assert_int_equal(sign_begin(&token, c, private_), CKR_OK);
		assert_int_equal(sign_begin(&token, c, private_),
		    CKR_OPERATION_ACTIVE);
		assert_int_equal(sign_data(&token, hasher, c, SIGN_BEGUN, parts,
				     nitems(parts), sig),
		    CKR_OK);
		assert_true(openssl_verifies(c, public_, sig));
		assert_int_equal(sign_data(&token, hasher, c, SIGN_BEGUN, parts,
				     nitems(parts), sig),
		    CKR_OPERATION_NOT_INITIALIZED);
		assert_int_equal(sign_begin(&token, c, private_), CKR_OK);
		sign_cancel(&token);
		assert_int_equal(sign_data(&token, hasher, c, SIGN_BEGUN, parts,
				     nitems(parts), sig),
		    CKR_OPERATION_NOT_INITIALIZED);
	}
	assert_int_equal(sign_begin(&token, curve_by_cose(4), private_),
	    CKR_KEY_TYPE_INCONSISTENT);
}

static void
test_eddsa_params(void **state)
{
	const struct curve *c = curve_by_cose(7);
	CK_OBJECT_HANDLE private_, public_;
	CK_FUNCTION_LIST list = *token.f;
	struct token t = { &list, token.session, token.slot };
	uint8_t sig[CURVE_MAX_SIG];

	(void)state;
	below = token.f;
	list.C_SignInit = picky_sign_init;
	assert_int_equal(tokens_generate(&token, c, &private_, &public_),
	    CKR_OK);
	assert_int_equal(sign_data(&t, hasher, c, private_, parts,
			     nitems(parts), sig),
	    CKR_OK);
	assert_true(openssl_verifies(c, public_, sig));
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(sign_data(&t, hasher, curve_by_cose(1), private_,
			     parts, nitems(parts), sig),
	    CKR_MECHANISM_PARAM_INVALID);
}

/* A signature of another length must not be taken for a good one. */
static CK_RV
short_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *sig,
    CK_ULONG *sig_len)
{
	CK_RV rv = below->C_Sign(session, data, len, sig, sig_len);

	*sig_len -= 1;
	return rv;
}

static void
test_length(void **state)
{
	const struct curve *c = curve_by_cose(1);
	CK_OBJECT_HANDLE private_, public_;
	CK_FUNCTION_LIST list = *token.f;
	struct token t = { &list, token.session, token.slot };
	uint8_t sig[CURVE_MAX_SIG] = { 0x11 };

	(void)state;
	below = token.f;
	list.C_Sign = short_sign;
	assert_int_equal(tokens_generate(&token, c, &private_, &public_),
	    CKR_OK);
	assert_int_equal(sign_data(&t, hasher, c, private_, parts,
			     nitems(parts), sig),
	    CKR_DEVICE_ERROR);
	assert_int_equal(sig[0], 0x11);
}

static void
test_faults(void **state)
{
	static const CK_RV faults[] = { CKR_DEVICE_REMOVED,
		CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
		CKR_KEY_HANDLE_INVALID, CKR_FUNCTION_FAILED };
	struct token t = { p11_double_over(token.f), 0, token.slot };
	CK_OBJECT_HANDLE private_, public_;
	uint8_t sig[CURVE_MAX_SIG];
	CK_RV rv;

	(void)state;
	for (int cose = 1; cose <= 6; cose += 5) {
		const struct curve *c = curve_by_cose(cose);

		assert_int_equal(tokens_generate(&token, c, &private_,
				     &public_),
		    CKR_OK);
		for (unsigned long nth = 1; nth <= 5; nth++) {
			CK_RV fault = faults[nth - 1];

			assert_int_equal(tokens_session(&token, &t.session),
			    CKR_OK);
			p11_double_fail(nth, fault);
			rv = sign_data(&t, hasher, c, private_, parts, 3, sig);
			if (rv == CKR_OK)
				rv = sign_verify(&t, hasher, c, public_, parts,
				    3, bytes_of(sig, c->sig_len));
			assert_int_equal(rv,
			    p11_double_failed() != NULL ? fault : CKR_OK);
			token.f->C_CloseSession(t.session);
		}
		assert_int_equal(rv, CKR_OK);
	}
}

static void
test_memory(void **state)
{
	const struct curve *c = curve_by_cose(6);
	CK_OBJECT_HANDLE private_, public_;
	uint8_t sig[CURVE_MAX_SIG];
	CK_RV rv;
	unsigned long n;

	(void)state;
	assert_int_equal(tokens_generate(&token, c, &private_, &public_),
	    CKR_OK);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		rv = sign_data(&token, hasher, c, private_, parts, 3, sig);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(rv, CKR_HOST_MEMORY);
	}
	assert_true(n > 1);
	assert_int_equal(rv, CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_begun),
		cmocka_unit_test(test_eddsa_params),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
