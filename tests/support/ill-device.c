/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ill-device: SoftHSMv2 with the illnesses that ILL_DEVICE names, as
 * "FUNCTION=ILLNESS", with blanks between several:
 *
 *	C_Sign=crash          it ends by SIGSEGV
 *	C_Sign=hang           it does not come back
 *	C_Sign=exit           it ends the process
 *	C_Sign=garbage        CKR_OK, and an output of zeros
 *	C_Sign=long           CKR_OK, and a length that there is no room for
 *	C_Sign=0x30           this return value
 *	token=0x100000        these flags of the token, too
 *
 * P11_MDOC_SOFTHSM names SoftHSMv2.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

#define EXPORT __attribute__((visibility("default")))

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;

/* The illness of a function into text; false: it is well. */
static bool
illness(const char *function, char *text, size_t size)
{
	const char *all = secure_getenv("ILL_DEVICE");
	size_t n = strlen(function), len;

	for (; all != NULL && *all != '\0'; all += strspn(all, " ")) {
		len = strcspn(all, " ");
		if (len > n && !strncmp(all, function, n) && all[n] == '=') {
			len -= n + 1;
			if (len >= size)
				len = size - 1;
			memcpy(text, all + n + 1, len);
			text[len] = '\0';
			return true;
		}
		all += len;
	}
	return false;
}

static void
crash(void)
{
	static int *volatile nowhere;

	*nowhere = 1;
}

/* What the caller is to answer, or CKR_OK to go on; *ret: how it is ill. */
static CK_RV
suffer(const char *function, char *ret, size_t size)
{
	ret[0] = '\0';
	if (!illness(function, ret, size))
		return CKR_OK;
	if (!strcmp(ret, "crash"))
		crash();
	if (!strcmp(ret, "exit"))
		_exit(3);
	while (!strcmp(ret, "hang"))
		(void)sleep(1);
	return !strncmp(ret, "0x", 2) ? strtoul(ret, NULL, 16) : CKR_OK;
}

#define ILL(name, params, args)                                  \
	static CK_RV ill_##name params                           \
	{                                                        \
		char how[32];                                    \
		CK_RV rv = suffer("C_" #name, how, sizeof(how)); \
                                                                 \
		return rv == CKR_OK ? real->C_##name args : rv;  \
	}

/* clang-format off */
ILL(Initialize, (void *args), (args))
ILL(GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n),
    (present, list, n))
ILL(OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret), (slot, flags, app, notify, ret))
ILL(Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG n),
    (s, user, pin, n))
ILL(FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n),
    (s, t, n))
ILL(GenerateKeyPair, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv),
    (s, m, pub, n_pub, priv, n_priv, ret_pub, ret_priv))
ILL(DeriveKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, base, t, n, ret))
ILL(DigestKey, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key), (s, key))
ILL(SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key))

/* clang-format on */

static CK_RV
ill_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	char how[32];
	CK_RV rv = suffer("C_GetTokenInfo", how, sizeof(how));

	if (rv == CKR_OK)
		rv = real->C_GetTokenInfo(slot, info);
	if (rv == CKR_OK && illness("token", how, sizeof(how)))
		info->flags |= strtoul(how, NULL, 16);
	return rv;
}

static CK_RV
ill_Sign(CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len)
{
	char how[32];
	CK_RV rv = suffer("C_Sign", how, sizeof(how));

	if (rv == CKR_OK)
		rv = real->C_Sign(s, in, n, out, out_len);
	if (rv == CKR_OK && out != NULL && !strcmp(how, "garbage"))
		memset(out, 0, *out_len);
	if (rv == CKR_OK && out != NULL && !strcmp(how, "long"))
		*out_len = 100000;
	return rv;
}

static CK_RV
ill_GenerateRandom(CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG n)
{
	char how[32];
	CK_RV rv = suffer("C_GenerateRandom", how, sizeof(how));

	if (rv == CKR_OK)
		rv = real->C_GenerateRandom(s, out, n);
	if (rv == CKR_OK && !strcmp(how, "garbage"))
		memset(out, 0, n);
	return rv;
}

static CK_FUNCTION_LIST *
softhsm_list(void)
{
	union {
		void *object;
		CK_C_GetFunctionList function;
	} u = { NULL };

	const char *path = secure_getenv("P11_MDOC_SOFTHSM");
	CK_FUNCTION_LIST *f;
	void *library;

	library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (library != NULL)
		u.object = dlsym(library, "C_GetFunctionList");
	if (u.object == NULL || u.function(&f) != CKR_OK)
		return NULL;
	return f;
}

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	if (real == NULL)
		real = softhsm_list();
	if (real == NULL)
		return CKR_GENERAL_ERROR;
	ours = *real;
	ours.C_Initialize = ill_Initialize;
	ours.C_GetFunctionList = C_GetFunctionList;
	ours.C_GetSlotList = ill_GetSlotList;
	ours.C_GetTokenInfo = ill_GetTokenInfo;
	ours.C_OpenSession = ill_OpenSession;
	ours.C_Login = ill_Login;
	ours.C_FindObjectsInit = ill_FindObjectsInit;
	ours.C_GenerateKeyPair = ill_GenerateKeyPair;
	ours.C_DeriveKey = ill_DeriveKey;
	ours.C_DigestKey = ill_DigestKey;
	ours.C_SignInit = ill_SignInit;
	ours.C_Sign = ill_Sign;
	ours.C_GenerateRandom = ill_GenerateRandom;
	*ret = &ours;
	return CKR_OK;
}
