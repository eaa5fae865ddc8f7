/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every function of the lists: before C_Initialize, with a handle that is
 * none, with NULL for everything; and those of 3.x over a device of 2.40.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "module/api/pkcs11-3.h"
#include "tests/support/module-start.h"

#define NO_SESSION 0x7777UL
#define NO_SLOT    0x7777UL

static CK_SESSION_HANDLE session;
static struct softhsm token;

/*
 * A call of each function of 3.0 and 3.2 with a session s and nothing else.
 * Returns how many answered otherwise than rv.
 */
#define CALL(name, args)                                                      \
	do {                                                                  \
		CK_RV got = name args;                                        \
                                                                              \
		if (got != rv) {                                              \
			print_message("# %s: 0x%lx, not 0x%lx\n", #name, got, \
			    rv);                                              \
			others++;                                             \
		}                                                             \
		called++;                                                     \
	} while (0)

static unsigned called;

static unsigned
call_messages(CK_SESSION_HANDLE s, CK_RV rv)
{
	unsigned others = 0;

	CALL(C_MessageEncryptInit, (s, NULL, 0));
	CALL(C_EncryptMessage, (s, NULL, 0, NULL, 0, NULL, 0, NULL, NULL));
	CALL(C_EncryptMessageBegin, (s, NULL, 0, NULL, 0));
	CALL(C_EncryptMessageNext, (s, NULL, 0, NULL, 0, NULL, NULL, 0));
	CALL(C_MessageEncryptFinal, (s));
	CALL(C_MessageDecryptInit, (s, NULL, 0));
	CALL(C_DecryptMessage, (s, NULL, 0, NULL, 0, NULL, 0, NULL, NULL));
	CALL(C_DecryptMessageBegin, (s, NULL, 0, NULL, 0));
	CALL(C_DecryptMessageNext, (s, NULL, 0, NULL, 0, NULL, NULL, 0));
	CALL(C_MessageDecryptFinal, (s));
	CALL(C_MessageSignInit, (s, NULL, 0));
	CALL(C_SignMessage, (s, NULL, 0, NULL, 0, NULL, NULL));
	CALL(C_SignMessageBegin, (s, NULL, 0));
	CALL(C_SignMessageNext, (s, NULL, 0, NULL, 0, NULL, NULL));
	CALL(C_MessageSignFinal, (s));
	CALL(C_MessageVerifyInit, (s, NULL, 0));
	CALL(C_VerifyMessage, (s, NULL, 0, NULL, 0, NULL, 0));
	CALL(C_VerifyMessageBegin, (s, NULL, 0));
	CALL(C_VerifyMessageNext, (s, NULL, 0, NULL, 0, NULL, 0));
	CALL(C_MessageVerifyFinal, (s));
	return others;
}

static unsigned
call_3_2(CK_SESSION_HANDLE s, CK_RV rv)
{
	unsigned others = 0;

	CALL(C_EncapsulateKey, (s, NULL, 0, NULL, 0, NULL, NULL, NULL));
	CALL(C_DecapsulateKey, (s, NULL, 0, NULL, 0, NULL, 0, NULL));
	CALL(C_VerifySignatureInit, (s, NULL, 0, NULL, 0));
	CALL(C_VerifySignature, (s, NULL, 0));
	CALL(C_VerifySignatureUpdate, (s, NULL, 0));
	CALL(C_VerifySignatureFinal, (s));
	CALL(C_GetSessionValidationFlags, (s, 0, NULL));
	CALL(C_AsyncComplete, (s, NULL, NULL));
	CALL(C_AsyncGetID, (s, NULL, NULL));
	CALL(C_AsyncJoin, (s, NULL, 0, NULL, 0));
	CALL(C_WrapKeyAuthenticated, (s, NULL, 0, 0, NULL, 0, NULL, NULL));
	CALL(C_UnwrapKeyAuthenticated,
	    (s, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL));
	return others;
}

