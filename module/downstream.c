/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/log.h"
#include "module/downstream.h"
#include "vendor-ext/token.h"

static __thread struct downstream_scope scope;

struct downstream_scope
downstream_enter(struct device *d, CK_SLOT_ID slot)
{
	struct downstream_scope before = scope;

	scope.device = d;
	scope.slot = slot;
	return before;
}

void
downstream_leave(struct downstream_scope before)
{
	scope = before;
}

/* What a call needs from its beginning to its end. */
struct down {
	struct device *device;
	struct lock *lock; /* held, or NULL */
	const char *name;
};

/* Anything but CKR_OK: the call must not be made. */
static inline CK_RV
down_begin(struct down *c, const char *name)
{
	struct device *d = scope.device;
	CK_RV rv = CKR_OK;

	c->device = d;
	c->lock = NULL;
	c->name = name;
	if (d == NULL)
		return CKR_GENERAL_ERROR;
	if (d->fault != NULL)
		rv = d->fault(name);
	if (rv == CKR_OK && d->n_locks > 0) {
		c->lock = &d->locks[scope.slot % d->n_locks];
		rv = lock_take(c->lock);
		if (rv != CKR_OK)
			c->lock = NULL;
	}
	return rv;
}

/* Where codes of devices that misbehave would be mapped; none is today. */
static inline CK_RV
down_end(const struct down *c, CK_RV rv)
{
	if (c->lock != NULL)
		lock_give(c->lock);
	if (c->device != NULL && c->device->trace)
		log_printf(LOG_DEBUG, "downstream", "%s: %s: %s",
		    c->device->conf.name, c->name, token_rv_name(rv));
	return rv;
}

/* One function of the list: down_NAME(), which calls C_NAME of the device. */
#define DOWN(name, params, args)                         \
	static CK_RV down_##name params                  \
	{                                                \
		struct down c;                           \
		CK_RV rv;                                \
                                                         \
		rv = down_begin(&c, "C_" #name);         \
		if (rv == CKR_OK)                        \
			rv = c.device->f->C_##name args; \
		return down_end(&c, rv);                 \
	}

/* clang-format off */
DOWN(GetInfo, (CK_INFO *info), (info))
DOWN(GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n),
    (present, list, n))
DOWN(GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info))
DOWN(GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info))
DOWN(GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n),
    (slot, list, n))
DOWN(GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO *info),
    (slot, type, info))
DOWN(InitToken, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG pin_len,
    CK_BYTE *label),
    (slot, pin, pin_len, label))
DOWN(InitPIN, (CK_SESSION_HANDLE s, CK_BYTE *pin, CK_ULONG pin_len),
    (s, pin, pin_len))
DOWN(SetPIN, (CK_SESSION_HANDLE s, CK_BYTE *old_pin, CK_ULONG old_len,
    CK_BYTE *pin, CK_ULONG pin_len),
    (s, old_pin, old_len, pin, pin_len))
DOWN(OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret),
    (slot, flags, app, notify, ret))
DOWN(CloseSession, (CK_SESSION_HANDLE s), (s))
DOWN(CloseAllSessions, (CK_SLOT_ID slot), (slot))
DOWN(GetSessionInfo, (CK_SESSION_HANDLE s, CK_SESSION_INFO *info), (s, info))
DOWN(GetOperationState, (CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG *n),
    (s, state, n))
DOWN(SetOperationState, (CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG n,
    CK_OBJECT_HANDLE enc_key, CK_OBJECT_HANDLE auth_key),
    (s, state, n, enc_key, auth_key))
DOWN(Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len),
    (s, user, pin, pin_len))
DOWN(Logout, (CK_SESSION_HANDLE s), (s))
DOWN(CreateObject, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret),
    (s, t, n, ret))
DOWN(CopyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, o, t, n, ret))
DOWN(DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, o))
DOWN(GetObjectSize, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size),
    (s, o, size))
DOWN(GetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *t, CK_ULONG n),
    (s, o, t, n))
DOWN(SetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *t, CK_ULONG n),
    (s, o, t, n))
DOWN(FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n),
    (s, t, n))
DOWN(FindObjects, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max,
    CK_ULONG *n),
    (s, o, max, n))
