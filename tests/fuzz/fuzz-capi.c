/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-capi: the C_ functions of the module, called with anything in any
 * order, over a device that answers anything, or over SoftHSMv2 (below.h). The
 * input: in which call which allocation fails (a byte each), two bytes of the
 * length of the program, the program, and the device's answers.
 *
 * Whatever happens, each code is one of PKCS#11, buffers are written only as
 * far as they go, and when the last session has been closed none is left open
 * below. (A sanitizer sees the rest: buffers lie in memory of their own.)
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "module/api/pkcs11-3.h"
#include "tests/fuzz/below.h"
#include "tests/fuzz/check.h"
#include "tests/support/failmalloc.h"
#include "vendor-ext/token.h"

#define MAX_CALLS    64
#define MAX_SESSIONS 8
#define MAX_POINTERS 64

/* ---- what a call is made of */

struct program {
	struct stream s;
	CK_SESSION_HANDLE sessions[MAX_SESSIONS];
	size_t n_sessions;
	CK_OBJECT_HANDLE last; /* object that was given out last */
	/* Memory of this call, freed after it. */
	void *pointers[MAX_POINTERS];
	size_t n_pointers;
};

/* Not the one that is made to fail. */
void *__real_malloc(size_t n);

/* n bytes of the program, in memory of just that size. */
static void *
memory(struct program *p, size_t n)
{
	void *m;

	CHECK(p->n_pointers < MAX_POINTERS);
	m = __real_malloc(n > 0 ? n : 1);
	CHECK(m != NULL);
	stream_fill(&p->s, m, n);
	p->pointers[p->n_pointers++] = m;
	return m;
}

static void
memory_free(struct program *p)
{
	while (p->n_pointers > 0)
		free(p->pointers[--p->n_pointers]);
}

struct span {
	CK_BYTE *ptr;
	CK_ULONG len;
};

/* Now and then NULL, with a length or without. */
static struct span
span(struct program *p)
{
	unsigned len = stream_u8(&p->s);

	if (len == 0xff)
		return (struct span){ NULL, 0 };
	if (len == 0xfe)
		return (struct span){ NULL, stream_u8(&p->s) };
	if (len == 0xfd)
		len = stream_u16(&p->s) % 2048;
	return (struct span){ memory(p, len), len };
}

static CK_SESSION_HANDLE
session(struct program *p)
{
	uint8_t which = stream_u8(&p->s);

	if (p->n_sessions == 0 || which >= 0xf8)
		return which;
	return p->sessions[which % p->n_sessions];
}

static CK_OBJECT_HANDLE
object(struct program *p)
{
	uint8_t which = stream_u8(&p->s);
	CK_OBJECT_HANDLE h = 0;

	if (which < 0x40)
		return p->last;
	if (which < 0xc0)
		return which % 17U;
	if (which < 0xe0)
		return (which % 17U) | ~(~(CK_OBJECT_HANDLE)0 >> 1);
	stream_fill(&p->s, &h, sizeof(h));
	return h;
}

static CK_MECHANISM_TYPE
mechanism_type(struct program *p)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_MDOC_DEVICE_SIGNATURE,
		CKM_MDOC_DEVICE_MAC, CKM_MDOC_READER_AUTHENTICATION,
		CKM_MDOC_ISSUER_AUTHENTICATION, CKM_MDOC_KEY_DERIVE,
		CKM_MDOC_HPKE_OPEN, CKM_ECDSA, CKM_ECDSA_SHA256,
		CKM_ECDSA_SHA384, CKM_ECDSA_SHA512, CKM_ECDH1_DERIVE,
		CKM_SHA256, CKM_SHA256_HMAC, CKM_SHA384_HMAC, CKM_SHA512_HMAC,
		CKM_AES_GCM, CKM_EC_KEY_PAIR_GEN, CKM_CONCATENATE_BASE_AND_KEY,
		0x402aUL, CKM_HKDF_DATA, CKM_EDDSA, MDOC_VENDOR(0xF001UL) };
	uint8_t which = stream_u8(&p->s);
	CK_MECHANISM_TYPE t = 0;

	if (which < 0xf8)
		return types[which % nitems(types)];
	stream_fill(&p->s, &t, sizeof(t));
	return t;
}