static unsigned
call_sessions(CK_SESSION_HANDLE s, CK_RV rv)
{
	unsigned others = 0;

	CALL(C_CloseSession, (s));
	CALL(C_GetSessionInfo, (s, NULL));
	CALL(C_GetOperationState, (s, NULL, NULL));
	CALL(C_SetOperationState, (s, NULL, 0, 0, 0));
	CALL(C_Login, (s, 0, NULL, 0));
	CALL(C_Logout, (s));
	CALL(C_InitPIN, (s, NULL, 0));
	CALL(C_SetPIN, (s, NULL, 0, NULL, 0));
	CALL(C_CreateObject, (s, NULL, 0, NULL));
	CALL(C_CopyObject, (s, 0, NULL, 0, NULL));
	CALL(C_DestroyObject, (s, 0));
	CALL(C_GetObjectSize, (s, 0, NULL));
	CALL(C_GetAttributeValue, (s, 0, NULL, 0));
	CALL(C_SetAttributeValue, (s, 0, NULL, 0));
	CALL(C_FindObjectsInit, (s, NULL, 0));
	CALL(C_FindObjects, (s, NULL, 0, NULL));
	CALL(C_FindObjectsFinal, (s));
	CALL(C_GenerateKey, (s, NULL, NULL, 0, NULL));
	CALL(C_GenerateKeyPair, (s, NULL, NULL, 0, NULL, 0, NULL, NULL));
	CALL(C_WrapKey, (s, NULL, 0, 0, NULL, NULL));
	CALL(C_UnwrapKey, (s, NULL, 0, NULL, 0, NULL, 0, NULL));
	CALL(C_DeriveKey, (s, NULL, 0, NULL, 0, NULL));
	CALL(C_SeedRandom, (s, NULL, 0));
	CALL(C_GenerateRandom, (s, NULL, 0));
	CALL(C_LoginUser, (s, 0, NULL, 0, NULL, 0));
	CALL(C_SessionCancel, (s, 0));
	return others;
}

static unsigned
call_operations(CK_SESSION_HANDLE s, CK_RV rv)
{
	unsigned others = 0;

	CALL(C_EncryptInit, (s, NULL, 0));
	CALL(C_Encrypt, (s, NULL, 0, NULL, NULL));
	CALL(C_EncryptUpdate, (s, NULL, 0, NULL, NULL));
	CALL(C_EncryptFinal, (s, NULL, NULL));
	CALL(C_DecryptInit, (s, NULL, 0));
	CALL(C_Decrypt, (s, NULL, 0, NULL, NULL));
	CALL(C_DecryptUpdate, (s, NULL, 0, NULL, NULL));
	CALL(C_DecryptFinal, (s, NULL, NULL));
	CALL(C_DigestInit, (s, NULL));
	CALL(C_Digest, (s, NULL, 0, NULL, NULL));
	CALL(C_DigestUpdate, (s, NULL, 0));
	CALL(C_DigestKey, (s, 0));
	CALL(C_DigestFinal, (s, NULL, NULL));
	CALL(C_SignInit, (s, NULL, 0));
	CALL(C_Sign, (s, NULL, 0, NULL, NULL));
	CALL(C_SignUpdate, (s, NULL, 0));
	CALL(C_SignFinal, (s, NULL, NULL));
	CALL(C_SignRecoverInit, (s, NULL, 0));
	CALL(C_SignRecover, (s, NULL, 0, NULL, NULL));
	CALL(C_VerifyInit, (s, NULL, 0));
	CALL(C_Verify, (s, NULL, 0, NULL, 0));
	CALL(C_VerifyUpdate, (s, NULL, 0));
	CALL(C_VerifyFinal, (s, NULL, 0));
	CALL(C_VerifyRecoverInit, (s, NULL, 0));
	CALL(C_VerifyRecover, (s, NULL, 0, NULL, NULL));
	CALL(C_DigestEncryptUpdate, (s, NULL, 0, NULL, NULL));
	CALL(C_DecryptDigestUpdate, (s, NULL, 0, NULL, NULL));
	CALL(C_SignEncryptUpdate, (s, NULL, 0, NULL, NULL));
	CALL(C_DecryptVerifyUpdate, (s, NULL, 0, NULL, NULL));
	return others;
}

static unsigned
call_slots(CK_SLOT_ID slot, CK_RV rv)
{
	unsigned others = 0;

	CALL(C_GetSlotInfo, (slot, NULL));
	CALL(C_GetTokenInfo, (slot, NULL));
	CALL(C_GetMechanismList, (slot, NULL, NULL));
	CALL(C_GetMechanismInfo, (slot, 0, NULL));
	CALL(C_InitToken, (slot, NULL, 0, NULL));
	CALL(C_OpenSession, (slot, 0, NULL, NULL, NULL));
	CALL(C_CloseAllSessions, (slot));
	return others;
}

