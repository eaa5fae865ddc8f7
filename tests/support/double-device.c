/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * double-device: a PKCS#11 module in front of another one (P11_DOUBLE_REAL),
 * which does wrong as the file P11_DOUBLE_CONTROL says. The file is read at
 * each call, so that it may change while a program runs. Lines:
 *
 *	C_Sign answer 0x30    that is the answer, the call is not made
 *	C_Sign slow 500       takes so many milliseconds more
 *	C_Sign hang           does not return
 *	C_Sign crash          ends the process by a signal
 *	C_Sign odd -1         the length or number given out is so much larger
 *	C_Sign wrong          the first byte given out is another one
 *
 * "*" is any function. What a function does not give out is not changed.
 */
#include "config.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#define EXPORT __attribute__((visibility("default")))

static CK_FUNCTION_LIST *real;

enum fault {
	FAULT_ANSWER,
	FAULT_SLOW,
	FAULT_HANG,
	FAULT_CRASH,
	FAULT_ODD,
	FAULT_WRONG,
	FAULTS
};

/* What is to be done in one call. */
struct orders {
	bool given[FAULTS];
	long value[FAULTS];
};

static struct orders
orders_for(const char *function)
{
	static const char *const words[FAULTS] = { "answer", "slow", "hang",
		"crash", "odd", "wrong" };
	const char *path = secure_getenv("P11_DOUBLE_CONTROL");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	struct orders o = { { false }, { 0 } };
	char line[128], name[64], word[16];
	char value[24];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		value[0] = '\0';
		if (sscanf(line, "%63s %15s %23s", name, word, value) < 2 ||
		    (strcmp(name, function) != 0 && strcmp(name, "*") != 0))
			continue;
		for (int i = 0; i < FAULTS; i++) {
			if (strcmp(word, words[i]) != 0)
				continue;
			o.given[i] = true;
			o.value[i] = strtol(value, NULL, 0);
		}
	}
	if (f != NULL)
		fclose(f);
	return o;
}

/* false: the answer is there already. */
static bool
before(const struct orders *o, CK_RV *ret)
{
	if (o->given[FAULT_CRASH])
		(void)raise(SIGSEGV);
	while (o->given[FAULT_HANG])
		pause();
	if (o->given[FAULT_SLOW])
		(void)nanosleep(&(struct timespec){ o->value[FAULT_SLOW] / 1000,
				    o->value[FAULT_SLOW] % 1000 * 1000000 },
		    NULL);
	*ret = (CK_RV)o->value[FAULT_ANSWER];
	return !o->given[FAULT_ANSWER];
}

static void
after(const struct orders *o, void *out, CK_ULONG *len)
{
	if (o->given[FAULT_WRONG] && out != NULL && (len == NULL || *len > 0))
		*(CK_BYTE *)out ^= 0x80;
	if (o->given[FAULT_ODD] && len != NULL)
		*len += (CK_ULONG)o->value[FAULT_ODD];
}