/*
 * Structures with pointers in them: n a number, b a pointer and its length, l
 * a length and its pointer.
 */
static const struct {
	CK_MECHANISM_TYPE type;
	const char *members;
} layouts[] = {
	{ CKM_MDOC_KEY_DERIVE, "nnbb" },
	{ CKM_MDOC_HPKE_OPEN, "nbbbb" },
	{ CKM_ECDH1_DERIVE, "nll" },
	{ CKM_HKDF_DERIVE, "nnnbnb" },
	{ CKM_HKDF_DATA, "nnnbnb" },
};

static struct span
parameter_structure(struct program *p, const char *members)
{
	struct span s = { memory(p, 16 * sizeof(CK_ULONG)), 0 };
	CK_ULONG *word = (CK_ULONG *)(void *)s.ptr;
	struct span inner;

	for (; *members != '\0'; members++) {
		if (*members == 'n') {
			word[s.len++] = stream_u8(&p->s);
			continue;
		}
		inner = span(p);
		memcpy(&word[s.len + (*members == 'l')], &inner.ptr,
		    sizeof(inner.ptr));
		word[s.len + (*members == 'b')] = inner.len;
		s.len += 2;
	}
	s.len *= sizeof(CK_ULONG);
	/* Sometimes cut off. */
	if (stream_u8(&p->s) == 0xff)
		s.len -= sizeof(CK_ULONG);
	return s;
}

static struct span
parameter(struct program *p, CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < nitems(layouts); i++)
		if (layouts[i].type == type)
			return parameter_structure(p, layouts[i].members);
	return span(p);
}

static CK_MECHANISM *
mechanism(struct program *p)
{
	CK_MECHANISM *m;
	struct span s;
	uint8_t shape = stream_u8(&p->s);

	if (shape == 0xff)
		return NULL;
	m = memory(p, sizeof(*m));
	m->mechanism = mechanism_type(p);
	m->pParameter = NULL;
	m->ulParameterLen = 0;
	if (shape < 0x80)
		return m;
	s = parameter(p, m->mechanism);
	m->pParameter = s.ptr;
	m->ulParameterLen = s.len;
	return m;
}

static CK_ATTRIBUTE_TYPE
attribute_type(struct program *p)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_CLASS, CKA_TOKEN,
		CKA_PRIVATE, CKA_LABEL, CKA_VALUE, CKA_KEY_TYPE, CKA_ID,
		CKA_SENSITIVE, CKA_SIGN, CKA_DERIVE, CKA_EC_PARAMS,
		CKA_EC_POINT, CKA_VALUE_LEN, CKA_EXTRACTABLE, CKA_APPLICATION,
		CKA_MDOC_PURPOSE, CKA_MDOC_DOC_TYPES, CKA_MDOC_ROLE,
		CKA_MDOC_KEY_ID, CKA_MDOC_SESSION_TRANSCRIPT, CKA_MDOC_PEER_KEY,
		CKA_MDOC_KEY_PATH, CKA_MDOC_DOC_TYPE, CKA_MDOC_VALID_FROM,
		CKA_MDOC_VALID_UNTIL, CKA_MDOC_USES_LEFT, CKA_PROFILE_ID };
	uint8_t which = stream_u8(&p->s);
	CK_ATTRIBUTE_TYPE t = 0;

	if (which < 0xf8)
		return types[which % nitems(types)];
	stream_fill(&p->s, &t, sizeof(t));
	return t;
}

static const CK_ULONG numbers[] = { CKO_DATA, CKO_PRIVATE_KEY, CKO_SECRET_KEY,
	CKO_MDOC_CREDENTIAL, CKO_ISO23465_APPLICATION, 9, CKK_EC,
	CKK_GENERIC_SECRET, MDOC_ROLE_EMACKEY, MDOC_PURPOSE_DEVICE, 32, 0 };

