/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "module/device/down.h"
#include "module/device/downstream-3.h"

/*
 * As in downstream.c: O, an object on its way down; M, the mechanism; _M,
 * functions with one; _NEW, with a new object.
 */
#define O                                DOWN_OBJECT
#define M                                DOWN_MECHANISM
#define DOWN_3(list, name, params, args) DOWN_CALL(list, name, params, args, rv)
#define DOWN_3_M(list, name, params, args) \
	DOWN_CALL_MECHANISM(list, name, params, args, rv)
#define DOWN_3_M_NEW(list, name, params, args, ret, n) \
	DOWN_CALL_MECHANISM(list, name, params, args,  \
	    down_objects(&c, ret, n, rv))

/* Functions whose result, when it is there, is an object or two. */
static const char *const makers[] = {
	"C_CopyObject",
	"C_CreateObject",
	"C_DecapsulateKey",
	"C_DeriveKey",
	"C_EncapsulateKey",
	"C_GenerateKey",
	"C_GenerateKeyPair",
	"C_UnwrapKey",
	"C_UnwrapKeyAuthenticated",
};

static CK_RV
async_objects(const struct down *c, const CK_UTF8CHAR *function,
    CK_ASYNC_DATA *ret, CK_RV rv)
{
	const char *name = (const char *)function;

	if (rv != CKR_OK || name == NULL || ret == NULL)
		return rv;
	for (size_t i = 0; i < nitems(makers); i++)
		if (!strcmp(makers[i], name))
			rv = down_objects(c, &ret->hObject, 1, rv);
	if (!strcmp(name, "C_GenerateKeyPair"))
		rv = down_objects(c, &ret->hAdditionalObject, 1, rv);
	return rv;
}

/* clang-format off */
DOWN_3(f3, LoginUser,
    (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG pin_len,
    CK_BYTE *name, CK_ULONG name_len),
    (s, user, pin, pin_len, name, name_len))
DOWN_3(f3, SessionCancel,
    (CK_SESSION_HANDLE s, CK_FLAGS flags),
    (s, flags))
DOWN_3_M(f3, MessageEncryptInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN_3(f3, EncryptMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *aad,
    CK_ULONG aad_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, parameter, parameter_len, aad, aad_len, in, in_len, out, out_len))
DOWN_3(f3, EncryptMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *aad,
    CK_ULONG aad_len),
    (s, parameter, parameter_len, aad, aad_len))
DOWN_3(f3, EncryptMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len, CK_FLAGS flags),
    (s, parameter, parameter_len, in, in_len, out, out_len, flags))
DOWN_3(f3, MessageEncryptFinal,
    (CK_SESSION_HANDLE s),
    (s))
DOWN_3_M(f3, MessageDecryptInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN_3(f3, DecryptMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *aad,
    CK_ULONG aad_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, parameter, parameter_len, aad, aad_len, in, in_len, out, out_len))
DOWN_3(f3, DecryptMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *aad,
    CK_ULONG aad_len),
    (s, parameter, parameter_len, aad, aad_len))
DOWN_3(f3, DecryptMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len, CK_FLAGS flags),
    (s, parameter, parameter_len, in, in_len, out, out_len, flags))
DOWN_3(f3, MessageDecryptFinal,
    (CK_SESSION_HANDLE s),
    (s))
DOWN_3_M(f3, MessageSignInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN_3(f3, SignMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len),
    (s, parameter, parameter_len, in, in_len, out, out_len))
DOWN_3(f3, SignMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len),
    (s, parameter, parameter_len))
DOWN_3(f3, SignMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len),
    (s, parameter, parameter_len, in, in_len, out, out_len))
DOWN_3(f3, MessageSignFinal,
    (CK_SESSION_HANDLE s),
    (s))
DOWN_3_M(f3, MessageVerifyInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN_3(f3, VerifyMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *signature, CK_ULONG signature_len),
    (s, parameter, parameter_len, in, in_len, signature, signature_len))
DOWN_3(f3, VerifyMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len),
    (s, parameter, parameter_len))
DOWN_3(f3, VerifyMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len, CK_BYTE *in,
    CK_ULONG in_len, CK_BYTE *signature, CK_ULONG signature_len),
    (s, parameter, parameter_len, in, in_len, signature, signature_len))
DOWN_3(f3, MessageVerifyFinal,
    (CK_SESSION_HANDLE s),
    (s))
