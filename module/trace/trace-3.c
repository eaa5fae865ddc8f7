/* SPDX-License-Identifier: BSD-3-Clause */
/* What PKCS#11 3.0 and 3.2 add to trace.c. */
#include "config.h"

#include <string.h>

#include "module/api/pkcs11-3.h"
#include "module/trace/trace-define.h"
#include "module/trace/trace.h"

/* Set before anybody has the lists below. */
static CK_FUNCTION_LIST_3_0 *_Atomic real_3_0;
static CK_FUNCTION_LIST_3_2 *_Atomic real_3_2;

/* clang-format off */
#define TRACE(name, params, args, in, out) \
	TRACE_FUNCTION(real_3_0, name, params, args, in, out)
TRACE(LoginUser, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin,
    CK_ULONG pin_len, CK_UTF8CHAR *name, CK_ULONG name_len),
    (s, user, pin, pin_len, name, name_len),
    SESSION IN(user, user) IN(pin, "pin", pin, pin_len)
    IN(pin, "name", name, name_len), NONE)
TRACE(SessionCancel, (CK_SESSION_HANDLE s, CK_FLAGS flags), (s, flags),
    SESSION IN(flags, TRACE_FLAGS_MECHANISM, flags), NONE)
TRACE(MessageEncryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(EncryptMessage, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG n, CK_BYTE *out, CK_ULONG *out_len),
    (s, parameter, parameter_len, aad, aad_len, in, n, out, out_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "aad", aad, aad_len) IN(secret, "data", in, n)
    IN(room, "encrypted", out, out_len), OUT(length, "encrypted", out_len))
TRACE(EncryptMessageBegin, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len),
    (s, parameter, parameter_len, aad, aad_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "aad", aad, aad_len), NONE)
TRACE(EncryptMessageNext, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags),
    (s, parameter, parameter_len, in, n, out, out_len, flags),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "data", in, n) IN(room, "encrypted", out, out_len)
    IN(number, "flags", flags), OUT(length, "encrypted", out_len))
TRACE(MessageEncryptFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(MessageDecryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(DecryptMessage, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in,
    CK_ULONG n, CK_BYTE *out, CK_ULONG *out_len),
    (s, parameter, parameter_len, aad, aad_len, in, n, out, out_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "aad", aad, aad_len) IN(secret, "encrypted", in, n)
    IN(room, "data", out, out_len), OUT(length, "data", out_len))
TRACE(DecryptMessageBegin, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *aad, CK_ULONG aad_len),
    (s, parameter, parameter_len, aad, aad_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "aad", aad, aad_len), NONE)
TRACE(DecryptMessageNext, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len, CK_FLAGS flags),
    (s, parameter, parameter_len, in, n, out, out_len, flags),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(secret, "encrypted", in, n) IN(room, "data", out, out_len)
    IN(number, "flags", flags), OUT(length, "data", out_len))
TRACE(MessageDecryptFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(MessageSignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(SignMessage, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, parameter, parameter_len, in, n, out, out_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(data, "data", in, n) IN(room, "signature", out, out_len),
    OUT(length, "signature", out_len))
TRACE(SignMessageBegin, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len), (s, parameter, parameter_len),
    SESSION IN(secret, "parameter", parameter, parameter_len), NONE)
TRACE(SignMessageNext, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len), (s, parameter, parameter_len, in, n, out, out_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(data, "data", in, n) IN(room, "signature", out, out_len),
    OUT(length, "signature", out_len))
TRACE(MessageSignFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(MessageVerifyInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key), (s, m, key),
    SESSION IN(mechanism, m) IN(handle, "key", key), NONE)
TRACE(VerifyMessage, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG sig_len), (s, parameter, parameter_len, in, n, sig, sig_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(data, "data", in, n) IN(secret, "signature", sig, sig_len), NONE)
TRACE(VerifyMessageBegin, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len), (s, parameter, parameter_len),
    SESSION IN(secret, "parameter", parameter, parameter_len), NONE)
TRACE(VerifyMessageNext, (CK_SESSION_HANDLE s, void *parameter,
    CK_ULONG parameter_len, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG sig_len), (s, parameter, parameter_len, in, n, sig, sig_len),
    SESSION IN(secret, "parameter", parameter, parameter_len)
    IN(data, "data", in, n) IN(secret, "signature", sig, sig_len), NONE)
