/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/device/down.h"
#include "module/device/sigpipe.h"
#include "module/store/store.h"

__thread struct downstream_scope downstream_scope;

struct downstream_scope
downstream_enter(struct device *d, CK_SLOT_ID slot)
{
	struct downstream_scope before = downstream_scope;

	downstream_scope.device = d;
	downstream_scope.slot = slot;
	downstream_scope.held = d != NULL && d->conf.remote && sigpipe_hold();
	return before;
}

void
downstream_leave(struct downstream_scope before)
{
	if (downstream_scope.held)
		sigpipe_release();
	downstream_scope = before;
}

bool
downstream_is_busy(void)
{
	return downstream_scope.device != NULL;
}

/*
 * The functions of the list. O: an object's handle on its way down; M: the
 * mechanism; _M: functions with one; _NEW: with a new object, or n of them.
 */
#define O                        DOWN_OBJECT
#define M                        DOWN_MECHANISM
#define DOWN(name, params, args) DOWN_CALL(f, name, params, args, rv)
#define DOWN_NEW(name, params, args, ret, n) \
	DOWN_CALL(f, name, params, args, down_objects(&c, ret, n, rv))
#define DOWN_M(name, params, args) \
	DOWN_CALL_MECHANISM(f, name, params, args, rv)
#define DOWN_M_NEW(name, params, args, ret) \
	DOWN_CALL_MECHANISM(f, name, params, args, down_objects(&c, ret, 1, rv))

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
    (s, state, n, O(enc_key), O(auth_key)))
DOWN(Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_BYTE *pin,
    CK_ULONG pin_len),
    (s, user, pin, pin_len))
DOWN(Logout, (CK_SESSION_HANDLE s), (s))
DOWN_NEW(CreateObject, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret),
    (s, t, n, ret), ret, 1)
DOWN_NEW(CopyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, O(o), t, n, ret), ret, 1)
DOWN(DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), (s, O(o)))
DOWN(GetObjectSize, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size),
    (s, O(o), size))
DOWN(GetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *t, CK_ULONG n),
    (s, O(o), t, n))
DOWN(SetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
    CK_ATTRIBUTE *t, CK_ULONG n),
    (s, O(o), t, n))
DOWN(FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n),
    (s, t, n))
DOWN_NEW(FindObjects, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max,
    CK_ULONG *n),
    (s, o, max, n), o, n != NULL && *n < max ? *n : max)
DOWN(FindObjectsFinal, (CK_SESSION_HANDLE s), (s))
DOWN_M(EncryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN(Encrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(EncryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(EncryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN_M(DecryptInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN(Decrypt, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DecryptFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN_M(DigestInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m), (s, M))
DOWN(Digest, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(DigestUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(DigestKey, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key), (s, O(key)))
DOWN(DigestFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN_M(SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN(Sign, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN(SignUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(SignFinal, (CK_SESSION_HANDLE s, CK_BYTE *out, CK_ULONG *out_len),
    (s, out, out_len))
DOWN_M(SignRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN(SignRecover, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, in, n, out, out_len))
DOWN_M(VerifyInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
    (s, M, O(key)))
DOWN(Verify, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n, CK_BYTE *sig,
    CK_ULONG sig_len),
    (s, in, n, sig, sig_len))
DOWN(VerifyUpdate, (CK_SESSION_HANDLE s, CK_BYTE *in, CK_ULONG n), (s, in, n))
DOWN(VerifyFinal, (CK_SESSION_HANDLE s, CK_BYTE *sig, CK_ULONG sig_len),
    (s, sig, sig_len))
DOWN_M(VerifyRecoverInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE key),
    (s, M, O(key)))
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
DOWN_M_NEW(GenerateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, M, t, n, ret), ret)
DOWN_CALL_MECHANISM(f, GenerateKeyPair, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_ATTRIBUTE *pub, CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv),
    (s, M, pub, n_pub, priv, n_priv, ret_pub, ret_priv),
    down_objects(&c, ret_priv, 1, down_objects(&c, ret_pub, 1, rv)))
DOWN_M(WrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *out,
    CK_ULONG *out_len),
    (s, M, O(wrapping), O(key), out, out_len))
DOWN_M_NEW(UnwrapKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE unwrapping, CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, M, O(unwrapping), in, in_len, t, n, ret), ret)
DOWN_M_NEW(DeriveKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m,
    CK_OBJECT_HANDLE base, CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret),
    (s, M, O(base), t, n, ret), ret)
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

/*
 * Objects that a device cannot hold lie in its store. What the store calls
 * comes back through here, and no lock is held meanwhile.
 */
static bool
is_kept(CK_OBJECT_HANDLE o)
{
	return downstream_scope.device != NULL &&
	    store_has(downstream_scope.device, o);
}

static struct store_call
store_call(CK_SESSION_HANDLE s)
{
	return (struct store_call){ downstream_scope.device,
		downstream_scope.slot, s };
}

static CK_RV
kept_CreateObject(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	struct store_call c = store_call(s);

	return store_takes(c.device, t, n) ? store_create(&c, t, n, ret)
					   : down_CreateObject(s, t, n, ret);
}

static CK_RV
kept_DestroyObject(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	struct store_call c = store_call(s);

	return is_kept(o) ? store_destroy(&c, o) : down_DestroyObject(s, o);
}

static CK_RV
kept_GetObjectSize(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size)
{
	struct store_call c = store_call(s);

	return is_kept(o) ? store_size(&c, o, size)
			  : down_GetObjectSize(s, o, size);
}

static CK_RV
kept_GetAttributeValue(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct store_call c = store_call(s);

	return is_kept(o) ? store_get(&c, o, t, n)
			  : down_GetAttributeValue(s, o, t, n);
}

static CK_RV
kept_SetAttributeValue(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	struct store_call c = store_call(s);

	return is_kept(o) ? store_set(&c, o)
			  : down_SetAttributeValue(s, o, t, n);
}

static CK_RV
kept_FindObjectsInit(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n)
{
	struct store_call c = store_call(s);
	CK_RV rv = CKR_OK;

	if (c.device != NULL && c.device->store != NULL)
		rv = store_find_init(&c, t, n);
	return rv == CKR_OK ? down_FindObjectsInit(s, t, n) : rv;
}

/* The device's own first. */
static CK_RV
kept_FindObjects(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max,
    CK_ULONG *n)
{
	struct store_call c = store_call(s);
	CK_RV rv;

	rv = down_FindObjects(s, o, max, n);
	if (rv == CKR_OK && c.device->store != NULL && n != NULL && *n == 0)
		*n = store_find(&c, o, max);
	return rv;
}

static CK_RV
kept_FindObjectsFinal(CK_SESSION_HANDLE s)
{
	struct store_call c = store_call(s);

	if (c.device != NULL && c.device->store != NULL)
		store_find_final(&c);
	return down_FindObjectsFinal(s);
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
	.C_CreateObject = kept_CreateObject,
	.C_CopyObject = down_CopyObject,
	.C_DestroyObject = kept_DestroyObject,
	.C_GetObjectSize = kept_GetObjectSize,
	.C_GetAttributeValue = kept_GetAttributeValue,
	.C_SetAttributeValue = kept_SetAttributeValue,
	.C_FindObjectsInit = kept_FindObjectsInit,
	.C_FindObjects = kept_FindObjects,
	.C_FindObjectsFinal = kept_FindObjectsFinal,
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
