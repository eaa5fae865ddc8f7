/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "module/device/downstream-3.h"
#include "module/device/handle.h"
#include "tests/support/module-start.h"

/* Any pointer: neither we nor the stub look at what is there. */
#define P(n) ((void *)(uintptr_t)(n))

/* But for these, which may name keys, or a purpose. */
static CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
#define M (&mechanism)
static CK_ATTRIBUTE template[7];
#define T template

static struct stub *stub;
static CK_SESSION_HANDLE session;
static CK_SESSION_HANDLE down; /* what the device calls it */

static void
begin(unsigned minor, bool lacks)
{
	stub = module_configure_stub(NULL);
	assert_non_null(stub);
	stub->minor_3 = minor;
	stub->lacks_3 = lacks;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	/* So that our handle is not by chance the device's. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL,
				     &session),
		    CKR_OK);
	down = stub->last;
	stub->answer_3 = CKR_TOKEN_RESOURCE_EXCEEDED;
}

static void
end(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Arguments are numbered from 2; the first is the session. */
static void
check(const char *name, CK_RV rv)
{
	assert_int_equal(rv, CKR_TOKEN_RESOURCE_EXCEEDED);
	assert_string_equal(stub->function, name);
	assert_int_equal(stub->args[0], down);
	for (size_t i = 1; i < stub->n_args; i++)
		if (stub->args[i] != (uintptr_t)M &&
		    stub->args[i] != (uintptr_t)T)
			assert_int_equal(stub->args[i], i + 1);
	stub->function = "";
}

#define PASSES(name, args) check(#name, name args)

static void
test_passed_3_0(void **state)
{
	CK_SESSION_HANDLE s;

	(void)state;
	begin(0, false);
	s = session;
	PASSES(C_LoginUser, (s, 2, P(3), 4, P(5), 6));
	PASSES(C_SessionCancel, (s, 2));
	PASSES(C_MessageEncryptInit, (s, M, 3));
	PASSES(C_EncryptMessage, (s, P(2), 3, P(4), 5, P(6), 7, P(8), P(9)));
	PASSES(C_EncryptMessageBegin, (s, P(2), 3, P(4), 5));
	PASSES(C_EncryptMessageNext, (s, P(2), 3, P(4), 5, P(6), P(7), 8));
	PASSES(C_MessageEncryptFinal, (s));
	PASSES(C_MessageDecryptInit, (s, M, 3));
	PASSES(C_DecryptMessage, (s, P(2), 3, P(4), 5, P(6), 7, P(8), P(9)));
	PASSES(C_DecryptMessageBegin, (s, P(2), 3, P(4), 5));
	PASSES(C_DecryptMessageNext, (s, P(2), 3, P(4), 5, P(6), P(7), 8));
	PASSES(C_MessageDecryptFinal, (s));
	PASSES(C_MessageSignInit, (s, M, 3));
	PASSES(C_SignMessage, (s, P(2), 3, P(4), 5, P(6), P(7)));
	PASSES(C_SignMessageBegin, (s, P(2), 3));
	PASSES(C_SignMessageNext, (s, P(2), 3, P(4), 5, P(6), P(7)));
	PASSES(C_MessageSignFinal, (s));
	PASSES(C_MessageVerifyInit, (s, M, 3));
	PASSES(C_VerifyMessage, (s, P(2), 3, P(4), 5, P(6), 7));
	PASSES(C_VerifyMessageBegin, (s, P(2), 3));
	PASSES(C_VerifyMessageNext, (s, P(2), 3, P(4), 5, P(6), 7));
	PASSES(C_MessageVerifyFinal, (s));
	/* 3.2 is not there. */
	assert_int_equal(C_VerifySignatureFinal(s), CKR_FUNCTION_NOT_SUPPORTED);
	end();
}

static void
test_passed_3_2(void **state)
{
	CK_SESSION_HANDLE s;

	(void)state;
	begin(2, false);
	s = session;
	PASSES(C_EncapsulateKey, (s, M, 3, P(4), 5, P(6), P(7), P(8)));
	PASSES(C_DecapsulateKey, (s, M, 3, T, 5, P(6), 7, P(8)));
	PASSES(C_VerifySignatureInit, (s, M, 3, P(4), 5));
	PASSES(C_VerifySignature, (s, P(2), 3));
	PASSES(C_VerifySignatureUpdate, (s, P(2), 3));
	PASSES(C_VerifySignatureFinal, (s));
	PASSES(C_GetSessionValidationFlags, (s, 2, P(3)));
	PASSES(C_AsyncComplete, (s, P(2), P(3)));
	PASSES(C_AsyncGetID, (s, P(2), P(3)));
	PASSES(C_AsyncJoin, (s, P(2), 3, P(4), 5));
	PASSES(C_WrapKeyAuthenticated, (s, M, 3, 4, P(5), 6, P(7), P(8)));
	PASSES(C_UnwrapKeyAuthenticated,
	    (s, M, 3, P(4), 5, T, 7, P(8), 9, P(10)));
	/* What 3.0 has is there too. */
	PASSES(C_MessageVerifyFinal, (s));
	end();
}

/* A device of 2.40; and one whose list has a hole. */
static void
test_missing(void **state)
{
	struct device *d;

	(void)state;
	begin(0, true);
	assert_null(module_device()->f3);
	assert_null(module_device()->f32);
	assert_int_equal(C_MessageSignFinal(session),
	    CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_VerifySignatureFinal(session),
	    CKR_FUNCTION_NOT_SUPPORTED);
	end();
	begin(0, false);
	d = module_device();
	assert_non_null(d->f3);
	assert_null(d->f32);
	d->f3->C_MessageSignFinal = NULL;
	assert_int_equal(C_MessageSignFinal(session),
	    CKR_FUNCTION_NOT_SUPPORTED);
	end();
}

static CK_RV
fault(const char *function)
{
	return !strcmp(function, "C_SignMessage") ? CKR_DEVICE_MEMORY : CKR_OK;
}

static void
test_fault(void **state)
{
	(void)state;
	begin(0, false);
	module_device()->fault = fault;
	stub->function = "none";
	assert_int_equal(C_SignMessage(session, NULL, 0, NULL, 0, NULL, NULL),
	    CKR_DEVICE_MEMORY);
	assert_string_equal(stub->function, "none");
	assert_int_equal(C_MessageSignFinal(session),
	    CKR_TOKEN_RESOURCE_EXCEEDED);
	module_device()->fault = NULL;
	/* No scope, no device. */
	assert_int_equal(downstream_functions_3()->C_MessageSignFinal(1),
	    CKR_GENERAL_ERROR);
	assert_false(downstream_is_busy());
	end();
}

static CK_RV
cancel(CK_SESSION_HANDLE s, CK_NOTIFICATION event, void *app)
{
	(void)event;
	*(CK_RV *)app = C_SessionCancel(s, CKF_SIGN);
	return CKR_OK;
}

/* The session is in use when the application is called back. */
static void
test_callback(void **state)
{
	CK_RV answered = CKR_OK;
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE s;

	(void)state;
	begin(0, false);
	assert_int_equal(C_OpenSession(0, MODULE_RW, &answered, cancel, &s),
	    CKR_OK);
	stub->notify = true;
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	assert_int_equal(answered, CKR_FUNCTION_FAILED);
	end();
}

/* With several devices, objects have a prefix that a device does not see. */
static void
test_prefix(void **state)
{
	static const char *const conf[] = { "", "" };
	const CK_OBJECT_HANDLE mine = (CK_OBJECT_HANDLE)1 << HANDLE_SHIFT;
	CK_MECHANISM m = { CKM_AES_GCM, NULL, 0 };
	CK_ASYNC_DATA data = { .hObject = 5, .hAdditionalObject = 6 };
	CK_UTF8CHAR pair[] = "C_GenerateKeyPair", sign[] = "C_Sign";
	CK_OBJECT_HANDLE key = 7;
	struct stub *stubs[2];
	CK_SESSION_HANDLE s;
	CK_BYTE out[4];
	CK_ULONG len = 4;

	(void)state;
	assert_true(module_configure_stubs(2, conf, stubs));
	stubs[1]->minor_3 = 2;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_OpenSession(mine, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	assert_int_equal(C_MessageSignInit(s, &m, mine | 3), CKR_OK);
	assert_int_equal(stubs[1]->args[2], 3);
	/* Another device's. */
	assert_int_equal(C_MessageSignInit(s, &m, 3), CKR_OK);
	assert_int_equal(stubs[1]->args[2], CK_INVALID_HANDLE);
	assert_int_equal(C_DecapsulateKey(s, &m, mine | 9, NULL, 0, NULL, 0,
			     &key),
	    CKR_OK);
	assert_int_equal(stubs[1]->args[2], 9);
	assert_int_equal(key, mine | 7);
	/* Only the length was asked for: there is no new object. */
	key = 8;
	assert_int_equal(C_EncapsulateKey(s, &m, mine | 9, NULL, 0, NULL, &len,
			     &key),
	    CKR_OK);
	assert_int_equal(key, 8);
	assert_int_equal(C_EncapsulateKey(s, &m, mine | 9, NULL, 0, out, &len,
			     &key),
	    CKR_OK);
	assert_int_equal(key, mine | 8);
	assert_int_equal(C_WrapKeyAuthenticated(s, &m, mine | 4, mine | 5, NULL,
			     0, out, &len),
	    CKR_OK);
	assert_int_equal(stubs[1]->args[2], 4);
	assert_int_equal(stubs[1]->args[3], 5);
	assert_int_equal(C_AsyncComplete(s, pair, &data), CKR_OK);
	assert_int_equal(data.hObject, mine | 5);
	assert_int_equal(data.hAdditionalObject, mine | 6);
	/* A signature is no object. */
	assert_int_equal(C_AsyncComplete(s, sign, &data), CKR_OK);
	assert_int_equal(data.hObject, mine | 5);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passed_3_0),
		cmocka_unit_test(test_passed_3_2),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_callback),
		cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
