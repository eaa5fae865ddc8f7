/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 3.0, 5.6: what sessions have more than in 2.40. */
#include "config.h"

#include "module/api/api.h"
#include "module/api/cancel.h"
#include "module/device/downstream-3.h"
#include "module/guard/guard.h"

/*
 * A device of 2.40 has no names of users: an empty one is what it has. That
 * it does not know another one is not for us to say.
 */
static CK_RV
login_as(const struct api_call *c, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len, CK_BYTE *name, CK_ULONG name_len)
{
	CK_RV rv;

	if (name == NULL && name_len > 0)
		return CKR_ARGUMENTS_BAD;
	rv = downstream_functions_3()->C_LoginUser(c->down, user, pin, pin_len,
	    name, name_len);
	if (rv == CKR_FUNCTION_NOT_SUPPORTED && name_len == 0)
		rv = c->f->C_Login(c->down, user, pin, pin_len);
	return rv;
}

CK_RV
C_LoginUser(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len, CK_BYTE *name, CK_ULONG name_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = login_as(&call, user, pin, pin_len, name, name_len);
	/* Rules that were not seen may be. */
	if (rv == CKR_OK)
		guard_forget(call.device);
	return api_leave(&call, rv);
}

CK_RV
C_SessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags)
{
	struct api_call call;
	CK_RV rv;

	/* 5.6.8: not from a callback, where the session is in use. */
	if (downstream_is_busy())
		return CKR_FUNCTION_FAILED;
	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = cancel_operations(&call, flags);
	return api_leave(&call, rv);
}
