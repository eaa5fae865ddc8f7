/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/object.h"
#include "tests/support/module-start.h"
#include "tests/support/vectors.h"

#define TAG_LEN 32

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE device_key, sign_key, verify_key;
static struct blob data, tag;
static CK_MECHANISM mac = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
static CK_MECHANISM signature = { CKM_MDOC_DEVICE_SIGNATURE, NULL, 0 };
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
static CK_BYTE out[256];
static CK_ULONG len;

#define VECTOR(name) "tests/vectors/device-mac/" name ".hex"

static CK_RV
pair_new(CK_OBJECT_HANDLE *pub, CK_OBJECT_HANDLE *priv)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ATTRIBUTE a[] = { { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE b[] = { { CKA_TOKEN, &no, 1 }, { CKA_SIGN, &yes, 1 },
		{ CKA_DERIVE, &no, 1 } };

	return C_GenerateKeyPair(s, &m, a, 3, b, 3, pub, priv);
}

static int
setup(void **state)
{
	struct softhsm_key key = { .label = "device" };
	struct blob d = BLOB_INIT;
	bool good;

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	good = vectors_read_own(VECTOR("device-key"), &d) &&
	    vectors_read_own(VECTOR("data"), &data) &&
	    vectors_read_own(VECTOR("tag"), &tag);
	key.d = blob_bytes(&d);
	good = good && pair_new(&verify_key, &sign_key) == CKR_OK;
	if (good) {
		CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };

		good = softhsm_import(&f, s, &key, &device_key, NULL) == CKR_OK;
	}
	blob_reset(&d);
	return good ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&data);
	blob_reset(&tag);
	return 0;
}

static void
tag_is_right(void)
{
	assert_int_equal(len, TAG_LEN);
	assert_memory_equal(out, tag.ptr, TAG_LEN);
}

static void
begin(void)
{
	assert_int_equal(C_SignInit(s, &mac, device_key), CKR_OK);
	len = sizeof(out);
}

static void
ended(void)
{
	len = sizeof(out);
	assert_int_equal(C_SignUpdate(s, data.ptr, 1),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
}

static void
test_whole(void **state)
{
	(void)state;
	begin();
	len = 7;
	assert_int_equal(C_Sign(s, data.ptr, data.len, NULL, &len), CKR_OK);
	assert_int_equal(len, TAG_LEN);
	len = TAG_LEN - 1;
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, TAG_LEN);
	assert_int_equal(out[0], 0x5a);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
	assert_int_equal(out[TAG_LEN], 0x5a);
	ended();
}

static void
test_parts(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < data.len; i++)
		assert_int_equal(C_SignUpdate(s, data.ptr + i, 1), CKR_OK);
	assert_int_equal(C_SignUpdate(s, NULL, 0), CKR_OK);
	assert_int_equal(C_SignFinal(s, NULL, &len), CKR_OK);
	assert_int_equal(len, TAG_LEN);
	len = 3;
	assert_int_equal(C_SignFinal(s, out, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(C_SignFinal(s, out, &len), CKR_OK);
	tag_is_right();
	assert_int_equal(C_SignFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
}

/* What ends an operation. */
static void
test_ends(void **state)
{
	(void)state;
	begin();
	assert_int_equal(C_Sign(s, NULL, 5, out, &len), CKR_ARGUMENTS_BAD);
	ended();
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, NULL),
	    CKR_ARGUMENTS_BAD);
	ended();
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len - 1, out, &len),
	    CKR_DATA_INVALID);
	ended();
	begin();
	assert_int_equal(C_Sign(s, NULL, 0, out, &len), CKR_DATA_INVALID);
	ended();
	begin();
	assert_int_equal(C_SignUpdate(s, NULL, 5), CKR_ARGUMENTS_BAD);
	ended();
	/* A whole after a part. */
	begin();
	assert_int_equal(C_SignUpdate(s, data.ptr, 5), CKR_OK);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	ended();
	begin();
	assert_int_equal(C_SignFinal(s, out, &len), CKR_DATA_INVALID);
	ended();
}

