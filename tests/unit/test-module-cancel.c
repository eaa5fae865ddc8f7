/* SPDX-License-Identifier: BSD-3-Clause */
/* C_SessionCancel over a device of 2.40. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/api/pkcs11-3.h"
#include "tests/support/module-start.h"

static struct softhsm token;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE ec, ec_public, rsa, rsa_public, aes, hmac;

static void
make_keys(void)
{
	CK_MECHANISM pair = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM aes_gen = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_MECHANISM secret = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG bits = 2048, len = 32;
	CK_ATTRIBUTE pub[] = { { CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE priv[] = { { CKA_DECRYPT, &yes, 1 },
		{ CKA_SIGN, &yes, 1 } };
	CK_ATTRIBUTE all[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_DECRYPT, &yes, 1 },
		{ CKA_SIGN, &yes, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM ec_gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE ec_pub[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_VERIFY, &yes, 1 } };

	assert_int_equal(C_GenerateKeyPair(s, &pair, pub, 3, priv, 2,
			     &rsa_public, &rsa),
	    CKR_OK);
	assert_int_equal(C_GenerateKeyPair(s, &ec_gen, ec_pub, 2, priv + 1, 1,
			     &ec_public, &ec),
	    CKR_OK);
	assert_int_equal(C_GenerateKey(s, &aes_gen, all, 3, &aes), CKR_OK);
	all[1] = all[3];
	all[2] = all[4];
	assert_int_equal(C_GenerateKey(s, &secret, all, 3, &hmac), CKR_OK);
}

static int
setup(void **state)
{
	(void)state;
	if (!module_start(&token, &s))
		return -1;
	make_keys();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	return 0;
}

static CK_BYTE data[100];
static CK_BYTE out[600];

/* A session is free if it can digest: SoftHSMv2 does one thing at a time. */
static void
is_free(void)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_ULONG len = sizeof(out);

	assert_int_equal(C_DigestInit(s, &sha), CKR_OK);
	assert_int_equal(C_Digest(s, data, 3, out, &len), CKR_OK);
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_int_equal(C_SessionCancel(s, 0), CKR_OK);
	assert_int_equal(C_SessionCancel(s, ~0UL), CKR_OK);
	is_free();
}

static void
test_digest(void **state)
{
	CK_MECHANISM sha = { CKM_SHA512, NULL, 0 };

	(void)state;
	assert_int_equal(C_DigestInit(s, &sha), CKR_OK);
	/* Another one was meant. */
	assert_int_equal(C_SessionCancel(s, CKF_VERIFY | CKF_ENCRYPT), CKR_OK);
	assert_int_equal(C_DigestUpdate(s, data, 5), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_DIGEST), CKR_OK);
	assert_int_equal(C_DigestUpdate(s, data, 5),
	    CKR_OPERATION_NOT_INITIALIZED);
	is_free();
}

static void
cancel_crypt(CK_MECHANISM *m, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private,
    CK_ULONG fed)
{
	CK_ULONG len = sizeof(out);

	assert_int_equal(C_EncryptInit(s, m, public), CKR_OK);
	if (fed > 0)
		assert_int_equal(C_EncryptUpdate(s, data, fed, out, &len),
		    CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_ENCRYPT), CKR_OK);
	assert_int_equal(C_EncryptFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	is_free();
	len = sizeof(out);
	assert_int_equal(C_DecryptInit(s, m, private), CKR_OK);
	if (fed > 0)
		assert_int_equal(C_DecryptUpdate(s, data, fed, out, &len),
		    CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_DECRYPT), CKR_OK);
	assert_int_equal(C_DecryptFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	is_free();
}

