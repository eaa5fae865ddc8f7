/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys with CKA_ALWAYS_AUTHENTICATE and mechanisms of ours: a login for this
 * one use comes between C_SignInit and C_Sign, and reaches the signature.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/pkcs11-3.h"

#ifndef CKM_EC_EDWARDS_KEY_PAIR_GEN
#define CKM_EC_EDWARDS_KEY_PAIR_GEN 0x1055UL
#endif

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob data;
static CK_BYTE sig[CURVE_MAX_SIG];
static CK_ULONG len;

/* P-256 and Ed25519 */
static struct pair {
	CK_OBJECT_HANDLE pub, priv;
} ec, ed;

static CK_RV
pair_new(const struct curve *c, struct pair *ret)
{
	CK_MECHANISM m = { c->kind == CURVE_EDWARDS
		    ? CKM_EC_EDWARDS_KEY_PAIR_GEN
		    : CKM_EC_KEY_PAIR_GEN,
		NULL, 0 };
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_BYTE params[32];
	CK_ATTRIBUTE a[] = { { CKA_EC_PARAMS, params, (CK_ULONG)c->oid.len },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE b[] = { { CKA_TOKEN, &no, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_PRIVATE, &yes, 1 },
		{ CKA_ALWAYS_AUTHENTICATE, &yes, 1 } };

	memcpy(params, c->oid.ptr, c->oid.len);
	return C_GenerateKeyPair(s, &m, a, nitems(a), b, nitems(b), &ret->pub,
	    &ret->priv);
}

static int
setup(void **state)
{
	(void)state;
	return module_start(&hsm, &s) &&
		vectors_read_own("tests/vectors/device-mac/data.hex", &data) &&
		pair_new(curve_by_cose(1), &ec) == CKR_OK &&
		pair_new(curve_by_cose(6), &ed) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&data);
	return 0;
}

static const struct {
	CK_MECHANISM_TYPE type;
	const struct pair *pair;
} cases[] = {
	{ CKM_MDOC_DEVICE_SIGNATURE, &ec },
	{ CKM_MDOC_DEVICE_SIGNATURE, &ed },
	{ CKM_ECDSA_SHA256, &ec },
	{ CKM_ECDSA_SHA512, &ec },
};

static CK_RV
begin(size_t i)
{
	CK_MECHANISM m = { cases[i].type, NULL, 0 };

	len = sizeof(sig);
	return C_SignInit(s, &m, cases[i].pair->priv);
}

static CK_RV
login(const char *pin)
{
	return C_Login(s, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)(uintptr_t)pin,
	    (CK_ULONG)strlen(pin));
}

static CK_RV
sign(void)
{
	return C_Sign(s, data.ptr, (CK_ULONG)data.len, sig, &len);
}

static CK_RV
verify(size_t i)
{
	CK_MECHANISM m = { cases[i].type, NULL, 0 };

	assert_int_equal(C_VerifyInit(s, &m, cases[i].pair->pub), CKR_OK);
	return C_Verify(s, data.ptr, (CK_ULONG)data.len, sig, len);
}

static void
test_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
		/* the length is asked for, a buffer is too small */
		assert_int_equal(C_Sign(s, data.ptr, data.len, NULL, &len),
		    CKR_OK);
		assert_int_equal(len, 64);
		len = 5;
		assert_int_equal(sign(), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(sign(), CKR_OK);
		assert_int_equal(verify(i), CKR_OK);
		/* one login, one signature */
		assert_int_equal(sign(), CKR_OPERATION_NOT_INITIALIZED);
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(sign(), CKR_USER_NOT_LOGGED_IN);
	}
}

static void
test_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(C_SignUpdate(s, data.ptr, 7), CKR_OK);
		assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
		assert_int_equal(C_SignUpdate(s, data.ptr + 7, data.len - 7),
		    CKR_OK);
		assert_int_equal(C_SignFinal(s, sig, &len), CKR_OK);
		assert_int_equal(verify(i), CKR_OK);
	}
}

static void
test_no_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(sign(), CKR_USER_NOT_LOGGED_IN);
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(login("12345"), CKR_PIN_INCORRECT);
		assert_int_equal(sign(), CKR_USER_NOT_LOGGED_IN);
		/* what ends it leaves nothing of it in the device */
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(C_SignUpdate(s, NULL, 5), CKR_ARGUMENTS_BAD);
		assert_int_equal(begin(i), CKR_OK);
		assert_int_equal(C_SignInit(s, NULL, 0), CKR_OK);
		assert_int_equal(login(SOFTHSM_PIN),
		    CKR_OPERATION_NOT_INITIALIZED);
	}
}

/* A device that does not end what was begun, as OpenSC. */
static CK_RV
no_end(const char *function)
{
	return !strcmp(function, "C_SignUpdate") ? CKR_FUNCTION_NOT_SUPPORTED
						 : CKR_OK;
}

/* What is left in the device signs nothing that was not asked of us. */
static void
test_left(void **state)
{
	CK_SESSION_HANDLE before = s;
	CK_MECHANISM raw = { CKM_ECDSA, NULL, 0 };

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL,
				     &s),
		    CKR_OK);
		assert_int_equal(begin(i), CKR_OK);
		module_device()->fault = no_end;
		assert_int_equal(C_SignInit(s, NULL, 0), CKR_OK);
		module_device()->fault = NULL;
		assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
		assert_int_equal(C_Sign(s, data.ptr, 32, sig, &len),
		    CKR_OPERATION_NOT_INITIALIZED);
		assert_int_equal(C_SignUpdate(s, data.ptr, 32),
		    CKR_OPERATION_NOT_INITIALIZED);
		assert_int_equal(C_SignFinal(s, sig, &len),
		    CKR_OPERATION_NOT_INITIALIZED);
		assert_int_equal(C_SignEncryptUpdate(s, data.ptr, 32, sig,
				     &len),
		    CKR_OPERATION_NOT_INITIALIZED);
		/* the device says that it is there still */
		assert_int_equal(C_SignInit(s, &raw, ec.priv),
		    CKR_OPERATION_ACTIVE);
		assert_int_equal(C_CloseSession(s), CKR_OK);
		s = before;
		assert_int_equal(C_SignInit(s, &raw, ec.priv), CKR_OK);
		assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
		assert_int_equal(C_Sign(s, data.ptr, 32, sig, &len), CKR_OK);
	}
}

/* What failed at the end may be left too, until another one begins. */
static void
test_left_failed(void **state)
{
	CK_MECHANISM raw = { CKM_ECDSA, NULL, 0 };

	(void)state;
	assert_int_equal(begin(0), CKR_OK);
	assert_int_equal(sign(), CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(C_Sign(s, data.ptr, 32, sig, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignInit(s, &raw, ec.priv), CKR_OK);
	assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
	assert_int_equal(C_Sign(s, data.ptr, 32, sig, &len), CKR_OK);
}

/* The raw mechanism is as it was. */
static void
test_raw(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };

	(void)state;
	assert_int_equal(C_SignInit(s, &m, ec.priv), CKR_OK);
	assert_int_equal(login(SOFTHSM_PIN), CKR_OK);
	len = sizeof(sig);
	assert_int_equal(C_Sign(s, data.ptr, 32, sig, &len), CKR_OK);
	assert_int_equal(C_VerifyInit(s, &m, ec.pub), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, 32, sig, len), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_no_login),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_left_failed),
		cmocka_unit_test(test_raw),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
