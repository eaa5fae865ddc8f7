/* SPDX-License-Identifier: BSD-3-Clause */
/* The 68 functions of PKCS#11 2.40: a line about each call, and the call. */
#include "config.h"

#include "module/trace/trace-define.h"
#include "module/trace/trace.h"

/* Set before anybody has the list below. */
static CK_FUNCTION_LIST *_Atomic real;

/* clang-format off */
#define TRACE(name, params, args, in, out) \
	TRACE_FUNCTION(real, name, params, args, in, out)
TRACE(Initialize, (void *args), (args),
    IN(initialize, args), NONE)
TRACE(Finalize, (void *reserved), (reserved),
    IN(pointer, "reserved", reserved), NONE)
TRACE(GetInfo, (CK_INFO *info), (info),
    NONE, OUT(info, info))
TRACE(GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n),
    (present, list, n),
    IN(bool, "present", present) IN(room, "list", list, n),
    OUT(handles, "slots", list, n))
TRACE(GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info),
    IN(handle, "slot", slot), OUT(slot, info))
TRACE(GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info),
    IN(handle, "slot", slot), OUT(token, info))
TRACE(GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n),
    (slot, list, n),
    IN(handle, "slot", slot) IN(room, "list", list, n),
    OUT(number, "mechanisms", n))
TRACE(GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *info), (slot, type, info),
    IN(handle, "slot", slot) IN(type, type), OUT(mechanism, info))
TRACE(InitToken, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG pin_len,
    CK_BYTE *label), (slot, pin, pin_len, label),
    IN(handle, "slot", slot) IN(pin, "pin", pin, pin_len) IN(label, label),
    NONE)
TRACE(InitPIN, (CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG pin_len),
    (s, pin, pin_len),
    SESSION IN(pin, "pin", pin, pin_len), NONE)
TRACE(SetPIN, (CK_SESSION_HANDLE s, CK_BYTE *old_pin, CK_ULONG old_len,
    CK_BYTE *pin, CK_ULONG pin_len), (s, old_pin, old_len, pin, pin_len),
    SESSION IN(pin, "old", old_pin, old_len) IN(pin, "new", pin, pin_len),
    NONE)
TRACE(OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *app,
    CK_NOTIFY notify, CK_SESSION_HANDLE *ret), (slot, flags, app, notify, ret),
    IN(handle, "slot", slot) IN(flags, TRACE_FLAGS_SESSION, flags),
    OUT(handle, "session", ret))
TRACE(CloseSession, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(CloseAllSessions, (CK_SLOT_ID slot), (slot),
    IN(handle, "slot", slot), NONE)
TRACE(GetSessionInfo, (CK_SESSION_HANDLE s, CK_SESSION_INFO *info), (s, info),
    SESSION, OUT(session, info))
TRACE(GetOperationState, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len),
    SESSION IN(room, "state", out, out_len), OUT(length, "state", out_len))
TRACE(SetOperationState, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_OBJECT_HANDLE enc_key, CK_OBJECT_HANDLE auth_key),
    (s, in, n, enc_key, auth_key),
    SESSION IN(secret, "state", in, n) IN(handle, "encryption-key", enc_key)
    IN(handle, "authentication-key", auth_key), NONE)
TRACE(Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len), (s, user, pin, pin_len),
    SESSION IN(user, user) IN(pin, "pin", pin, pin_len), NONE)
TRACE(Logout, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(CreateObject, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n,
    CK_OBJECT_HANDLE *ret), (s, a, n, ret),
    SESSION IN(template, "template", a, n), OUT(handle, "object", ret))
TRACE(CopyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a,
    CK_ULONG n, CK_OBJECT_HANDLE *ret), (s, o, a, n, ret),
    SESSION IN(handle, "object", o) IN(template, "template", a, n),
    OUT(handle, "object", ret))
TRACE(DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o),
    SESSION IN(handle, "object", o), NONE)
TRACE(GetObjectSize, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size),
    (s, o, size),
    SESSION IN(handle, "object", o), OUT(number, "size", size))
TRACE(GetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *a, CK_ULONG n), (s, o, a, n),
    SESSION IN(handle, "object", o) IN(wanted, a, n), OUT(results, a, n))
TRACE(SetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *a, CK_ULONG n), (s, o, a, n),
    SESSION IN(handle, "object", o) IN(template, "template", a, n), NONE)
TRACE(FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n),
    (s, a, n),
    SESSION IN(template, "template", a, n), NONE)
TRACE(FindObjects, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max,
    CK_ULONG *n), (s, o, max, n),
    SESSION IN(number, "max", max), OUT(handles, "objects", o, n))