DOWN_3_M_NEW(f32, EncapsulateKey,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_len,
    CK_OBJECT_HANDLE *ret),
    (s, M, O(key), template, n, out, out_len, ret),
    ret, out != NULL)
DOWN_3_M_NEW(f32, DecapsulateKey,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *in, CK_ULONG in_len,
    CK_OBJECT_HANDLE *ret),
    (s, M, O(key), template, n, in, in_len, ret),
    ret, 1)
DOWN_3_M(f32, VerifySignatureInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_BYTE *signature, CK_ULONG signature_len),
    (s, M, O(key), signature, signature_len))
DOWN_3(f32, VerifySignature,
    (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len),
    (s, in, in_len))
DOWN_3(f32, VerifySignatureUpdate,
    (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len),
    (s, in, in_len))
DOWN_3(f32, VerifySignatureFinal,
    (CK_SESSION_HANDLE s),
    (s))
DOWN_3(f32, GetSessionValidationFlags,
    (CK_SESSION_HANDLE s, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *ret),
    (s, type, ret))
DOWN_CALL(f32, AsyncComplete,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret),
    (s, function, ret), async_objects(&c, function, ret, rv))
DOWN_3(f32, AsyncGetID,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG *ret),
    (s, function, ret))
DOWN_3(f32, AsyncJoin,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data,
    CK_ULONG data_len),
    (s, function, id, data, data_len))
DOWN_3_M(f32, WrapKeyAuthenticated,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapping,
    CK_OBJECT_HANDLE key, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, M, O(wrapping), O(key), aad, aad_len, out, out_len))
DOWN_3_M_NEW(f32, UnwrapKeyAuthenticated,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE unwrapping,
    CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret),
    (s, M, O(unwrapping), in, in_len, template, n, aad, aad_len, ret),
    ret, 1)

/* clang-format on */

static CK_FUNCTION_LIST_3_2 functions = {
	.version = { 3, 2 },
	.C_LoginUser = down_LoginUser,
	.C_SessionCancel = down_SessionCancel,
	.C_MessageEncryptInit = down_MessageEncryptInit,
	.C_EncryptMessage = down_EncryptMessage,
	.C_EncryptMessageBegin = down_EncryptMessageBegin,
	.C_EncryptMessageNext = down_EncryptMessageNext,
	.C_MessageEncryptFinal = down_MessageEncryptFinal,
	.C_MessageDecryptInit = down_MessageDecryptInit,
	.C_DecryptMessage = down_DecryptMessage,
	.C_DecryptMessageBegin = down_DecryptMessageBegin,
	.C_DecryptMessageNext = down_DecryptMessageNext,
	.C_MessageDecryptFinal = down_MessageDecryptFinal,
	.C_MessageSignInit = down_MessageSignInit,
	.C_SignMessage = down_SignMessage,
	.C_SignMessageBegin = down_SignMessageBegin,
	.C_SignMessageNext = down_SignMessageNext,
	.C_MessageSignFinal = down_MessageSignFinal,
	.C_MessageVerifyInit = down_MessageVerifyInit,
	.C_VerifyMessage = down_VerifyMessage,
	.C_VerifyMessageBegin = down_VerifyMessageBegin,
	.C_VerifyMessageNext = down_VerifyMessageNext,
	.C_MessageVerifyFinal = down_MessageVerifyFinal,
	.C_EncapsulateKey = down_EncapsulateKey,
	.C_DecapsulateKey = down_DecapsulateKey,
	.C_VerifySignatureInit = down_VerifySignatureInit,
	.C_VerifySignature = down_VerifySignature,
	.C_VerifySignatureUpdate = down_VerifySignatureUpdate,
	.C_VerifySignatureFinal = down_VerifySignatureFinal,
	.C_GetSessionValidationFlags = down_GetSessionValidationFlags,
	.C_AsyncComplete = down_AsyncComplete,
	.C_AsyncGetID = down_AsyncGetID,
	.C_AsyncJoin = down_AsyncJoin,
	.C_WrapKeyAuthenticated = down_WrapKeyAuthenticated,
	.C_UnwrapKeyAuthenticated = down_UnwrapKeyAuthenticated,
};

CK_FUNCTION_LIST_3_2 *
downstream_functions_3(void)
{
	return &functions;
}
