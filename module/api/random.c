/* SPDX-License-Identifier: BSD-3-Clause */
/* PKCS#11 2.40, 5.15: random numbers. */
#include "config.h"

#include "module/api/api.h"

CK_RV
C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_SeedRandom(call.down, seed, seed_len);
	return api_leave(&call, rv);
}

CK_RV
C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *random,
    CK_ULONG random_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_session(&call, session);
	if (rv == CKR_OK)
		rv = call.f->C_GenerateRandom(call.down, random, random_len);
	return api_leave(&call, rv);
}
