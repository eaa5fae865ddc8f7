/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 3.0, 5.14 and 5.16: signatures of messages, and verification. */
#include "config.h"

#include "module/api/api.h"
#include "module/device/downstream-3.h"
#include "module/guard/guard.h"

/* What has begun, with a key that may have been bound since, goes on. */
static CK_RV
check_again(struct api_call *c)
{
	CK_RV rv;

	rv = guard_refuse(c, NULL, c->session->message_key);
	if (rv != CKR_OK)
		(void)downstream_functions_3()->C_MessageSignFinal(c->down);
	return rv;
}

CK_RV
C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageSignInit(call.down,
		    mechanism, key);
	if (rv == CKR_OK)
		call.session->message_key = key;
	return api_leave(&call, rv);
}

CK_RV
C_SignMessage(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = check_again(&call);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_SignMessage(call.down,
		    parameter, parameter_len, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignMessageBegin(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = check_again(&call);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_SignMessageBegin(call.down,
		    parameter, parameter_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignMessageNext(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = check_again(&call);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_SignMessageNext(call.down,
		    parameter, parameter_len, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_MessageSignFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageSignFinal(call.down);
	return api_leave(&call, rv);
}

CK_RV
C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageVerifyInit(call.down,
		    mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyMessage(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_VerifyMessage(call.down,
		    parameter, parameter_len, in, in_len, signature,
		    signature_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyMessageBegin(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_VerifyMessageBegin(call.down,
		    parameter, parameter_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifyMessageNext(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature,
    CK_ULONG signature_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_VerifyMessageNext(call.down,
		    parameter, parameter_len, in, in_len, signature,
		    signature_len);
	return api_leave(&call, rv);
}

CK_RV
C_MessageVerifyFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageVerifyFinal(call.down);
	return api_leave(&call, rv);
}
