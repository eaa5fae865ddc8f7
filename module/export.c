/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The function list, and the only symbols that p11-mdoc.so exports. The rest
 * of the module is in a convenience library, so that tests link it too.
 */
#include "config.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "common/util.h"
#include "module/pkcs11-3.h"
#include "module/trace.h"

#define EXPORT __attribute__((visibility("default")))

static CK_FUNCTION_LIST function_list = {
	.version = { 2, 40 },
	.C_Initialize = C_Initialize,
	.C_Finalize = C_Finalize,
	.C_GetInfo = C_GetInfo,
	.C_GetFunctionList = C_GetFunctionList,
	.C_GetSlotList = C_GetSlotList,
	.C_GetSlotInfo = C_GetSlotInfo,
	.C_GetTokenInfo = C_GetTokenInfo,
	.C_GetMechanismList = C_GetMechanismList,
	.C_GetMechanismInfo = C_GetMechanismInfo,
	.C_InitToken = C_InitToken,
	.C_InitPIN = C_InitPIN,
	.C_SetPIN = C_SetPIN,
	.C_OpenSession = C_OpenSession,
	.C_CloseSession = C_CloseSession,
	.C_CloseAllSessions = C_CloseAllSessions,
	.C_GetSessionInfo = C_GetSessionInfo,
	.C_GetOperationState = C_GetOperationState,
	.C_SetOperationState = C_SetOperationState,
	.C_Login = C_Login,
	.C_Logout = C_Logout,
	.C_CreateObject = C_CreateObject,
	.C_CopyObject = C_CopyObject,
	.C_DestroyObject = C_DestroyObject,
	.C_GetObjectSize = C_GetObjectSize,
	.C_GetAttributeValue = C_GetAttributeValue,
	.C_SetAttributeValue = C_SetAttributeValue,
	.C_FindObjectsInit = C_FindObjectsInit,
	.C_FindObjects = C_FindObjects,
	.C_FindObjectsFinal = C_FindObjectsFinal,
	.C_EncryptInit = C_EncryptInit,
	.C_Encrypt = C_Encrypt,
	.C_EncryptUpdate = C_EncryptUpdate,
	.C_EncryptFinal = C_EncryptFinal,
	.C_DecryptInit = C_DecryptInit,
	.C_Decrypt = C_Decrypt,
	.C_DecryptUpdate = C_DecryptUpdate,
	.C_DecryptFinal = C_DecryptFinal,
	.C_DigestInit = C_DigestInit,
	.C_Digest = C_Digest,
	.C_DigestUpdate = C_DigestUpdate,
	.C_DigestKey = C_DigestKey,
	.C_DigestFinal = C_DigestFinal,
	.C_SignInit = C_SignInit,
	.C_Sign = C_Sign,
	.C_SignUpdate = C_SignUpdate,
	.C_SignFinal = C_SignFinal,
	.C_SignRecoverInit = C_SignRecoverInit,
	.C_SignRecover = C_SignRecover,
	.C_VerifyInit = C_VerifyInit,
	.C_Verify = C_Verify,
	.C_VerifyUpdate = C_VerifyUpdate,
	.C_VerifyFinal = C_VerifyFinal,
	.C_VerifyRecoverInit = C_VerifyRecoverInit,
	.C_VerifyRecover = C_VerifyRecover,
	.C_DigestEncryptUpdate = C_DigestEncryptUpdate,
	.C_DecryptDigestUpdate = C_DecryptDigestUpdate,
	.C_SignEncryptUpdate = C_SignEncryptUpdate,
	.C_DecryptVerifyUpdate = C_DecryptVerifyUpdate,
	.C_GenerateKey = C_GenerateKey,
	.C_GenerateKeyPair = C_GenerateKeyPair,
	.C_WrapKey = C_WrapKey,
	.C_UnwrapKey = C_UnwrapKey,
	.C_DeriveKey = C_DeriveKey,
	.C_SeedRandom = C_SeedRandom,
	.C_GenerateRandom = C_GenerateRandom,
	.C_GetFunctionStatus = C_GetFunctionStatus,
	.C_CancelFunction = C_CancelFunction,
	.C_WaitForSlotEvent = C_WaitForSlotEvent,
};

/* Newest first; a list of 3.0 goes before this one. */
static char name_pkcs11[] = "PKCS 11";

static CK_INTERFACE interfaces[] = {
	{ (CK_UTF8CHAR *)name_pkcs11, &function_list, 0 },
};

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	*ret = trace_list(&function_list);
	return CKR_OK;
}

/* Where a trace is asked for, no list of ours is seen untraced. */
static void
interfaces_trace(void)
{
	for (size_t i = 0; i < nitems(interfaces); i++)
		interfaces[i].pFunctionList =
		    trace_list(interfaces[i].pFunctionList);
}

static pthread_once_t interfaces_once = PTHREAD_ONCE_INIT;

EXPORT CK_RV
C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *n)
{
	CK_RV rv = CKR_OK;

	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&interfaces_once, interfaces_trace);
	if (list != NULL && *n < nitems(interfaces))
		rv = CKR_BUFFER_TOO_SMALL;
	else if (list != NULL)
		memcpy(list, interfaces, sizeof(interfaces));
	*n = nitems(interfaces);
	return rv;
}

/* Every function list begins with its version (PKCS#11 3.0, 5.2). */
static bool
interface_is(const CK_INTERFACE *i, const CK_UTF8CHAR *name,
    const CK_VERSION *version, CK_FLAGS flags)
{
	const CK_VERSION *v = i->pFunctionList;

	return (name == NULL ||
		   !strcmp((const char *)name,
		       (const char *)i->pInterfaceName)) &&
	    (version == NULL ||
		(v->major == version->major && v->minor == version->minor)) &&
	    (i->flags & flags) == flags;
}

EXPORT CK_RV
C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret,
    CK_FLAGS flags)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&interfaces_once, interfaces_trace);
	for (size_t i = 0; i < nitems(interfaces); i++) {
		if (interface_is(&interfaces[i], name, version, flags)) {
			*ret = &interfaces[i];
			return CKR_OK;
		}
	}
	return CKR_FUNCTION_FAILED;
}