static void
test_init(void **state)
{
	CK_MECHANISM with = { CKM_MDOC_DEVICE_MAC, out, 3 };

	(void)state;
	assert_int_equal(C_SignInit(s, &with, device_key),
	    CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_SignInit(s, &mac, verify_key),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(C_SignInit(s, &mac, sign_key),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(C_SignInit(s, &mac, 0), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_SignInit(s, &mac, 99999), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_SignInit(s, &mac, device_key | OBJECT_VENDOR_BIT),
	    CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_VerifyInit(s, &mac, verify_key),
	    CKR_MECHANISM_INVALID);
	ended();
}

/* One signature at a time, whoever makes it. */
static void
test_active(void **state)
{
	(void)state;
	begin();
	assert_int_equal(C_SignInit(s, &mac, device_key), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_SignInit(s, &ecdsa, sign_key), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
	assert_int_equal(C_SignInit(s, &ecdsa, sign_key), CKR_OK);
	assert_int_equal(C_SignInit(s, &mac, device_key), CKR_OPERATION_ACTIVE);
	len = 1;
	assert_int_equal(C_Sign(s, data.ptr, 32, out, &len),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(C_SignInit(s, &mac, device_key), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_Sign(s, data.ptr, 32, out, &len), CKR_OK);
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
}

/* The caller's session may be busy with something else. */
static void
test_beside(void **state)
{
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n;

	(void)state;
	assert_int_equal(C_DigestInit(s, &sha256), CKR_OK);
	assert_int_equal(C_DigestUpdate(s, data.ptr, 3), CKR_OK);
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
	len = sizeof(out);
	assert_int_equal(C_DigestFinal(s, out, &len), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
	assert_int_equal(C_FindObjects(s, found, 4, &n), CKR_OK);
	assert_int_equal(n, 3);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	begin();
	len = sizeof(out);
	assert_int_equal(C_GetOperationState(s, out, &len),
	    CKR_STATE_UNSAVEABLE);
	len = sizeof(out);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
}

static void
test_signature(void **state)
{
	CK_ULONG whole;

	(void)state;
	assert_int_equal(C_SignInit(s, &signature, sign_key), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	assert_int_equal(len, 64);
	whole = len;
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key),
	    CKR_OPERATION_ACTIVE);
	assert_int_equal(C_Verify(s, data.ptr, data.len, out, whole), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, data.len, out, whole),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data.ptr, 9), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data.ptr + 9, data.len - 9), CKR_OK);
	assert_int_equal(C_VerifyFinal(s, out, whole), CKR_OK);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, data.len, out, whole - 1),
	    CKR_SIGNATURE_LEN_RANGE);
	out[5] ^= 1;
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, data.len, out, whole),
	    CKR_SIGNATURE_INVALID);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data.ptr, 9), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, data.len, out, whole),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key), CKR_OK);
	assert_int_equal(C_Verify(s, data.ptr, data.len, NULL, whole),
	    CKR_ARGUMENTS_BAD);
	/* The raw mechanism would sign anything; it is the device's. */
	assert_int_equal(C_VerifyInit(s, &ecdsa, verify_key), CKR_OK);
	assert_int_equal(C_VerifyInit(s, &signature, verify_key),
	    CKR_OPERATION_ACTIVE);
	assert_int_equal(C_Verify(s, data.ptr, 32, out, whole),
	    CKR_SIGNATURE_INVALID);
}

/* No handle of a private key survives a logout. */
static void
test_logout(void **state)
{
	CK_SESSION_HANDLE other;

	(void)state;
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &other),
	    CKR_OK);
	begin();
	assert_int_equal(C_Logout(other), CKR_OK);
	ended();
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	ended();
	assert_int_equal(C_CloseSession(other), CKR_OK);
}

static unsigned opened, sessions_left;

/* As a device with few sessions: none for us beside the caller's. */
static CK_RV
no_session(const char *function)
{
	if (strcmp(function, "C_OpenSession") != 0)
		return CKR_OK;
	opened++;
	return sessions_left > 0 ? CKR_OK : CKR_SESSION_COUNT;
}

static CK_RV
device_gone(const char *function)
{
	return !strcmp(function, "C_OpenSession") ? CKR_DEVICE_REMOVED : CKR_OK;
}

static void
test_no_session(void **state)
{
	struct softhsm_key key = { .label = "again" };
	struct blob d = BLOB_INIT;
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };

	(void)state;
	/* The logout took the session object with it. */
	assert_true(vectors_read_own(VECTOR("device-key"), &d));
	key.d = blob_bytes(&d);
	assert_int_equal(softhsm_import(&f, s, &key, &device_key, NULL),
	    CKR_OK);
	blob_reset(&d);
	module_device()->fault = no_session;
	begin();
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	tag_is_right();
	/* The guard's look for rules, C_SignInit, C_Sign */
	assert_int_equal(opened, 3);
	module_device()->fault = device_gone;
	assert_int_equal(C_SignInit(s, &mac, device_key), CKR_DEVICE_REMOVED);
	module_device()->fault = NULL;
	begin();
	module_device()->fault = device_gone;
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len),
	    CKR_DEVICE_REMOVED);
	module_device()->fault = NULL;
	ended();
}

/* Nothing of ours stays open: the login ends with the caller's session. */
static void
test_no_session_left(void **state)
{
	CK_SESSION_INFO info;

	(void)state;
	begin();
	assert_int_equal(C_CloseSession(s), CKR_OK);
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_logout),
		cmocka_unit_test(test_no_session),
		cmocka_unit_test(test_no_session_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
