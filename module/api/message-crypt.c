/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 3.0, 5.9 and 5.11: encryption and decryption of messages. */
#include "config.h"

#include "module/api/api.h"
#include "module/device/downstream-3.h"
#include "module/guard/guard.h"

CK_RV
C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageEncryptInit(call.down,
		    mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_EncryptMessage(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_EncryptMessage(call.down,
		    parameter, parameter_len, aad, aad_len, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_EncryptMessageBegin(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_EncryptMessageBegin(call.down,
		    parameter, parameter_len, aad, aad_len);
	return api_leave(&call, rv);
}

CK_RV
C_EncryptMessageNext(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_EncryptMessageNext(call.down,
		    parameter, parameter_len, in, in_len, out, out_len, flags);
	return api_leave(&call, rv);
}

CK_RV
C_MessageEncryptFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageEncryptFinal(call.down);
	return api_leave(&call, rv);
}

CK_RV
C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageDecryptInit(call.down,
		    mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptMessage(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_DecryptMessage(call.down,
		    parameter, parameter_len, aad, aad_len, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptMessageBegin(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_DecryptMessageBegin(call.down,
		    parameter, parameter_len, aad, aad_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptMessageNext(CK_SESSION_HANDLE session, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_DecryptMessageNext(call.down,
		    parameter, parameter_len, in, in_len, out, out_len, flags);
	return api_leave(&call, rv);
}

CK_RV
C_MessageDecryptFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_MessageDecryptFinal(call.down);
	return api_leave(&call, rv);
}