/* In parts, at once only, and with more output than anybody expects. */
static void
test_crypt(void **state)
{
	CK_BYTE iv[16] = { 1 };
	CK_GCM_PARAMS gcm = { iv, 12, 96, NULL, 0, 128 };
	CK_MECHANISM cbc = { CKM_AES_CBC, iv, sizeof(iv) };
	CK_MECHANISM pad = { CKM_AES_CBC_PAD, iv, sizeof(iv) };
	CK_MECHANISM aead = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	CK_MECHANISM pkcs = { CKM_RSA_PKCS, NULL, 0 };

	(void)state;
	cancel_crypt(&cbc, aes, aes, 0);
	cancel_crypt(&cbc, aes, aes, 16);
	cancel_crypt(&cbc, aes, aes, 5);
	cancel_crypt(&pad, aes, aes, 21);
	cancel_crypt(&aead, aes, aes, sizeof(data));
	cancel_crypt(&pkcs, rsa_public, rsa, 0);
}

static void
test_verify(void **state)
{
	CK_MECHANISM sha_hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	const CK_RV none = CKR_OPERATION_NOT_INITIALIZED;

	(void)state;
	assert_int_equal(C_VerifyInit(s, &sha_hmac, hmac), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data, 9), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_VERIFY), CKR_OK);
	assert_int_equal(C_VerifyFinal(s, data, 32), none);
	is_free();
	assert_int_equal(C_VerifyInit(s, &ecdsa, ec_public), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_VERIFY | CKF_SIGN), CKR_OK);
	assert_int_equal(C_Verify(s, data, 32, data, 64), none);
	is_free();
}

/* One that takes no parts ends; one that does would have to be made. */
static void
test_sign(void **state)
{
	CK_MECHANISM sha_hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_SignInit(s, &ecdsa, ec), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_SIGN), CKR_OK);
	assert_int_equal(C_Sign(s, data, 32, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	is_free();
	assert_int_equal(C_SignInit(s, &sha_hmac, hmac), CKR_OK);
	assert_int_equal(C_SignUpdate(s, data, 9), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_SIGN),
	    CKR_OPERATION_CANCEL_FAILED);
	/* As if nothing had been asked. */
	assert_int_equal(C_SignUpdate(s, data, 9), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_SignFinal(s, out, &len), CKR_OK);
	assert_int_equal(len, 32);
	is_free();
}

/* Ours: they never stay. */
static void
test_ours(void **state)
{
	CK_MECHANISM m = { CKM_MDOC_DEVICE_SIGNATURE, NULL, 0 };
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	(void)state;
	assert_int_equal(C_SignInit(s, &m, ec), CKR_OK);
	assert_int_equal(C_SignUpdate(s, data, 9), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_DIGEST), CKR_OK);
	assert_int_equal(C_SignInit(s, &m, ec), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_SessionCancel(s, CKF_SIGN), CKR_OK);
	rv = C_SignFinal(s, out, &len);
	assert_int_equal(rv, CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_SignInit(s, &m, ec), CKR_OK);
	assert_int_equal(C_SessionCancel(s, ~0UL), CKR_OK);
	is_free();
}

static void
test_find(void **state)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL, profile = CKO_PROFILE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ATTRIBUTE p[] = { { CKA_CLASS, &profile, sizeof(profile) } };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	(void)state;
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_FIND_OBJECTS), CKR_OK);
	assert_int_equal(C_FindObjects(s, &found, 1, &n),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_FindObjectsInit(s, t, 1), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_FIND_OBJECTS), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, p, 1), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_FIND_OBJECTS), CKR_OK);
	is_free();
}

static CK_RV
fault(const char *function)
{
	return !strcmp(function, "C_DigestFinal") ? CKR_DEVICE_REMOVED : CKR_OK;
}

/* A device that is gone says so, and does not say that all is well. */
static void
test_fault(void **state)
{
	(void)state;
	module_device()->fault = fault;
	assert_int_equal(C_SessionCancel(s, CKF_DIGEST), CKR_DEVICE_REMOVED);
	assert_int_equal(C_SessionCancel(s, CKF_DIGEST | CKF_ENCRYPT),
	    CKR_DEVICE_REMOVED);
	assert_int_equal(C_SessionCancel(s, CKF_ENCRYPT), CKR_OK);
	module_device()->fault = NULL;
	is_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_crypt),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
