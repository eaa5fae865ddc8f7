/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of 3.0 and 3.2: each notes its name and arguments. */
#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "common/util.h"
#include "tests/support/stub-device.h"

#define EXPORT __attribute__((visibility("default")))

extern struct stub stub;

static CK_RV
note(const char *function, size_t n, const uintptr_t *args)
{
	stub.function = function;
	stub.n_args = n;
	memcpy(stub.args, args, n * sizeof(*args));
	return stub.answer_3;
}

#define STUB(name, params, ...)                           \
	static CK_RV stub_##name params                   \
	{                                                 \
		const uintptr_t args[] = { __VA_ARGS__ }; \
                                                          \
		return note(#name, nitems(args), args);   \
	}

#define P(pointer) ((uintptr_t)(pointer))

/* clang-format off */
STUB(C_LoginUser,
    (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG pin_len,
    CK_BYTE *name, CK_ULONG name_len),
    s, user, P(pin), pin_len, P(name), name_len)
STUB(C_SessionCancel,
    (CK_SESSION_HANDLE s, CK_FLAGS flags),
    s, flags)
STUB(C_MessageEncryptInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    s, P(m), key)
STUB(C_EncryptMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len),
    s, P(parameter), parameter_len, P(aad), aad_len, P(in), in_len, P(out),
    P(out_len))
STUB(C_EncryptMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *aad, CK_ULONG aad_len),
    s, P(parameter), parameter_len, P(aad), aad_len)
STUB(C_EncryptMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len,
    CK_FLAGS flags),
    s, P(parameter), parameter_len, P(in), in_len, P(out), P(out_len),
    flags)
STUB(C_MessageEncryptFinal,
    (CK_SESSION_HANDLE s),
    s)
STUB(C_MessageDecryptInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    s, P(m), key)
STUB(C_DecryptMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
    CK_ULONG *out_len),
    s, P(parameter), parameter_len, P(aad), aad_len, P(in), in_len, P(out),
    P(out_len))
STUB(C_DecryptMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *aad, CK_ULONG aad_len),
    s, P(parameter), parameter_len, P(aad), aad_len)
STUB(C_DecryptMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len,
    CK_FLAGS flags),
    s, P(parameter), parameter_len, P(in), in_len, P(out), P(out_len),
    flags)
STUB(C_MessageDecryptFinal,
    (CK_SESSION_HANDLE s),
    s)
STUB(C_MessageSignInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    s, P(m), key)
STUB(C_SignMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len),
    s, P(parameter), parameter_len, P(in), in_len, P(out), P(out_len))
STUB(C_SignMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len),
    s, P(parameter), parameter_len)
STUB(C_SignMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *out_len),
    s, P(parameter), parameter_len, P(in), in_len, P(out), P(out_len))
STUB(C_MessageSignFinal,
    (CK_SESSION_HANDLE s),
    s)
STUB(C_MessageVerifyInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    s, P(m), key)
STUB(C_VerifyMessage,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature, CK_ULONG signature_len),
    s, P(parameter), parameter_len, P(in), in_len, P(signature),
    signature_len)
STUB(C_VerifyMessageBegin,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len),
    s, P(parameter), parameter_len)
STUB(C_VerifyMessageNext,
    (CK_SESSION_HANDLE s, void *parameter, CK_ULONG parameter_len,
    CK_BYTE *in, CK_ULONG in_len, CK_BYTE *signature, CK_ULONG signature_len),
    s, P(parameter), parameter_len, P(in), in_len, P(signature),
    signature_len)
STUB(C_MessageVerifyFinal,
    (CK_SESSION_HANDLE s),
    s)
STUB(C_EncapsulateKey,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_len,
    CK_OBJECT_HANDLE *ret),
    s, P(m), key, P(template), n, P(out), P(out_len), P(ret))
STUB(C_DecapsulateKey,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE *template, CK_ULONG n, CK_BYTE *in, CK_ULONG in_len,
    CK_OBJECT_HANDLE *ret),
    s, P(m), key, P(template), n, P(in), in_len, P(ret))
STUB(C_VerifySignatureInit,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    CK_BYTE *signature, CK_ULONG signature_len),
    s, P(m), key, P(signature), signature_len)
STUB(C_VerifySignature,
    (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len),
    s, P(in), in_len)
STUB(C_VerifySignatureUpdate,
    (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG in_len),
    s, P(in), in_len)
STUB(C_VerifySignatureFinal,
    (CK_SESSION_HANDLE s),
    s)
