/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.11 and 5.12: signatures, MACs and their verification. */
#include "config.h"

#include "module/api/api.h"
#include "module/guard/guard.h"
#include "module/session/operation.h"

CK_RV
C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_init(&call, OPERATION_SIGN, mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_Sign(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_sign(&call, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_update(&call, OPERATION_SIGN, in, in_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_sign_final(&call, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = call.f->C_SignRecoverInit(call.down, mechanism, key);
	if (rv == CKR_OK)
		call.session->recover_key = key;
	return api_leave(&call, rv);
}

CK_RV
C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	/* It may have been bound since. */
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, call.session->recover_key);
	if (rv == CKR_OK)
		rv = call.f->C_SignRecover(call.down, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_init(&call, OPERATION_VERIFY, mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_Verify(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *signature, CK_ULONG signature_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_verify(&call, in, in_len, signature,
		    signature_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_update(&call, OPERATION_VERIFY, in, in_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_verify_final(&call, signature, signature_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = call.f->C_VerifyRecoverInit(call.down, mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE *signature,
    CK_ULONG signature_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_VerifyRecover(call.down, signature,
		    signature_len, out, out_len);
	return api_leave(&call, rv);
}