DOWN(FindObjectsFinal, (CK_SESSION_HANDLE s), (s))
DOWN(EncryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(Encrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(EncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(EncryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN(DecryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(Decrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN(DigestInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m), (s, m))
DOWN(Digest, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DigestUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(DigestKey, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key), (s, key))
DOWN(DigestFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN(SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(Sign, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(SignUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(SignFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN(SignRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(SignRecover, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(VerifyInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(Verify, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG sig_len),
    (s, in, n, sig, sig_len))
DOWN(VerifyUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(VerifyFinal, (CK_SESSION_HANDLE s, CK_BYTE *sig, CK_ULONG sig_len),
    (s, sig, sig_len))
DOWN(VerifyRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, m, key))
DOWN(VerifyRecover, (CK_SESSION_HANDLE s, CK_BYTE *sig, CK_ULONG sig_len,
    CK_BYTE *out, CK_ULONG *out_len),
    (s, sig, sig_len, out, out_len))
DOWN(DigestEncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptDigestUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(SignEncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptVerifyUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n,
    CK_BYTE *out, CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(GenerateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, t, n, ret))
DOWN(GenerateKeyPair, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv),
    (s, m, pub, n_pub, priv, n_priv, ret_pub, ret_priv))
DOWN(WrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapping,
    CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *out_len),
    (s, m, wrapping, key, out, out_len))
DOWN(UnwrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, unwrapping, in, in_len, t, n, ret))
DOWN(DeriveKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, m, base, t, n, ret))
DOWN(SeedRandom, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(GenerateRandom, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG n),
    (s, out, n))

/* clang-format on */

/* Blocks until something happens: nobody else may have to wait for that. */
static CK_RV
down_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	struct down c;
	CK_RV rv;

	rv = down_begin(&c, "C_WaitForSlotEvent");
	if (rv == CKR_OK && c.lock != NULL && !(flags & CKF_DONT_BLOCK)) {
		lock_give(c.lock);
		c.lock = NULL;
	}
	if (rv == CKR_OK)
		rv = c.device->f->C_WaitForSlotEvent(flags, slot, reserved);
	return down_end(&c, rv);
}

static CK_FUNCTION_LIST functions = {
	.version = { 2, 40 },
	.C_GetInfo = down_GetInfo,
	.C_GetSlotList = down_GetSlotList,
	.C_GetSlotInfo = down_GetSlotInfo,
	.C_GetTokenInfo = down_GetTokenInfo,
	.C_GetMechanismList = down_GetMechanismList,
	.C_GetMechanismInfo = down_GetMechanismInfo,
	.C_InitToken = down_InitToken,
	.C_InitPIN = down_InitPIN,
	.C_SetPIN = down_SetPIN,
	.C_OpenSession = down_OpenSession,
	.C_CloseSession = down_CloseSession,
	.C_CloseAllSessions = down_CloseAllSessions,
	.C_GetSessionInfo = down_GetSessionInfo,
	.C_GetOperationState = down_GetOperationState,
	.C_SetOperationState = down_SetOperationState,
	.C_Login = down_Login,
	.C_Logout = down_Logout,
	.C_CreateObject = down_CreateObject,
	.C_CopyObject = down_CopyObject,
	.C_DestroyObject = down_DestroyObject,
	.C_GetObjectSize = down_GetObjectSize,
	.C_GetAttributeValue = down_GetAttributeValue,
	.C_SetAttributeValue = down_SetAttributeValue,
	.C_FindObjectsInit = down_FindObjectsInit,
	.C_FindObjects = down_FindObjects,
	.C_FindObjectsFinal = down_FindObjectsFinal,
	.C_EncryptInit = down_EncryptInit,
	.C_Encrypt = down_Encrypt,
	.C_EncryptUpdate = down_EncryptUpdate,
	.C_EncryptFinal = down_EncryptFinal,
	.C_DecryptInit = down_DecryptInit,
	.C_Decrypt = down_Decrypt,
	.C_DecryptUpdate = down_DecryptUpdate,
	.C_DecryptFinal = down_DecryptFinal,
	.C_DigestInit = down_DigestInit,
	.C_Digest = down_Digest,
	.C_DigestUpdate = down_DigestUpdate,
	.C_DigestKey = down_DigestKey,
	.C_DigestFinal = down_DigestFinal,
	.C_SignInit = down_SignInit,
	.C_Sign = down_Sign,
	.C_SignUpdate = down_SignUpdate,
	.C_SignFinal = down_SignFinal,
	.C_SignRecoverInit = down_SignRecoverInit,
	.C_SignRecover = down_SignRecover,
	.C_VerifyInit = down_VerifyInit,
	.C_Verify = down_Verify,
	.C_VerifyUpdate = down_VerifyUpdate,
	.C_VerifyFinal = down_VerifyFinal,
	.C_VerifyRecoverInit = down_VerifyRecoverInit,
	.C_VerifyRecover = down_VerifyRecover,
	.C_DigestEncryptUpdate = down_DigestEncryptUpdate,
	.C_DecryptDigestUpdate = down_DecryptDigestUpdate,
	.C_SignEncryptUpdate = down_SignEncryptUpdate,
	.C_DecryptVerifyUpdate = down_DecryptVerifyUpdate,
	.C_GenerateKey = down_GenerateKey,
	.C_GenerateKeyPair = down_GenerateKeyPair,
	.C_WrapKey = down_WrapKey,
	.C_UnwrapKey = down_UnwrapKey,
	.C_DeriveKey = down_DeriveKey,
	.C_SeedRandom = down_SeedRandom,
	.C_GenerateRandom = down_GenerateRandom,
	.C_WaitForSlotEvent = down_WaitForSlotEvent,
};

CK_FUNCTION_LIST *
downstream_functions(void)
{
	return &functions;
}