TRACE(FindObjectsFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(EncryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(Encrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "encrypted", out, out_len),
    OUT(length, "encrypted", out_len))
TRACE(EncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "encrypted", out, out_len),
    OUT(length, "encrypted", out_len))
TRACE(EncryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len),
    SESSION IN(room, "encrypted", out, out_len),
    OUT(length, "encrypted", out_len))
TRACE(DecryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(Decrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "encrypted", in, n) IN(room, "data", out, out_len),
    OUT(length, "data", out_len))
TRACE(DecryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "encrypted", in, n) IN(room, "data", out, out_len),
    OUT(length, "data", out_len))
TRACE(DecryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len),
    SESSION IN(room, "data", out, out_len), OUT(length, "data", out_len))
TRACE(DigestInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m), (s, m),
    SESSION IN(mechanism, m), NONE)
TRACE(Digest, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "digest", out, out_len),
    OUT(length, "digest", out_len))
TRACE(DigestUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n),
    SESSION IN(secret, "data", in, n), NONE)
TRACE(DigestKey, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key), (s, key),
    SESSION IN(handle, "key", key), NONE)
TRACE(DigestFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len),
    SESSION IN(room, "digest", out, out_len), OUT(length, "digest", out_len))
TRACE(SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(Sign, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(data, "data", in, n) IN(room, "signature", out, out_len),
    OUT(length, "signature", out_len))
TRACE(SignUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n),
    SESSION IN(data, "data", in, n), NONE)
TRACE(SignFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len),
    SESSION IN(room, "signature", out, out_len),
    OUT(length, "signature", out_len))
TRACE(SignRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(SignRecover, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "signature", out, out_len),
    OUT(length, "signature", out_len))
TRACE(VerifyInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(Verify, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG sig_len), (s, in, n, sig, sig_len),
    SESSION IN(data, "data", in, n) IN(secret, "signature", sig, sig_len),
    NONE)
TRACE(VerifyUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n),
    SESSION IN(data, "data", in, n), NONE)
TRACE(VerifyFinal, (CK_SESSION_HANDLE s, CK_BYTE *sig, CK_ULONG sig_len),
    (s, sig, sig_len),
    SESSION IN(secret, "signature", sig, sig_len), NONE)
TRACE(VerifyRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(VerifyRecover, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "signature", in, n) IN(room, "data", out, out_len),
    OUT(length, "data", out_len))
TRACE(DigestEncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "encrypted", out, out_len),
    OUT(length, "encrypted", out_len))
TRACE(DecryptDigestUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "encrypted", in, n) IN(room, "data", out, out_len),
    OUT(length, "data", out_len))
TRACE(SignEncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "data", in, n) IN(room, "encrypted", out, out_len),
    OUT(length, "encrypted", out_len))
TRACE(DecryptVerifyUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len), (s, in, n, out, out_len),
    SESSION IN(secret, "encrypted", in, n) IN(room, "data", out, out_len),
    OUT(length, "data", out_len))
TRACE(GenerateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *a,
    CK_ULONG n, CK_OBJECT_HANDLE *ret), (s, m, a, n, ret),
    SESSION IN(mechanism, m) IN(template, "template", a, n),
    OUT(handle, "key", ret))
TRACE(GenerateKeyPair, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv),
    (s, m, pub, n_pub, priv, n_priv, ret_pub, ret_priv),
    SESSION IN(mechanism, m) IN(template, "public", pub, n_pub)
    IN(template, "private", priv, n_priv),
    OUT(handle, "public", ret_pub) OUT(handle, "private", ret_priv))
TRACE(WrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapping,
    CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *out_len),
    (s, m, wrapping, key, out, out_len),
    SESSION IN(mechanism, m) IN(handle, "wrapping", wrapping)
    IN(handle, "key", key) IN(room, "wrapped", out, out_len),
    OUT(length, "wrapped", out_len))
TRACE(UnwrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *a,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, unwrapping, in, in_len, a, n, ret),
    SESSION IN(mechanism, m) IN(handle, "unwrapping", unwrapping)
    IN(secret, "wrapped", in, in_len) IN(template, "template", a, n),
    OUT(handle, "key", ret))
TRACE(DeriveKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, base, a, n, ret),
    SESSION IN(mechanism, m) IN(handle, "base", base)
    IN(template, "template", a, n), OUT(handle, "key", ret))
TRACE(SeedRandom, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n),
    SESSION IN(secret, "seed", in, n), NONE)
TRACE(GenerateRandom, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG n),
    (s, out, n),
    SESSION IN(number, "length", n), NONE)
TRACE(GetFunctionStatus, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(CancelFunction, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved),
    (flags, slot, reserved),
    IN(flags, TRACE_FLAGS_EVENT, flags), OUT(handle, "slot", slot))