STUB(C_GetSessionValidationFlags,
    (CK_SESSION_HANDLE s, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS
    *ret),
    s, type, P(ret))
STUB(C_AsyncComplete,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret),
    s, P(function), P(ret))
STUB(C_AsyncGetID,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG *ret),
    s, P(function), P(ret))
STUB(C_AsyncJoin,
    (CK_SESSION_HANDLE s, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data,
    CK_ULONG data_len),
    s, P(function), id, P(data), data_len)
STUB(C_WrapKeyAuthenticated,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapping,
    CK_OBJECT_HANDLE key, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *out,
    CK_ULONG *out_len),
    s, P(m), wrapping, key, P(aad), aad_len, P(out), P(out_len))
STUB(C_UnwrapKeyAuthenticated,
    (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE unwrapping,
    CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret),
    s, P(m), unwrapping, P(in), in_len, P(template), n, P(aad), aad_len,
    P(ret))
/* clang-format on */

static CK_FUNCTION_LIST_3_2 list_3_2 = {
	.version = { 3, 2 },
	.C_LoginUser = stub_C_LoginUser,
	.C_SessionCancel = stub_C_SessionCancel,
	.C_MessageEncryptInit = stub_C_MessageEncryptInit,
	.C_EncryptMessage = stub_C_EncryptMessage,
	.C_EncryptMessageBegin = stub_C_EncryptMessageBegin,
	.C_EncryptMessageNext = stub_C_EncryptMessageNext,
	.C_MessageEncryptFinal = stub_C_MessageEncryptFinal,
	.C_MessageDecryptInit = stub_C_MessageDecryptInit,
	.C_DecryptMessage = stub_C_DecryptMessage,
	.C_DecryptMessageBegin = stub_C_DecryptMessageBegin,
	.C_DecryptMessageNext = stub_C_DecryptMessageNext,
	.C_MessageDecryptFinal = stub_C_MessageDecryptFinal,
	.C_MessageSignInit = stub_C_MessageSignInit,
	.C_SignMessage = stub_C_SignMessage,
	.C_SignMessageBegin = stub_C_SignMessageBegin,
	.C_SignMessageNext = stub_C_SignMessageNext,
	.C_MessageSignFinal = stub_C_MessageSignFinal,
	.C_MessageVerifyInit = stub_C_MessageVerifyInit,
	.C_VerifyMessage = stub_C_VerifyMessage,
	.C_VerifyMessageBegin = stub_C_VerifyMessageBegin,
	.C_VerifyMessageNext = stub_C_VerifyMessageNext,
	.C_MessageVerifyFinal = stub_C_MessageVerifyFinal,
	.C_EncapsulateKey = stub_C_EncapsulateKey,
	.C_DecapsulateKey = stub_C_DecapsulateKey,
	.C_VerifySignatureInit = stub_C_VerifySignatureInit,
	.C_VerifySignature = stub_C_VerifySignature,
	.C_VerifySignatureUpdate = stub_C_VerifySignatureUpdate,
	.C_VerifySignatureFinal = stub_C_VerifySignatureFinal,
	.C_GetSessionValidationFlags = stub_C_GetSessionValidationFlags,
	.C_AsyncComplete = stub_C_AsyncComplete,
	.C_AsyncGetID = stub_C_AsyncGetID,
	.C_AsyncJoin = stub_C_AsyncJoin,
	.C_WrapKeyAuthenticated = stub_C_WrapKeyAuthenticated,
	.C_UnwrapKeyAuthenticated = stub_C_UnwrapKeyAuthenticated,
};

/* Its beginning. */
static CK_FUNCTION_LIST_3_0 list_3_0;

static CK_UTF8CHAR name_pkcs11[] = "PKCS 11";
static CK_INTERFACE interface_3_0 = { name_pkcs11, &list_3_0, 0 };
static CK_INTERFACE interface_3_2 = { name_pkcs11, &list_3_2, 0 };

EXPORT CK_RV
C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret,
    CK_FLAGS flags)
{
	(void)name;
	(void)flags;
	stub.asked = true;
	if (version == NULL || version->major != 3 ||
	    version->minor > stub.minor_3 || stub.lacks_3)
		return CKR_FUNCTION_FAILED;
	memcpy(&list_3_0, &list_3_2, sizeof(list_3_0));
	list_3_0.version.minor = 0;
	*ret = version->minor == 2 ? &interface_3_2 : &interface_3_0;
	return CKR_OK;
}
