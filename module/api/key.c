/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.14: key management. */
#include "config.h"

#include "module/api/api.h"
#include "module/guard/bind.h"
#include "module/guard/guard.h"
#include "module/session/derive.h"

CK_RV
C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_GenerateKey(call.down, mechanism, template, n,
		    ret);
	return api_leave(&call, rv);
}

CK_RV
C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_ATTRIBUTE *public, CK_ULONG n_public, CK_ATTRIBUTE *private,
    CK_ULONG n_private, CK_OBJECT_HANDLE *ret_public,
    CK_OBJECT_HANDLE *ret_private)
{
	struct api_call call;
	struct bind b;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = bind_begin(&call, &b, private, n_private);
	if (rv == CKR_OK) {
		rv = call.f->C_GenerateKeyPair(call.down, mechanism, public,
		    n_public, b.template, b.n, ret_public, ret_private);
		rv = bind_end(&call, &b, rv, ret_private, ret_public);
	}
	return api_leave(&call, rv);
}

CK_RV
C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *out,
    CK_ULONG *out_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, mechanism, wrapping);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, key);
	if (rv == CKR_OK)
		rv = call.f->C_WrapKey(call.down, mechanism, wrapping, key, out,
		    out_len);
	return api_leave(&call, rv);
}

CK_RV
C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *ret)
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
		rv = call.f->C_UnwrapKey(call.down, mechanism, unwrapping, in,
		    in_len, b.template, b.n, ret);
		rv = bind_end(&call, &b, rv, ret, NULL);
	}
	return api_leave(&call, rv);
}

CK_RV
C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE base, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = derive_key(&call, mechanism, base, template, n, ret);
	return api_leave(&call, rv);
}