static CK_ATTRIBUTE *template(struct program *p, CK_ULONG *ret_n)
{
	uint8_t n = stream_u8(&p->s);
	CK_ATTRIBUTE *t;
	struct span v;

	*ret_n = n % 8U;
	if (n == 0xff)
		return NULL;
	t = memory(p, *ret_n * sizeof(*t));
	for (CK_ULONG i = 0; i < *ret_n; i++) {
		t[i].type = attribute_type(p);
		n = stream_u8(&p->s);
		if (n < 0x80) {
			v.len = sizeof(CK_ULONG);
			v.ptr = memory(p, v.len);
			memcpy(v.ptr, &numbers[n % nitems(numbers)], v.len);
		} else {
			v = span(p);
		}
		t[i].pValue = v.ptr;
		t[i].ulValueLen = v.len;
	}
	below_template(t, *ret_n);
	return t;
}

/* A place for an answer, or now and then NULL. */
static void *
place(struct program *p, size_t n)
{
	return stream_u8(&p->s) == 0xff ? NULL : memory(p, n);
}

/* A buffer and its length as C_Sign and others want them. */
struct out {
	CK_BYTE *ptr;
	CK_ULONG *len;
};

static struct out
out(struct program *p)
{
	struct out o = { NULL, NULL };
	uint8_t len = stream_u8(&p->s);

	if (len == 0xff)
		return o;
	o.len = memory(p, sizeof(*o.len));
	*o.len = len;
	if (len != 0xfe)
		o.ptr = memory(p, len);
	return o;
}

/* ---- the calls */

typedef CK_RV call_fn(struct program *p);

#define CALL(name, ...)                             \
	static CK_RV call_##name(struct program *p) \
	{                                           \
		__VA_ARGS__                         \
	}

/* clang-format off */
CALL(OpenSession,
	CK_SESSION_HANDLE *h = place(p, sizeof(*h));
	CK_SLOT_ID slot = below_slot(stream_u8(&p->s));
	CK_RV rv = C_OpenSession(slot, stream_u8(&p->s) | CKF_SERIAL_SESSION,
	    NULL, NULL, h);
	if (rv == CKR_OK && p->n_sessions < MAX_SESSIONS)
		p->sessions[p->n_sessions++] = *h;
	return rv;)
CALL(CloseSession, return C_CloseSession(session(p));)
CALL(CloseAllSessions, return C_CloseAllSessions(below_slot(stream_u8(&p->s)));)
CALL(GetInfo, return C_GetInfo(place(p, sizeof(CK_INFO)));)
CALL(GetSlotList,
	CK_ULONG *n = place(p, sizeof(*n));
	CK_SLOT_ID *list = NULL;
	if (n != NULL) {
		*n %= 9;
		list = place(p, *n * sizeof(*list));
	}
	return C_GetSlotList(stream_u8(&p->s) & 1, list, n);)
CALL(GetSlotInfo,
	CK_SLOT_ID slot = below_slot(stream_u8(&p->s));
	return C_GetSlotInfo(slot, place(p, sizeof(CK_SLOT_INFO)));)
CALL(GetTokenInfo,
	CK_SLOT_ID slot = below_slot(stream_u8(&p->s));
	return C_GetTokenInfo(slot, place(p, sizeof(CK_TOKEN_INFO)));)
CALL(GetMechanismList,
	CK_ULONG *n = place(p, sizeof(*n));
	CK_MECHANISM_TYPE *list = NULL;
	if (n != NULL) {
		*n %= 33;
		list = place(p, *n * sizeof(*list));
	}
	return C_GetMechanismList(below_slot(stream_u8(&p->s)), list, n);)
CALL(GetMechanismInfo,
	CK_SLOT_ID slot = below_slot(stream_u8(&p->s));
	CK_MECHANISM_TYPE type = mechanism_type(p);
	return C_GetMechanismInfo(slot, type,
	    place(p, sizeof(CK_MECHANISM_INFO)));)
