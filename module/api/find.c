/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.7: searching for objects. */
#include "config.h"

#include "module/api/api.h"
#include "module/object/find.h"

CK_RV
C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG n)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = find_init(&call, template, n);
	return api_leave(&call, rv);
}

CK_RV
C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects,
    CK_ULONG max, CK_ULONG *n)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = find_next(&call, objects, max, n);
	return api_leave(&call, rv);
}

CK_RV
C_FindObjectsFinal(CK_SESSION_HANDLE session)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = find_final(&call);
	return api_leave(&call, rv);
}