static unsigned
call_library(CK_RV rv)
{
	unsigned others = 0;

	CALL(C_Finalize, (NULL));
	CALL(C_GetInfo, (NULL));
	CALL(C_GetSlotList, (0, NULL, NULL));
	CALL(C_WaitForSlotEvent, (CKF_DONT_BLOCK, NULL, NULL));
	return others;
}

static unsigned
call_all_sessions(CK_SESSION_HANDLE s, CK_RV rv)
{
	return call_sessions(s, rv) + call_operations(s, rv) +
	    call_messages(s, rv) + call_3_2(s, rv);
}

static void
test_not_initialised(void **state)
{
	const CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

	(void)state;
	called = 0;
	assert_int_equal(call_library(rv) + call_slots(0, rv) +
		call_all_sessions(1, rv),
	    0);
	/* Not called: what hands out lists, C_Initialize, and two relics. */
	assert_int_equal(called, 104 - 6);
	assert_int_equal(C_GetFunctionStatus(1), CKR_FUNCTION_NOT_PARALLEL);
	assert_int_equal(C_CancelFunction(1), CKR_FUNCTION_NOT_PARALLEL);
}

static void
test_wrong_handles(void **state)
{
	(void)state;
	assert_true(module_start(&token, &session));
	assert_int_equal(call_all_sessions(NO_SESSION,
			     CKR_SESSION_HANDLE_INVALID),
	    0);
	assert_int_equal(call_all_sessions(CK_INVALID_HANDLE,
			     CKR_SESSION_HANDLE_INVALID),
	    0);
	assert_int_equal(call_all_sessions(~0UL, CKR_SESSION_HANDLE_INVALID),
	    0);
	module_stop();
}

/* SoftHSMv2 2.6.1 is of 2.40. */
static void
test_not_supported(void **state)
{
	(void)state;
	assert_true(module_start(&token, &session));
	if (module_device()->f3 != NULL) {
		print_message("# skipped: this SoftHSMv2 has 3.0\n");
		module_stop();
		skip();
	}
	assert_int_equal(call_messages(session, CKR_FUNCTION_NOT_SUPPORTED), 0);
	assert_int_equal(call_3_2(session, CKR_FUNCTION_NOT_SUPPORTED), 0);
	module_stop();
}

/* NULL for everything: what is answered is the device's, but nothing falls. */
static void
test_nulls(void **state)
{
	CK_SESSION_HANDLE s;

	(void)state;
	assert_true(module_start(&token, &session));
	assert_int_equal(C_OpenSession(token.slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	(void)call_operations(s, CKR_ARGUMENTS_BAD);
	/* The first closes it; the others find another one. */
	assert_int_equal(call_sessions(s, CKR_SESSION_HANDLE_INVALID), 1);
	(void)call_slots(NO_SLOT, CKR_SLOT_ID_INVALID);
	assert_int_equal(C_CreateObject(session, NULL, 0, NULL),
	    CKR_ARGUMENTS_BAD);
	module_stop();
}

/* ---- C_LoginUser */

static CK_STATE
state_of(CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO info;

	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	return info.state;
}

static void
test_login_user(void **state)
{
	CK_UTF8CHAR name[] = "alice";
	CK_SESSION_HANDLE s;

	(void)state;
	assert_true(module_start(&token, &session));
	if (module_device()->f3 != NULL) {
		module_stop();
		skip();
	}
	s = session;
	assert_int_equal(C_LoginUser(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN,
			     NULL, 0),
	    CKR_USER_ALREADY_LOGGED_IN);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(C_LoginUser(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN,
			     NULL, 5),
	    CKR_ARGUMENTS_BAD);
	assert_int_equal(C_LoginUser(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN,
			     name, 5),
	    CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_LoginUser(s, CKU_USER, name, 5, NULL, 0),
	    CKR_PIN_INCORRECT);
	assert_int_equal(state_of(s), CKS_RW_PUBLIC_SESSION);
	assert_int_equal(C_LoginUser(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN,
			     NULL, 0),
	    CKR_OK);
	assert_int_equal(state_of(s), CKS_RW_USER_FUNCTIONS);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(C_LoginUser(s, CKU_SO, softhsm_so_pin,
			     SOFTHSM_SO_PIN_LEN, name, 0),
	    CKR_OK);
	assert_int_equal(state_of(s), CKS_RW_SO_FUNCTIONS);
	module_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_initialised),
		cmocka_unit_test(test_wrong_handles),
		cmocka_unit_test(test_not_supported),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_login_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
