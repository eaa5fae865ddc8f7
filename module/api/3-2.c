/* SPDX-License-Identifier: BSD-3-Clause */
/* What PKCS#11 3.2 adds: keys, signatures first, asynchronous functions. */
#include "config.h"

#include "module/api/api.h"
#include "module/device/downstream-3.h"
#include "module/guard/bind.h"
#include "module/guard/guard.h"

CK_RV
C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len, CK_OBJECT_HANDLE *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_EncapsulateKey(call.down,
		    mechanism, key, template, n, out, out_len, ret);
	return api_leave(&call, rv);
}

CK_RV
C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *in,
    CK_ULONG in_len, CK_OBJECT_HANDLE *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_DecapsulateKey(call.down,
		    mechanism, key, template, n, in, in_len, ret);
	return api_leave(&call, rv);
}

CK_RV
C_VerifySignatureInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG signature_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_VerifySignatureInit(call.down,
		    mechanism, key, signature, signature_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifySignature(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_VerifySignature(call.down, in,
		    in_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifySignatureUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv =
		    downstream_functions_3()->C_VerifySignatureUpdate(call.down,
			in, in_len);
	return api_leave(&call, rv);
}

CK_RV
C_VerifySignatureFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv =
		    downstream_functions_3()->C_VerifySignatureFinal(call.down);
	return api_leave(&call, rv);
}

CK_RV
C_GetSessionValidationFlags(CK_SESSION_HANDLE session,
    CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()
			 ->C_GetSessionValidationFlags(call.down, type, ret);
	return api_leave(&call, rv);
}

CK_RV
C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR *function,
    CK_ASYNC_DATA *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_AsyncComplete(call.down,
		    function, ret);
	return api_leave(&call, rv);
}

CK_RV
C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_AsyncGetID(call.down, function,
		    ret);
	return api_leave(&call, rv);
}

CK_RV
C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG id,
    CK_BYTE *data, CK_ULONG data_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_AsyncJoin(call.down, function,
		    id, data, data_len);
	return api_leave(&call, rv);
}

CK_RV
C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *aad,
    CK_ULONG aad_len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, wrapping);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, key);
	if (rv == CKR_OK)
		rv = downstream_functions_3()->C_WrapKeyAuthenticated(call.down,
		    mechanism, wrapping, key, aad, aad_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *aad, CK_ULONG aad_len,
    CK_OBJECT_HANDLE *ret)
{
	struct api_call call;
	struct bind b;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, unwrapping);
	if (rv == CKR_OK)
		rv = bind_begin(&call, &b, template, n);
	if (rv == CKR_OK) {
		rv = downstream_functions_3()
			 ->C_UnwrapKeyAuthenticated(call.down, mechanism,
			     unwrapping, in, in_len, b.template, b.n, aad,
			     aad_len, ret);
		rv = bind_end(&call, &b, rv, ret, NULL);
	}
	return api_leave(&call, rv);
}