TRACE(MessageVerifyFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)

#undef TRACE
#define TRACE(name, params, args, in, out) \
	TRACE_FUNCTION(real_3_2, name, params, args, in, out)
TRACE(EncapsulateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *a, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len, CK_OBJECT_HANDLE *ret),
    (s, m, key, a, n, out, out_len, ret),
    SESSION IN(mechanism, m) IN(handle, "key", key)
    IN(template, "template", a, n) IN(room, "ciphertext", out, out_len),
    OUT(length, "ciphertext", out_len) OUT(handle, "key", ret))
TRACE(DecapsulateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_ATTRIBUTE *a, CK_ULONG n, CK_BYTE *in,
    CK_ULONG in_len, CK_OBJECT_HANDLE *ret),
    (s, m, key, a, n, in, in_len, ret),
    SESSION IN(mechanism, m) IN(handle, "key", key)
    IN(template, "template", a, n) IN(secret, "ciphertext", in, in_len),
    OUT(handle, "key", ret))
TRACE(VerifySignatureInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG sig_len),
    (s, m, key, sig, sig_len),
    SESSION IN(mechanism, m) IN(handle, "key", key)
    IN(secret, "signature", sig, sig_len), NONE)
TRACE(VerifySignature, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n),
    (s, in, n),
    SESSION IN(data, "data", in, n), NONE)
TRACE(VerifySignatureUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n),
    (s, in, n),
    SESSION IN(data, "data", in, n), NONE)
TRACE(VerifySignatureFinal, (CK_SESSION_HANDLE s), (s),
    SESSION, NONE)
TRACE(GetSessionValidationFlags, (CK_SESSION_HANDLE s,
    CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *ret), (s, type, ret),
    SESSION IN(number, "type", type), OUT(handle, "flags", ret))
TRACE(AsyncComplete, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function,
    CK_ASYNC_DATA *ret), (s, function, ret),
    SESSION IN(function, function), NONE)
TRACE(AsyncGetID, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG *ret),
    (s, function, ret),
    SESSION IN(function, function), OUT(number, "id", ret))
TRACE(AsyncJoin, (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG id,
    CK_BYTE *data, CK_ULONG n), (s, function, id, data, n),
    SESSION IN(function, function) IN(number, "id", id)
    IN(secret, "data", data, n), NONE)
TRACE(WrapKeyAuthenticated, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *aad,
    CK_ULONG aad_len, CK_BYTE *out, CK_ULONG *out_len),
    (s, m, wrapping, key, aad, aad_len, out, out_len),
    SESSION IN(mechanism, m) IN(handle, "wrapping", wrapping)
    IN(handle, "key", key) IN(secret, "aad", aad, aad_len)
    IN(room, "wrapped", out, out_len), OUT(length, "wrapped", out_len))
TRACE(UnwrapKeyAuthenticated, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *a,
    CK_ULONG n, CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret),
    (s, m, unwrapping, in, in_len, a, n, aad, aad_len, ret),
    SESSION IN(mechanism, m) IN(handle, "unwrapping", unwrapping)
    IN(secret, "wrapped", in, in_len) IN(template, "template", a, n)
    IN(secret, "aad", aad, aad_len), OUT(handle, "key", ret))

/* clang-format on */

static CK_FUNCTION_LIST_3_0 traced_3_0 = {
	.C_LoginUser = traced_LoginUser,
	.C_SessionCancel = traced_SessionCancel,
	.C_MessageEncryptInit = traced_MessageEncryptInit,
	.C_EncryptMessage = traced_EncryptMessage,
	.C_EncryptMessageBegin = traced_EncryptMessageBegin,
	.C_EncryptMessageNext = traced_EncryptMessageNext,
	.C_MessageEncryptFinal = traced_MessageEncryptFinal,
	.C_MessageDecryptInit = traced_MessageDecryptInit,
	.C_DecryptMessage = traced_DecryptMessage,
	.C_DecryptMessageBegin = traced_DecryptMessageBegin,
	.C_DecryptMessageNext = traced_DecryptMessageNext,
	.C_MessageDecryptFinal = traced_MessageDecryptFinal,
	.C_MessageSignInit = traced_MessageSignInit,
	.C_SignMessage = traced_SignMessage,
	.C_SignMessageBegin = traced_SignMessageBegin,
	.C_SignMessageNext = traced_SignMessageNext,
	.C_MessageSignFinal = traced_MessageSignFinal,
	.C_MessageVerifyInit = traced_MessageVerifyInit,
	.C_VerifyMessage = traced_VerifyMessage,
	.C_VerifyMessageBegin = traced_VerifyMessageBegin,
	.C_VerifyMessageNext = traced_VerifyMessageNext,
	.C_MessageVerifyFinal = traced_MessageVerifyFinal,
};