CALL(WaitForSlotEvent,
	return C_WaitForSlotEvent(CKF_DONT_BLOCK,
	    place(p, sizeof(CK_SLOT_ID)), NULL);)
CALL(InitToken,
	struct span pin = span(p);
	return C_InitToken(below_slot(stream_u8(&p->s)), pin.ptr, pin.len,
	    place(p, 32));)
CALL(InitPIN,
	CK_SESSION_HANDLE h = session(p);
	struct span pin = span(p);
	return C_InitPIN(h, pin.ptr, pin.len);)
CALL(SetPIN,
	CK_SESSION_HANDLE h = session(p);
	struct span a = span(p), b = span(p);
	return C_SetPIN(h, a.ptr, a.len, b.ptr, b.len);)
CALL(GetSessionInfo,
	CK_SESSION_HANDLE h = session(p);
	return C_GetSessionInfo(h, place(p, sizeof(CK_SESSION_INFO)));)
CALL(GetOperationState,
	CK_SESSION_HANDLE h = session(p);
	struct out o = out(p);
	return C_GetOperationState(h, o.ptr, o.len);)
CALL(SetOperationState,
	CK_SESSION_HANDLE h = session(p);
	struct span state = span(p);
	return C_SetOperationState(h, state.ptr, state.len, object(p),
	    object(p));)
CALL(Login,
	CK_SESSION_HANDLE h = session(p);
	struct span pin = span(p);
	return C_Login(h, stream_u8(&p->s) % 4U, pin.ptr, pin.len);)