/* out, len: what the function gives out; NULL: nothing of that kind. */
#define DOUBLE(name, params, args, out, len)              \
	static CK_RV double_##name params                 \
	{                                                 \
		struct orders o = orders_for("C_" #name); \
		CK_RV rv;                                 \
                                                          \
		if (before(&o, &rv)) {                    \
			rv = real->C_##name args;         \
			if (rv == CKR_OK)                 \
				after(&o, (out), (len));  \
		}                                         \
		return rv;                                \
	}

#define S CK_SESSION_HANDLE s

/* clang-format off */
DOUBLE(Initialize, (void *p), (p), NULL, NULL)
DOUBLE(Finalize, (void *p), (p), NULL, NULL)
DOUBLE(GetInfo, (CK_INFO *i), (i), i, NULL)
DOUBLE(GetSlotList, (CK_BBOOL p, CK_SLOT_ID *l, CK_ULONG *n), (p, l, n),
    NULL, n)
DOUBLE(GetSlotInfo, (CK_SLOT_ID l, CK_SLOT_INFO *i), (l, i), i, NULL)
DOUBLE(GetTokenInfo, (CK_SLOT_ID l, CK_TOKEN_INFO *i), (l, i), i, NULL)
DOUBLE(GetMechanismList, (CK_SLOT_ID l, CK_MECHANISM_TYPE *m, CK_ULONG *n),
    (l, m, n), m, n)
DOUBLE(GetMechanismInfo, (CK_SLOT_ID l, CK_MECHANISM_TYPE m,
    CK_MECHANISM_INFO *i), (l, m, i), i, NULL)
DOUBLE(InitToken, (CK_SLOT_ID l, CK_BYTE *p, CK_ULONG n, CK_BYTE *t),
    (l, p, n, t), NULL, NULL)
DOUBLE(InitPIN, (S, CK_BYTE *p, CK_ULONG n), (s, p, n), NULL, NULL)
DOUBLE(SetPIN, (S, CK_BYTE *a, CK_ULONG n, CK_BYTE *b, CK_ULONG m),
    (s, a, n, b, m), NULL, NULL)
DOUBLE(OpenSession, (CK_SLOT_ID l, CK_FLAGS f, void *a, CK_NOTIFY c,
    CK_SESSION_HANDLE *r), (l, f, a, c, r), NULL, NULL)
DOUBLE(CloseSession, (S), (s), NULL, NULL)
DOUBLE(CloseAllSessions, (CK_SLOT_ID l), (l), NULL, NULL)
DOUBLE(GetSessionInfo, (S, CK_SESSION_INFO *i), (s, i), i, NULL)
DOUBLE(GetOperationState, (S, CK_BYTE *b, CK_ULONG *n), (s, b, n), b, n)
DOUBLE(SetOperationState, (S, CK_BYTE *b, CK_ULONG n, CK_OBJECT_HANDLE e,
    CK_OBJECT_HANDLE a), (s, b, n, e, a), NULL, NULL)
DOUBLE(Login, (S, CK_USER_TYPE u, CK_BYTE *p, CK_ULONG n), (s, u, p, n),
    NULL, NULL)
DOUBLE(Logout, (S), (s), NULL, NULL)
DOUBLE(CreateObject, (S, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *r),
    (s, t, n, r), r, NULL)
DOUBLE(CopyObject, (S, CK_OBJECT_HANDLE o_, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *r), (s, o_, t, n, r), r, NULL)
DOUBLE(DestroyObject, (S, CK_OBJECT_HANDLE o_), (s, o_), NULL, NULL)
DOUBLE(GetObjectSize, (S, CK_OBJECT_HANDLE o_, CK_ULONG *n), (s, o_, n),
    NULL, n)
DOUBLE(GetAttributeValue, (S, CK_OBJECT_HANDLE o_, CK_ATTRIBUTE *t, CK_ULONG n),
    (s, o_, t, n), n > 0 ? t[0].pValue : NULL,
    n > 0 ? &t[0].ulValueLen : NULL)
DOUBLE(SetAttributeValue, (S, CK_OBJECT_HANDLE o_, CK_ATTRIBUTE *t, CK_ULONG n),
    (s, o_, t, n), NULL, NULL)
DOUBLE(FindObjectsInit, (S, CK_ATTRIBUTE *t, CK_ULONG n), (s, t, n), NULL, NULL)
DOUBLE(FindObjects, (S, CK_OBJECT_HANDLE *o_, CK_ULONG m, CK_ULONG *n),
    (s, o_, m, n), o_, n)
DOUBLE(FindObjectsFinal, (S), (s), NULL, NULL)
#define START(name) \
DOUBLE(name, (S, CK_MECHANISM *m, CK_OBJECT_HANDLE k), (s, m, k), NULL, NULL)
#define WHOLE(name) \
DOUBLE(name, (S, CK_BYTE *i, CK_ULONG n, CK_BYTE *out, CK_ULONG *len), \
    (s, i, n, out, len), out, len)
#define FEED(name) \
DOUBLE(name, (S, CK_BYTE *i, CK_ULONG n), (s, i, n), NULL, NULL)
#define LAST(name) \
DOUBLE(name, (S, CK_BYTE *out, CK_ULONG *len), (s, out, len), out, len)
START(EncryptInit)
WHOLE(Encrypt)
WHOLE(EncryptUpdate)
LAST(EncryptFinal)
START(DecryptInit)
WHOLE(Decrypt)
WHOLE(DecryptUpdate)
LAST(DecryptFinal)
DOUBLE(DigestInit, (S, CK_MECHANISM *m), (s, m), NULL, NULL)
WHOLE(Digest)
FEED(DigestUpdate)
DOUBLE(DigestKey, (S, CK_OBJECT_HANDLE k), (s, k), NULL, NULL)
LAST(DigestFinal)
START(SignInit)
WHOLE(Sign)
FEED(SignUpdate)
LAST(SignFinal)
START(SignRecoverInit)
WHOLE(SignRecover)
START(VerifyInit)
DOUBLE(Verify, (S, CK_BYTE *i, CK_ULONG n, CK_BYTE *g, CK_ULONG m),
    (s, i, n, g, m), NULL, NULL)
FEED(VerifyUpdate)
FEED(VerifyFinal)
START(VerifyRecoverInit)
WHOLE(VerifyRecover)
WHOLE(DigestEncryptUpdate)
WHOLE(DecryptDigestUpdate)
WHOLE(SignEncryptUpdate)
WHOLE(DecryptVerifyUpdate)
DOUBLE(GenerateKey, (S, CK_MECHANISM *m, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *r), (s, m, t, n, r), r, NULL)
DOUBLE(GenerateKeyPair, (S, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n,
    CK_ATTRIBUTE *b, CK_ULONG k, CK_OBJECT_HANDLE *p, CK_OBJECT_HANDLE *q),
    (s, m, a, n, b, k, p, q), q, NULL)
DOUBLE(WrapKey, (S, CK_MECHANISM *m, CK_OBJECT_HANDLE w, CK_OBJECT_HANDLE k,
    CK_BYTE *out, CK_ULONG *len), (s, m, w, k, out, len), out, len)
DOUBLE(UnwrapKey, (S, CK_MECHANISM *m, CK_OBJECT_HANDLE w, CK_BYTE *b,
    CK_ULONG n, CK_ATTRIBUTE *t, CK_ULONG k, CK_OBJECT_HANDLE *r),
    (s, m, w, b, n, t, k, r), r, NULL)
DOUBLE(DeriveKey, (S, CK_MECHANISM *m, CK_OBJECT_HANDLE k, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *r), (s, m, k, t, n, r), r, NULL)
FEED(SeedRandom)
DOUBLE(GenerateRandom, (S, CK_BYTE *b, CK_ULONG n), (s, b, n), b, NULL)
DOUBLE(GetFunctionStatus, (S), (s), NULL, NULL)
DOUBLE(CancelFunction, (S), (s), NULL, NULL)
DOUBLE(WaitForSlotEvent, (CK_FLAGS f, CK_SLOT_ID *l, void *p), (f, l, p),
    NULL, NULL)

#define ENTRY(name) .C_##name = double_##name
static CK_FUNCTION_LIST functions = {
	.version = { 2, 40 },
	.C_GetFunctionList = C_GetFunctionList,
	ENTRY(Initialize), ENTRY(Finalize), ENTRY(GetInfo), ENTRY(GetSlotList),
	ENTRY(GetSlotInfo), ENTRY(GetTokenInfo), ENTRY(GetMechanismList),
	ENTRY(GetMechanismInfo), ENTRY(InitToken), ENTRY(InitPIN),
	ENTRY(SetPIN), ENTRY(OpenSession), ENTRY(CloseSession),
	ENTRY(CloseAllSessions), ENTRY(GetSessionInfo),
	ENTRY(GetOperationState), ENTRY(SetOperationState), ENTRY(Login),
	ENTRY(Logout), ENTRY(CreateObject), ENTRY(CopyObject),
	ENTRY(DestroyObject), ENTRY(GetObjectSize), ENTRY(GetAttributeValue),
	ENTRY(SetAttributeValue), ENTRY(FindObjectsInit), ENTRY(FindObjects),
	ENTRY(FindObjectsFinal), ENTRY(EncryptInit), ENTRY(Encrypt),
	ENTRY(EncryptUpdate), ENTRY(EncryptFinal), ENTRY(DecryptInit),
	ENTRY(Decrypt), ENTRY(DecryptUpdate), ENTRY(DecryptFinal),
	ENTRY(DigestInit), ENTRY(Digest), ENTRY(DigestUpdate),
	ENTRY(DigestKey), ENTRY(DigestFinal), ENTRY(SignInit), ENTRY(Sign),
	ENTRY(SignUpdate), ENTRY(SignFinal), ENTRY(SignRecoverInit),
	ENTRY(SignRecover), ENTRY(VerifyInit), ENTRY(Verify),
	ENTRY(VerifyUpdate), ENTRY(VerifyFinal), ENTRY(VerifyRecoverInit),
	ENTRY(VerifyRecover), ENTRY(DigestEncryptUpdate),
	ENTRY(DecryptDigestUpdate), ENTRY(SignEncryptUpdate),
	ENTRY(DecryptVerifyUpdate), ENTRY(GenerateKey),
	ENTRY(GenerateKeyPair), ENTRY(WrapKey), ENTRY(UnwrapKey),
	ENTRY(DeriveKey), ENTRY(SeedRandom), ENTRY(GenerateRandom),
	ENTRY(GetFunctionStatus), ENTRY(CancelFunction),
	ENTRY(WaitForSlotEvent),
};

/* clang-format on */

static CK_RV
real_load(void)
{
	const char *path = secure_getenv("P11_DOUBLE_REAL");

	union {
		void *object;
		CK_C_GetFunctionList function;
	} u = { NULL };

	void *library;

	library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (library != NULL)
		u.object = dlsym(library, "C_GetFunctionList");
	return u.object != NULL ? u.function(&real) : CKR_GENERAL_ERROR;
}

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	CK_RV rv = real != NULL ? CKR_OK : real_load();

	if (rv == CKR_OK)
		*ret = &functions;
	return rv;
}
