/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.5: slots and tokens. */
#include "config.h"

#include "module/api/api.h"
#include "module/device/login.h"
#include "module/device/slot.h"
#include "module/session/mech.h"

CK_RV
C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter(&call);
	if (rv == CKR_OK)
		rv = slot_list(call.state, call.devices, present, list, n);
	return api_leave(&call, rv);
}

CK_RV
C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK) {
		do
			rv = call.f->C_GetSlotInfo(call.slot, info);
		while (api_again(&call, rv));
	}
	return api_leave(&call, rv);
}

CK_RV
C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK) {
		do
			rv = call.f->C_GetTokenInfo(call.slot, info);
		while (api_again(&call, rv));
		if (rv == CKR_OK)
			login_info(call.device, info);
	}
	return api_leave(&call, rv);
}

CK_RV
C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter(&call);
	if (rv == CKR_OK)
		rv = event_wait(call.devices, flags, slot, reserved);
	return api_leave(&call, rv);
}

CK_RV
C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK) {
		do
			rv = mech_list(&call, list, n);
		while (api_again(&call, rv));
	}
	return api_leave(&call, rv);
}

CK_RV
C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *info)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK) {
		do
			rv = mech_info(&call, type, info);
		while (api_again(&call, rv));
	}
	return api_leave(&call, rv);
}

CK_RV
C_InitToken(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG pin_len, CK_BYTE *label)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK)
		rv = call.f->C_InitToken(call.slot, pin, pin_len, label);
	return api_leave(&call, rv);
}

CK_RV
C_InitPIN(CK_SESSION_HANDLE session, CK_BYTE *pin, CK_ULONG pin_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_InitPIN(call.down, pin, pin_len);
	return api_leave(&call, rv);
}

CK_RV
C_SetPIN(CK_SESSION_HANDLE session, CK_BYTE *old_pin, CK_ULONG old_len,
    CK_BYTE *new_pin, CK_ULONG new_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_SetPIN(call.down, old_pin, old_len, new_pin,
		    new_len);
	return api_leave(&call, rv);
}
