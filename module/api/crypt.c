/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.8, 5.9 and 5.13: encryption, decryption, dual functions. */
#include "config.h"

#include "module/api/api.h"
#include "module/guard/guard.h"
#include "module/session/operation.h"

CK_RV
C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, key);
	if (rv == CKR_OK)
		rv = call.f->C_EncryptInit(call.down, mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_Encrypt(call.down, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_EncryptUpdate(call.down, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_EncryptFinal(call.down, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_init(&call, OPERATION_DECRYPT, mechanism, key);
	return api_leave(&call, rv);
}

CK_RV
C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_decrypt(&call, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_decrypt_update(&call, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_decrypt_final(&call, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_DigestEncryptUpdate(call.down, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_dual(&call);
	if (rv == CKR_OK)
		rv = call.f->C_DecryptDigestUpdate(call.down, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_dual(&call);
	if (rv == CKR_OK)
		rv = call.f->C_SignEncryptUpdate(call.down, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len,
    CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_dual(&call);
	if (rv == CKR_OK)
		rv = call.f->C_DecryptVerifyUpdate(call.down, in, in_len, out,
		    out_len);
	return api_leave(&call, rv);
}
