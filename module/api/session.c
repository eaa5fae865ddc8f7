/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.6: sessions. */
#include "config.h"

#include "module/api/api.h"
#include "module/device/slot.h"
#include "module/guard/guard.h"
#include "module/session/operation.h"

CK_RV
C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret)
{
	struct session_request r = {
		.slot = slot, .flags = flags, .app = app, .notify = notify
	};
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK) {
		r.device = call.device;
		r.down_slot = call.slot;
		do
			rv = session_open(call.state, &r, ret);
		while (api_again(&call, rv));
	}
	return api_leave(&call, rv);
}

CK_RV
C_CloseSession(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = session_close(call.state, call.session);
	return api_leave(&call, rv);
}

CK_RV
C_CloseAllSessions(CK_SLOT_ID slot)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK)
		rv =
		    session_close_all(call.state, call.device, slot, call.slot);
	return api_leave(&call, rv);
}

CK_RV
C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_GetSessionInfo(call.down, info);
	if (rv == CKR_OK)
		info->slotID = call.session->slot;
	return api_leave(&call, rv);
}

CK_RV
C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE *state,
    CK_ULONG *state_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = operation_state(&call, state, state_len);
	return api_leave(&call, rv);
}

CK_RV
C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE *state,
    CK_ULONG state_len, CK_OBJECT_HANDLE encryption_key,
    CK_OBJECT_HANDLE authentication_key)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, encryption_key);
	if (rv == CKR_OK)
		rv = guard_refuse(&call, NULL, authentication_key);
	if (rv == CKR_OK)
		rv = call.f->C_SetOperationState(call.down, state, state_len,
		    encryption_key, authentication_key);
	if (rv == CKR_OK)
		operation_restored(&call, authentication_key);
	return api_leave(&call, rv);
}

CK_RV
C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_Login(call.down, user, pin, pin_len);
	/* Rules that were not seen may be. */
	if (rv == CKR_OK)
		guard_forget(call.device);
	return api_leave(&call, rv);
}

CK_RV
C_Logout(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_Logout(call.down);
	if (rv == CKR_OK)
		session_logged_out(call.state, call.session);
	return api_leave(&call, rv);
}