static CK_FUNCTION_LIST_3_2 traced_3_2 = {
	.C_LoginUser = traced_LoginUser,
	.C_SessionCancel = traced_SessionCancel,
	.C_MessageEncryptInit = traced_MessageEncryptInit,
	.C_EncryptMessage = traced_EncryptMessage,
	.C_EncryptMessageBegin = traced_EncryptMessageBegin,
	.C_EncryptMessageNext = traced_EncryptMessageNext,
	.C_MessageEncryptFinal = traced_MessageEncryptFinal,
	.C_MessageDecryptInit = traced_MessageDecryptInit,
	.C_DecryptMessage = traced_DecryptMessage,
	.C_DecryptMessageBegin = traced_DecryptMessageBegin,
	.C_DecryptMessageNext = traced_DecryptMessageNext,
	.C_MessageDecryptFinal = traced_MessageDecryptFinal,
	.C_MessageSignInit = traced_MessageSignInit,
	.C_SignMessage = traced_SignMessage,
	.C_SignMessageBegin = traced_SignMessageBegin,
	.C_SignMessageNext = traced_SignMessageNext,
	.C_MessageSignFinal = traced_MessageSignFinal,
	.C_MessageVerifyInit = traced_MessageVerifyInit,
	.C_VerifyMessage = traced_VerifyMessage,
	.C_VerifyMessageBegin = traced_VerifyMessageBegin,
	.C_VerifyMessageNext = traced_VerifyMessageNext,
	.C_MessageVerifyFinal = traced_MessageVerifyFinal,
	.C_EncapsulateKey = traced_EncapsulateKey,
	.C_DecapsulateKey = traced_DecapsulateKey,
	.C_VerifySignatureInit = traced_VerifySignatureInit,
	.C_VerifySignature = traced_VerifySignature,
	.C_VerifySignatureUpdate = traced_VerifySignatureUpdate,
	.C_VerifySignatureFinal = traced_VerifySignatureFinal,
	.C_GetSessionValidationFlags = traced_GetSessionValidationFlags,
	.C_AsyncComplete = traced_AsyncComplete,
	.C_AsyncGetID = traced_AsyncGetID,
	.C_AsyncJoin = traced_AsyncJoin,
	.C_WrapKeyAuthenticated = traced_WrapKeyAuthenticated,
	.C_UnwrapKeyAuthenticated = traced_UnwrapKeyAuthenticated,
};

/* All lists begin alike: the version, then the functions of 2.40. */
static void
take_2_40(void *traced, void *list)
{
	memcpy(traced, trace_functions(list), sizeof(CK_FUNCTION_LIST));
	memcpy(traced, list, sizeof(CK_VERSION));
}

void *
trace_functions_3_0(void *list)
{
	CK_FUNCTION_LIST_3_0 *f = list;

	if (f == &traced_3_0)
		return f;
	real_3_0 = f;
	take_2_40(&traced_3_0, f);
	traced_3_0.C_GetInterfaceList = f->C_GetInterfaceList;
	traced_3_0.C_GetInterface = f->C_GetInterface;
	return &traced_3_0;
}

void *
trace_functions_3_2(void *list)
{
	CK_FUNCTION_LIST_3_2 *f = list;

	if (f == &traced_3_2)
		return f;
	/* Functions of 3.0 stand at the same places in both. */
	if (real_3_0 == NULL)
		real_3_0 = list;
	real_3_2 = f;
	take_2_40(&traced_3_2, f);
	traced_3_2.C_GetInterfaceList = f->C_GetInterfaceList;
	traced_3_2.C_GetInterface = f->C_GetInterface;
	return &traced_3_2;
}