CALL(Logout, return C_Logout(session(p));)
CALL(CreateObject,
	CK_SESSION_HANDLE h = session(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	CK_OBJECT_HANDLE *o = place(p, sizeof(*o));
	CK_RV rv = C_CreateObject(h, t, n, o);
	if (rv == CKR_OK)
		p->last = *o;
	return rv;)
CALL(CopyObject,
	CK_SESSION_HANDLE h = session(p);
	CK_OBJECT_HANDLE from = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_CopyObject(h, from, t, n, place(p, sizeof(from)));)
CALL(DestroyObject,
	CK_SESSION_HANDLE h = session(p);
	return C_DestroyObject(h, object(p));)
CALL(GetObjectSize,
	CK_SESSION_HANDLE h = session(p);
	CK_OBJECT_HANDLE o = object(p);
	return C_GetObjectSize(h, o, place(p, sizeof(CK_ULONG)));)
CALL(GetAttributeValue,
	CK_SESSION_HANDLE h = session(p);
	CK_OBJECT_HANDLE o = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_GetAttributeValue(h, o, t, n);)
CALL(SetAttributeValue,
	CK_SESSION_HANDLE h = session(p);
	CK_OBJECT_HANDLE o = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_SetAttributeValue(h, o, t, n);)
CALL(FindObjectsInit,
	CK_SESSION_HANDLE h = session(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_FindObjectsInit(h, t, n);)
CALL(FindObjects,
	CK_SESSION_HANDLE h = session(p);
	CK_ULONG max = stream_u8(&p->s) % 9U;
	CK_OBJECT_HANDLE *list = place(p, max * sizeof(*list));
	CK_ULONG *n = place(p, sizeof(*n));
	CK_RV rv = C_FindObjects(h, list, max, n);
	if (rv == CKR_OK && max > 0 && *n > 0)
		p->last = list[0];
	return rv;)
CALL(FindObjectsFinal, return C_FindObjectsFinal(session(p));)
CALL(DigestInit,
	CK_SESSION_HANDLE h = session(p);
	return C_DigestInit(h, mechanism(p));)
CALL(DigestKey,
	CK_SESSION_HANDLE h = session(p);
	return C_DigestKey(h, object(p));)
CALL(VerifyInit,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	return C_VerifyInit(h, m, object(p));)
CALL(Verify,
	CK_SESSION_HANDLE h = session(p);
	struct span in = span(p), sig = span(p);
	return C_Verify(h, in.ptr, in.len, sig.ptr, sig.len);)
CALL(GenerateKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_GenerateKey(h, m, t, n, place(p, sizeof(CK_OBJECT_HANDLE)));)
CALL(GenerateKeyPair,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_ULONG n, n_private;
	CK_ATTRIBUTE *t = template(p, &n);
	CK_ATTRIBUTE *private = template(p, &n_private);
	CK_OBJECT_HANDLE *a = place(p, sizeof(*a)), *b = place(p, sizeof(*b));
	return C_GenerateKeyPair(h, m, t, n, private, n_private, a, b);)
CALL(WrapKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE a = object(p), b = object(p);
	struct out o = out(p);
	return C_WrapKey(h, m, a, b, o.ptr, o.len);)
CALL(UnwrapKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE key = object(p);
	struct span in = span(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_UnwrapKey(h, m, key, in.ptr, in.len, t, n,
	    place(p, sizeof(CK_OBJECT_HANDLE)));)
CALL(DeriveKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE base = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	CK_OBJECT_HANDLE *o = place(p, sizeof(*o));
	CK_RV rv = C_DeriveKey(h, m, base, t, n, o);
	if (rv == CKR_OK && o != NULL)
		p->last = *o;
	return rv;)
CALL(GenerateRandom,
	CK_SESSION_HANDLE h = session(p);
	struct span o = span(p);
	return C_GenerateRandom(h, o.ptr, o.len);)

/* Functions of one shape, one call each. */
#define KEYED(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	CK_MECHANISM *m = mechanism(p); \
	return C_##name(h, m, object(p));)
#define IN(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span in = span(p); \
	return C_##name(h, in.ptr, in.len);)
#define OUT(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct out o = out(p); \
	return C_##name(h, o.ptr, o.len);)
#define IN_OUT(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span in = span(p); \
	struct out o = out(p); \
	return C_##name(h, in.ptr, in.len, o.ptr, o.len);)

KEYED(SignInit) KEYED(EncryptInit) KEYED(DecryptInit)
KEYED(SignRecoverInit) KEYED(VerifyRecoverInit)
IN(SignUpdate) IN(VerifyUpdate) IN(VerifyFinal) IN(DigestUpdate) IN(SeedRandom)
OUT(SignFinal) OUT(EncryptFinal) OUT(DecryptFinal) OUT(DigestFinal)
IN_OUT(Sign) IN_OUT(Encrypt) IN_OUT(Decrypt) IN_OUT(Digest)
IN_OUT(EncryptUpdate) IN_OUT(DecryptUpdate) IN_OUT(SignRecover)
IN_OUT(VerifyRecover) IN_OUT(DigestEncryptUpdate) IN_OUT(DecryptDigestUpdate)
IN_OUT(SignEncryptUpdate) IN_OUT(DecryptVerifyUpdate)

/* ---- 3.0 and 3.2 */

CALL(LoginUser,
	CK_SESSION_HANDLE h = session(p);
	struct span pin = span(p), name = span(p);
	return C_LoginUser(h, stream_u8(&p->s) % 4U, pin.ptr, pin.len,
	    name.ptr, name.len);)
CALL(SessionCancel,
	CK_SESSION_HANDLE h = session(p);
	CK_FLAGS flags = (CK_FLAGS)stream_u16(&p->s) << 6;
	return C_SessionCancel(h, flags);)
#define MESSAGE(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span m = span(p), aad = span(p), in = span(p); \
	struct out o = out(p); \
	return C_##name(h, m.ptr, m.len, aad.ptr, aad.len, in.ptr, in.len, \
	    o.ptr, o.len);)
#define BEGIN(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span m = span(p), aad = span(p); \
	return C_##name(h, m.ptr, m.len, aad.ptr, aad.len);)
#define NEXT(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span m = span(p), in = span(p); \
	struct out o = out(p); \
	return C_##name(h, m.ptr, m.len, in.ptr, in.len, o.ptr, o.len, \
	    stream_u8(&p->s) & 1);)