/* clang-format on */

static CK_RV traced_GetFunctionList(CK_FUNCTION_LIST **ret);

static CK_FUNCTION_LIST traced = {
	.version = { 2, 40 },
	.C_Initialize = traced_Initialize,
	.C_Finalize = traced_Finalize,
	.C_GetInfo = traced_GetInfo,
	.C_GetFunctionList = traced_GetFunctionList,
	.C_GetSlotList = traced_GetSlotList,
	.C_GetSlotInfo = traced_GetSlotInfo,
	.C_GetTokenInfo = traced_GetTokenInfo,
	.C_GetMechanismList = traced_GetMechanismList,
	.C_GetMechanismInfo = traced_GetMechanismInfo,
	.C_InitToken = traced_InitToken,
	.C_InitPIN = traced_InitPIN,
	.C_SetPIN = traced_SetPIN,
	.C_OpenSession = traced_OpenSession,
	.C_CloseSession = traced_CloseSession,
	.C_CloseAllSessions = traced_CloseAllSessions,
	.C_GetSessionInfo = traced_GetSessionInfo,
	.C_GetOperationState = traced_GetOperationState,
	.C_SetOperationState = traced_SetOperationState,
	.C_Login = traced_Login,
	.C_Logout = traced_Logout,
	.C_CreateObject = traced_CreateObject,
	.C_CopyObject = traced_CopyObject,
	.C_DestroyObject = traced_DestroyObject,
	.C_GetObjectSize = traced_GetObjectSize,
	.C_GetAttributeValue = traced_GetAttributeValue,
	.C_SetAttributeValue = traced_SetAttributeValue,
	.C_FindObjectsInit = traced_FindObjectsInit,
	.C_FindObjects = traced_FindObjects,
	.C_FindObjectsFinal = traced_FindObjectsFinal,
	.C_EncryptInit = traced_EncryptInit,
	.C_Encrypt = traced_Encrypt,
	.C_EncryptUpdate = traced_EncryptUpdate,
	.C_EncryptFinal = traced_EncryptFinal,
	.C_DecryptInit = traced_DecryptInit,
	.C_Decrypt = traced_Decrypt,
	.C_DecryptUpdate = traced_DecryptUpdate,
	.C_DecryptFinal = traced_DecryptFinal,
	.C_DigestInit = traced_DigestInit,
	.C_Digest = traced_Digest,
	.C_DigestUpdate = traced_DigestUpdate,
	.C_DigestKey = traced_DigestKey,
	.C_DigestFinal = traced_DigestFinal,
	.C_SignInit = traced_SignInit,
	.C_Sign = traced_Sign,
	.C_SignUpdate = traced_SignUpdate,
	.C_SignFinal = traced_SignFinal,
	.C_SignRecoverInit = traced_SignRecoverInit,
	.C_SignRecover = traced_SignRecover,
	.C_VerifyInit = traced_VerifyInit,
	.C_Verify = traced_Verify,
	.C_VerifyUpdate = traced_VerifyUpdate,
	.C_VerifyFinal = traced_VerifyFinal,
	.C_VerifyRecoverInit = traced_VerifyRecoverInit,
	.C_VerifyRecover = traced_VerifyRecover,
	.C_DigestEncryptUpdate = traced_DigestEncryptUpdate,
	.C_DecryptDigestUpdate = traced_DecryptDigestUpdate,
	.C_SignEncryptUpdate = traced_SignEncryptUpdate,
	.C_DecryptVerifyUpdate = traced_DecryptVerifyUpdate,
	.C_GenerateKey = traced_GenerateKey,
	.C_GenerateKeyPair = traced_GenerateKeyPair,
	.C_WrapKey = traced_WrapKey,
	.C_UnwrapKey = traced_UnwrapKey,
	.C_DeriveKey = traced_DeriveKey,
	.C_SeedRandom = traced_SeedRandom,
	.C_GenerateRandom = traced_GenerateRandom,
	.C_GetFunctionStatus = traced_GetFunctionStatus,
	.C_CancelFunction = traced_CancelFunction,
	.C_WaitForSlotEvent = traced_WaitForSlotEvent,
};

static CK_RV
traced_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	*ret = &traced;
	return CKR_OK;
}

CK_FUNCTION_LIST *
trace_functions(CK_FUNCTION_LIST *f)
{
	if (f != &traced)
		real = f;
	return &traced;
}

void *
trace_list(void *list)
{
	const CK_VERSION *v = list;

	if (!trace_enabled())
		return list;
	if (v->major == 2)
		return trace_functions(list);
	if (v->major == 3 && v->minor < 2)
		return trace_functions_3_0(list);
	if (v->major == 3)
		return trace_functions_3_2(list);
	return list;
}
