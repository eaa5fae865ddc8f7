/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.10: message digests. */
#include "config.h"

#include "module/api/api.h"
#include "module/guard/guard.h"

CK_RV
C_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_DigestInit(call.down, mechanism);
	return api_leave(&call, rv);
}

CK_RV
C_Digest(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_Digest(call.down, in, in_len, out, out_len);
	return api_leave(&call, rv);
}

CK_RV
C_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_DigestUpdate(call.down, in, in_len);
	return api_leave(&call, rv);
}

CK_RV
C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, key);
	if (rv == CKR_OK)
		rv = call.f->C_DigestKey(call.down, key);
	return api_leave(&call, rv);
}

CK_RV
C_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_DigestFinal(call.down, out, out_len);
	return api_leave(&call, rv);
}