#define FINAL(name) CALL(name, return C_##name(session(p));)
#define SIGN(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span m = span(p), in = span(p); \
	struct out o = out(p); \
	return C_##name(h, m.ptr, m.len, in.ptr, in.len, o.ptr, o.len);)
#define VERIFY(name) CALL(name, \
	CK_SESSION_HANDLE h = session(p); \
	struct span m = span(p), in = span(p), sig = span(p); \
	return C_##name(h, m.ptr, m.len, in.ptr, in.len, sig.ptr, sig.len);)

KEYED(MessageEncryptInit) KEYED(MessageDecryptInit) KEYED(MessageSignInit)
KEYED(MessageVerifyInit)
MESSAGE(EncryptMessage) MESSAGE(DecryptMessage)
BEGIN(EncryptMessageBegin) BEGIN(DecryptMessageBegin)
NEXT(EncryptMessageNext) NEXT(DecryptMessageNext)
FINAL(MessageEncryptFinal) FINAL(MessageDecryptFinal) FINAL(MessageSignFinal)
FINAL(MessageVerifyFinal) FINAL(VerifySignatureFinal)
SIGN(SignMessage) SIGN(SignMessageNext)
IN(SignMessageBegin) IN(VerifyMessageBegin)
VERIFY(VerifyMessage) VERIFY(VerifyMessageNext)
IN(VerifySignature) IN(VerifySignatureUpdate)
CALL(EncapsulateKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE key = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	struct out o = out(p);
	return C_EncapsulateKey(h, m, key, t, n, o.ptr, o.len,
	    place(p, sizeof(key)));)
CALL(DecapsulateKey,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE key = object(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	struct span in = span(p);
	return C_DecapsulateKey(h, m, key, t, n, in.ptr, in.len,
	    place(p, sizeof(key)));)
CALL(VerifySignatureInit,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE key = object(p);
	struct span sig = span(p);
	return C_VerifySignatureInit(h, m, key, sig.ptr, sig.len);)
CALL(GetSessionValidationFlags,
	CK_SESSION_HANDLE h = session(p);
	return C_GetSessionValidationFlags(h, stream_u8(&p->s),
	    place(p, sizeof(CK_FLAGS)));)
CALL(AsyncComplete,
	static CK_UTF8CHAR name[] = "C_GenerateKeyPair";
	CK_SESSION_HANDLE h = session(p);
	return C_AsyncComplete(h, stream_u8(&p->s) & 1 ? name : NULL,
	    place(p, sizeof(CK_ASYNC_DATA)));)
CALL(AsyncGetID,
	CK_SESSION_HANDLE h = session(p);
	return C_AsyncGetID(h, NULL, place(p, sizeof(CK_ULONG)));)
CALL(AsyncJoin,
	CK_SESSION_HANDLE h = session(p);
	struct span in = span(p);
	return C_AsyncJoin(h, NULL, 0, in.ptr, in.len);)
CALL(WrapKeyAuthenticated,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE a = object(p), b = object(p);
	struct span aad = span(p);
	struct out o = out(p);
	return C_WrapKeyAuthenticated(h, m, a, b, aad.ptr, aad.len, o.ptr,
	    o.len);)
CALL(UnwrapKeyAuthenticated,
	CK_SESSION_HANDLE h = session(p);
	CK_MECHANISM *m = mechanism(p);
	CK_OBJECT_HANDLE key = object(p);
	struct span in = span(p), aad = span(p);
	CK_ULONG n;
	CK_ATTRIBUTE *t = template(p, &n);
	return C_UnwrapKeyAuthenticated(h, m, key, in.ptr, in.len, t, n,
	    aad.ptr, aad.len, place(p, sizeof(key)));)

/* Those with work of ours behind them first, and more often. */
static call_fn *const calls[] = {
	call_OpenSession, call_SignInit, call_Sign, call_SignUpdate,
	call_SignFinal, call_VerifyInit, call_Verify, call_VerifyUpdate,
	call_VerifyFinal, call_DecryptInit, call_Decrypt, call_DecryptUpdate,
	call_DecryptFinal, call_DeriveKey, call_CreateObject, call_CopyObject,
	call_DestroyObject, call_GetObjectSize, call_GetAttributeValue,
	call_SetAttributeValue, call_FindObjectsInit, call_FindObjects,
	call_FindObjectsFinal, call_Login, call_Logout, call_CloseSession,
	call_CloseAllSessions, call_GetSlotList, call_GetMechanismList,
	call_GetMechanismInfo, call_GetOperationState, call_SetOperationState,
	call_GenerateKeyPair, call_UnwrapKey, call_WrapKey, call_GetInfo,
	call_GetSlotInfo, call_GetTokenInfo, call_WaitForSlotEvent,
	call_InitToken, call_InitPIN, call_SetPIN, call_GetSessionInfo,
	call_DigestInit, call_Digest, call_DigestUpdate, call_DigestKey,
	call_DigestFinal, call_GenerateKey, call_EncryptInit, call_Encrypt,
	call_EncryptUpdate, call_EncryptFinal, call_SignRecoverInit,
	call_SignRecover, call_VerifyRecoverInit, call_VerifyRecover,
	call_DigestEncryptUpdate, call_DecryptDigestUpdate,
	call_SignEncryptUpdate, call_DecryptVerifyUpdate, call_SeedRandom,
	call_GenerateRandom,
	/* After all others, whose numbers the corpus has. */
	call_LoginUser, call_SessionCancel, call_SessionCancel,
	call_MessageEncryptInit, call_MessageEncryptFinal,
	call_MessageDecryptInit, call_MessageDecryptFinal,
	call_MessageSignInit, call_MessageSignFinal, call_MessageVerifyInit,
	call_MessageVerifyFinal, call_EncryptMessage, call_EncryptMessageBegin,
	call_EncryptMessageNext, call_DecryptMessage, call_DecryptMessageBegin,
	call_DecryptMessageNext, call_SignMessage, call_SignMessageBegin,
	call_SignMessageNext, call_VerifyMessage, call_VerifyMessageBegin,
	call_VerifyMessageNext, call_EncapsulateKey, call_DecapsulateKey,
	call_VerifySignatureInit, call_VerifySignature,
	call_VerifySignatureUpdate, call_VerifySignatureFinal,
	call_GetSessionValidationFlags, call_AsyncComplete, call_AsyncGetID,
	call_AsyncJoin, call_WrapKeyAuthenticated, call_UnwrapKeyAuthenticated,
};

/* clang-format on */

/* fail: which allocation fails meanwhile; 0 none. */
static void
run_one(struct program *p, unsigned fail)
{
	uint8_t which = stream_u8(&p->s);
	CK_RV rv;

	failmalloc_arm(fail);
	rv = calls[which % nitems(calls)](p);
	(void)failmalloc_disarm();
	CHECK(strncmp(token_rv_name(rv), "CKR_0x", 6) != 0);
	memory_free(p);
}

static void
run(struct program *p, unsigned fail_in, unsigned fail)
{
	for (unsigned n = 0; n < MAX_CALLS && p->s.len > 0; n++)
		run_one(p, n == fail_in ? fail : 0);
	for (CK_SLOT_ID slot = 0; slot < BELOW_SLOTS; slot++)
		(void)C_CloseAllSessions(below_slot((uint8_t)slot));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	struct program p = { .s = { data, size } };
	unsigned fail_in = stream_u8(&p.s), fail = stream_u8(&p.s);
	size_t len = stream_u16(&p.s);

	if (!started)
		below_start();
	started = true;
	if (len > p.s.len)
		len = p.s.len;
	below_begin((struct stream){ p.s.data + len, p.s.len - len });
	p.s.len = len;
	CHECK(C_Initialize(NULL) == CKR_OK);
	p.n_sessions = below_sessions(p.sessions, MAX_SESSIONS);
	run(&p, fail_in, fail);
	below_calm();
	CHECK(C_Finalize(NULL) == CKR_OK);
	below_end();
	return 0;
}
