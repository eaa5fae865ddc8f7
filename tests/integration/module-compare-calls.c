/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls of module-compare about the library, slots, sessions and PINs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/module-compare.h"

#define RW (CKF_SERIAL_SESSION | CKF_RW_SESSION)

static CK_BYTE buf[512];
static CK_ULONG len;
static CK_OBJECT_HANDLE object;
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_BBOOL yes = CK_TRUE;
static CK_BYTE label[] = "wrong                           ";
static CK_ATTRIBUTE token = { CKA_TOKEN, &yes, 1 };

/* "GROUP: CALL HANDLE" */
static void
at(const char *group, const char *call, CK_SESSION_HANDLE s, CK_RV rv)
{
	char name[96];

	if (s == CK_INVALID_HANDLE)
		(void)snprintf(name, sizeof(name), "%s: %s 0", group, call);
	else
		(void)snprintf(name, sizeof(name), "%s: %s", group, call);
	step(name, rv, 0);
}

/* Every function with a session, with arguments that are good otherwise. */
static void
call_objects(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	at(g, "C_CreateObject", s, f->C_CreateObject(s, &token, 1, &object));
	at(g, "C_CopyObject", s, f->C_CopyObject(s, 1, &token, 1, &object));
	at(g, "C_DestroyObject", s, f->C_DestroyObject(s, 1));
	at(g, "C_GetObjectSize", s, f->C_GetObjectSize(s, 1, &len));
	at(g, "C_GetAttributeValue", s,
	    f->C_GetAttributeValue(s, 1, &token, 1));
	at(g, "C_SetAttributeValue", s,
	    f->C_SetAttributeValue(s, 1, &token, 1));
	at(g, "C_FindObjectsInit", s, f->C_FindObjectsInit(s, &token, 1));
	at(g, "C_FindObjects", s, f->C_FindObjects(s, &object, 1, &len));
	at(g, "C_FindObjectsFinal", s, f->C_FindObjectsFinal(s));
}

static void
call_sessions(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	CK_SESSION_INFO info;

	at(g, "C_InitPIN", s, f->C_InitPIN(s, softhsm_pin, SOFTHSM_PIN_LEN));
	at(g, "C_SetPIN", s,
	    f->C_SetPIN(s, softhsm_pin, SOFTHSM_PIN_LEN, softhsm_pin,
		SOFTHSM_PIN_LEN));
	at(g, "C_GetSessionInfo", s, f->C_GetSessionInfo(s, &info));
	len = sizeof(buf);
	at(g, "C_GetOperationState", s, f->C_GetOperationState(s, buf, &len));
	at(g, "C_SetOperationState", s,
	    f->C_SetOperationState(s, buf, 8, 0, 0));
	at(g, "C_Login", s,
	    f->C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN));
	at(g, "C_Logout", s, f->C_Logout(s));
	at(g, "C_SeedRandom", s, f->C_SeedRandom(s, buf, 8));
	at(g, "C_GenerateRandom", s, f->C_GenerateRandom(s, buf, 8));
	at(g, "C_GetFunctionStatus", s, f->C_GetFunctionStatus(s));
	at(g, "C_CancelFunction", s, f->C_CancelFunction(s));
	at(g, "C_CloseSession", s, f->C_CloseSession(s));
}

static void
call_crypt(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	CK_BYTE *b = buf;

	len = sizeof(buf);
	at(g, "C_EncryptInit", s, f->C_EncryptInit(s, &ecdsa, 1));
	at(g, "C_Encrypt", s, f->C_Encrypt(s, b, 8, b, &len));
	at(g, "C_EncryptUpdate", s, f->C_EncryptUpdate(s, b, 8, b, &len));
	at(g, "C_EncryptFinal", s, f->C_EncryptFinal(s, b, &len));
	at(g, "C_DecryptInit", s, f->C_DecryptInit(s, &ecdsa, 1));
	at(g, "C_Decrypt", s, f->C_Decrypt(s, b, 8, b, &len));
	at(g, "C_DecryptUpdate", s, f->C_DecryptUpdate(s, b, 8, b, &len));
	at(g, "C_DecryptFinal", s, f->C_DecryptFinal(s, b, &len));
	at(g, "C_DigestInit", s, f->C_DigestInit(s, &sha256));
	at(g, "C_Digest", s, f->C_Digest(s, b, 8, b, &len));
	at(g, "C_DigestUpdate", s, f->C_DigestUpdate(s, b, 8));
	at(g, "C_DigestKey", s, f->C_DigestKey(s, 1));
	at(g, "C_DigestFinal", s, f->C_DigestFinal(s, b, &len));
	at(g, "C_DigestEncryptUpdate", s,
	    f->C_DigestEncryptUpdate(s, b, 8, b, &len));
	at(g, "C_DecryptDigestUpdate", s,
	    f->C_DecryptDigestUpdate(s, b, 8, b, &len));
	at(g, "C_SignEncryptUpdate", s,
	    f->C_SignEncryptUpdate(s, b, 8, b, &len));
	at(g, "C_DecryptVerifyUpdate", s,
	    f->C_DecryptVerifyUpdate(s, b, 8, b, &len));
}

static void
call_sign(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	CK_BYTE *b = buf;

	len = sizeof(buf);
	at(g, "C_SignInit", s, f->C_SignInit(s, &ecdsa, 1));
	at(g, "C_Sign", s, f->C_Sign(s, b, 8, b, &len));
	at(g, "C_SignUpdate", s, f->C_SignUpdate(s, b, 8));
	at(g, "C_SignFinal", s, f->C_SignFinal(s, b, &len));
	at(g, "C_SignRecoverInit", s, f->C_SignRecoverInit(s, &ecdsa, 1));
	at(g, "C_SignRecover", s, f->C_SignRecover(s, b, 8, b, &len));
	at(g, "C_VerifyInit", s, f->C_VerifyInit(s, &ecdsa, 1));
	at(g, "C_Verify", s, f->C_Verify(s, b, 8, b, 8));
	at(g, "C_VerifyUpdate", s, f->C_VerifyUpdate(s, b, 8));
	at(g, "C_VerifyFinal", s, f->C_VerifyFinal(s, b, 8));
	at(g, "C_VerifyRecoverInit", s, f->C_VerifyRecoverInit(s, &ecdsa, 1));
	at(g, "C_VerifyRecover", s, f->C_VerifyRecover(s, b, 8, b, &len));
}

static void
call_keys(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	CK_OBJECT_HANDLE other;

	len = sizeof(buf);
	at(g, "C_GenerateKey", s,
	    f->C_GenerateKey(s, &ecdsa, &token, 1, &object));
	at(g, "C_GenerateKeyPair", s,
	    f->C_GenerateKeyPair(s, &ecdsa, &token, 1, &token, 1, &object,
		&other));
	at(g, "C_WrapKey", s, f->C_WrapKey(s, &ecdsa, 1, 1, buf, &len));
	at(g, "C_UnwrapKey", s,
	    f->C_UnwrapKey(s, &ecdsa, 1, buf, 8, &token, 1, &object));
	at(g, "C_DeriveKey", s,
	    f->C_DeriveKey(s, &ecdsa, 1, &token, 1, &object));
}

static void
call_all(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE s, const char *g)
{
	call_objects(f, s, g);
	call_sessions(f, s, g);
	call_crypt(f, s, g);
	call_sign(f, s, g);
	call_keys(f, s, g);
}

/* Before C_Initialize. */
void
compare_before(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM_INFO mechanism;
	CK_TOKEN_INFO info;
	CK_SLOT_INFO slot;
	CK_SLOT_ID id;
	CK_INFO about;

	step("before: C_GetInfo", f->C_GetInfo(&about), 0);
	step("before: C_GetFunctionList", f->C_GetFunctionList(&f), 0);
	step("before: C_GetFunctionList NULL", f->C_GetFunctionList(NULL), 0);
	step("before: C_GetSlotList", f->C_GetSlotList(0, NULL, &len), 0);
	step("before: C_GetSlotInfo", f->C_GetSlotInfo(x->slot, &slot), 0);
	step("before: C_GetTokenInfo", f->C_GetTokenInfo(x->slot, &info), 0);
	step("before: C_WaitForSlotEvent",
	    f->C_WaitForSlotEvent(CKF_DONT_BLOCK, &id, NULL), 0);
	step("before: C_GetMechanismList",
	    f->C_GetMechanismList(x->slot, NULL, &len), 0);
	step("before: C_GetMechanismInfo",
	    f->C_GetMechanismInfo(x->slot, CKM_ECDSA, &mechanism), 0);
	step("before: C_InitToken",
	    f->C_InitToken(x->slot, softhsm_so_pin, SOFTHSM_SO_PIN_LEN, buf),
	    0);
	step("before: C_OpenSession",
	    f->C_OpenSession(x->slot, RW, NULL, NULL, &x->s), 0);
	step("before: C_CloseAllSessions", f->C_CloseAllSessions(x->slot), 0);
	step("before: C_Finalize", f->C_Finalize(NULL), 0);
	step("before: C_Finalize reserved", f->C_Finalize(buf), 0);
	call_all(f, 1, "before");
}

static CK_RV
mutex_create(void **ret)
{
	*ret = buf;
	return CKR_OK;
}

static CK_RV
mutex_use(void *mutex)
{
	return mutex == buf ? CKR_OK : CKR_MUTEX_BAD;
}

static void
life_try(struct side *x, const char *what, CK_C_INITIALIZE_ARGS *args)
{
	char name[96];
	CK_RV rv;

	rv = x->f->C_Initialize(args);
	(void)snprintf(name, sizeof(name), "life: C_Initialize %s", what);
	step(name, rv, 0);
	if (rv == CKR_OK)
		step("life: C_Finalize after it", x->f->C_Finalize(NULL), 0);
}

void
compare_life(struct side *x)
{
	CK_C_INITIALIZE_ARGS args;
	CK_SESSION_INFO info;

	memset(&args, 0, sizeof(args));
	life_try(x, "with nothing", &args);
	args.flags = CKF_OS_LOCKING_OK;
	life_try(x, "OS_LOCKING_OK", &args);
	args.flags |= CKF_LIBRARY_CANT_CREATE_OS_THREADS;
	life_try(x, "no threads", &args);
	args.pReserved = buf;
	life_try(x, "reserved", &args);
	args.pReserved = NULL;
	args.CreateMutex = mutex_create;
	life_try(x, "one function", &args);
	args.DestroyMutex = mutex_use;
	args.LockMutex = mutex_use;
	life_try(x, "three functions", &args);
	args.UnlockMutex = mutex_use;
	life_try(x, "four functions and OS_LOCKING_OK", &args);
	args.flags = 0;
	life_try(x, "four functions", &args);
	args.LockMutex = NULL;
	life_try(x, "three functions alone", &args);

	compare_start(x);
	step("life: C_Initialize twice", x->f->C_Initialize(NULL), 0);
	step("life: C_Initialize twice, wrongly", x->f->C_Initialize(&args), 0);
	step("life: C_GetInfo NULL", x->f->C_GetInfo(NULL), 0);
	step("life: C_Finalize reserved", x->f->C_Finalize(buf), 0);
	step("life: session still there", x->f->C_GetSessionInfo(x->s, &info),
	    1, (long)info.state);
	step("life: C_Finalize with a session", x->f->C_Finalize(NULL), 0);
	step("life: C_Finalize twice", x->f->C_Finalize(NULL), 0);
	step("life: C_Initialize again", x->f->C_Initialize(NULL), 0);
	step("life: old session", x->f->C_GetSessionInfo(x->s, &info), 0);
	step("life: new session",
	    x->f->C_OpenSession(x->slot, RW, NULL, NULL, &x->s), 0);
	step("life: logged out", x->f->C_GetSessionInfo(x->s, &info), 1,
	    (long)info.state);
	step("life: C_Finalize", x->f->C_Finalize(NULL), 0);
}

/* Handles that denote nothing. */
void
compare_handles(struct side *x)
{
	CK_SESSION_HANDLE closed;

	compare_start(x);
	step("handles: open one more",
	    x->f->C_OpenSession(x->slot, RW, NULL, NULL, &closed), 0);
	step("handles: close it", x->f->C_CloseSession(closed), 0);
	call_all(x->f, CK_INVALID_HANDLE, "handles");
	call_objects(x->f, closed, "handles: closed");
	call_crypt(x->f, closed, "handles: closed");
	call_sign(x->f, closed, "handles: closed");
	call_keys(x->f, closed, "handles: closed");
	step("handles: C_GetSessionInfo far out",
	    x->f->C_GetSessionInfo(~0UL, NULL) != CKR_OK, 0);
	compare_stop(x);
}

static void
slot_lists(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_SLOT_ID ids[16];
	CK_ULONG n = 16;
	CK_RV rv;

	step("slots: C_GetSlotList NULL", f->C_GetSlotList(0, NULL, NULL), 0);
	step("slots: C_GetSlotList count", f->C_GetSlotList(0, NULL, &n), 1,
	    (long)n);
	n = 16;
	rv = f->C_GetSlotList(CK_TRUE, ids, &n);
	step("slots: C_GetSlotList", rv, 1, (long)n);
	n = 1;
	rv = f->C_GetSlotList(CK_TRUE, ids, &n);
	step("slots: C_GetSlotList short", rv, 1, (long)n);
	n = 0;
	rv = f->C_GetSlotList(CK_FALSE, ids, &n);
	step("slots: C_GetSlotList none", rv, 1, (long)n);
	step("slots: C_WaitForSlotEvent",
	    f->C_WaitForSlotEvent(CKF_DONT_BLOCK, ids, NULL), 0);
	step("slots: C_WaitForSlotEvent NULL",
	    f->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), 0);
	step("slots: C_WaitForSlotEvent reserved",
	    f->C_WaitForSlotEvent(CKF_DONT_BLOCK, ids, ids), 0);
	step("slots: C_WaitForSlotEvent blocking",
	    f->C_WaitForSlotEvent(0, ids, NULL), 0);
}

static void
slot_one(struct side *x, CK_SLOT_ID id, const char *which)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_MECHANISM_INFO mechanism;
	CK_SLOT_INFO slot;
	CK_TOKEN_INFO info;
	char name[96];
	CK_RV rv;

	(void)snprintf(name, sizeof(name), "slots: %s slot", which);
	memset(&slot, 0, sizeof(slot));
	rv = f->C_GetSlotInfo(id, &slot);
	step(name, rv, 1, (long)slot.flags);
	memset(&info, 0, sizeof(info));
	rv = f->C_GetTokenInfo(id, &info);
	step(name, rv, 3, (long)info.flags, (long)info.ulMaxPinLen,
	    (long)info.ulSessionCount);
	step(name, f->C_GetSlotInfo(id, NULL), 0);
	step(name, f->C_GetTokenInfo(id, NULL), 0);
	step(name, f->C_GetMechanismList(id, NULL, NULL), 0);
	step(name, f->C_GetMechanismList(id, NULL, &len), 0);
	len = 0;
	step(name, f->C_GetMechanismList(id, &ecdsa.mechanism, &len), 0);
	memset(&mechanism, 0, sizeof(mechanism));
	rv = f->C_GetMechanismInfo(id, CKM_ECDSA, &mechanism);
	step(name, rv, 3, (long)mechanism.flags, (long)mechanism.ulMinKeySize,
	    (long)mechanism.ulMaxKeySize);
	step(name, f->C_GetMechanismInfo(id, CKM_ECDSA, NULL), 0);
	step(name, f->C_GetMechanismInfo(id, 0x8eadbeefUL, &mechanism), 0);
	step(name, f->C_OpenSession(id, CKF_RW_SESSION, NULL, NULL, &x->s), 0);
	step(name, f->C_OpenSession(id, RW, NULL, NULL, NULL), 0);
	rv = f->C_OpenSession(id, CKF_SERIAL_SESSION, NULL, NULL, &x->s);
	step(name, rv, 0);
	step(name, f->C_CloseAllSessions(id), 0);
	step(name, f->C_CloseAllSessions(id), 0);
	step(name, f->C_InitToken(id, softhsm_pin, SOFTHSM_PIN_LEN, label), 0);
	step(name, f->C_InitToken(id, NULL, 0, NULL), 0);
}

void
compare_slots(struct side *x)
{
	CK_SLOT_ID ids[16];
	CK_ULONG n = 16;

	step("slots: C_Initialize", x->f->C_Initialize(NULL), 0);
	slot_lists(x);
	slot_one(x, x->slot, "good");
	slot_one(x, x->slot + 12345, "wrong");
	slot_one(x, ~0UL, "last");
	/* SoftHSMv2 always has a slot without a token, the last one. */
	if (x->f->C_GetSlotList(CK_FALSE, ids, &n) == CKR_OK && n > 1)
		slot_one(x, ids[n - 1], "empty");
	compare_stop(x);
}

void
compare_sessions(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_SESSION_HANDLE more[40];
	CK_SESSION_INFO info;
	CK_TOKEN_INFO t;
	CK_RV rv;

	compare_start(x);
	for (int i = 0; i < 40; i++)
		step("sessions: open",
		    f->C_OpenSession(x->slot, RW, NULL, NULL, &more[i]), 0);
	rv = f->C_GetSessionInfo(more[7], &info);
	step("sessions: C_GetSessionInfo", rv, 3, (long)info.state,
	    (long)info.flags, (long)(info.slotID == x->slot));
	step("sessions: C_GetSessionInfo NULL",
	    f->C_GetSessionInfo(more[7], NULL), 0);
	for (int i = 0; i < 40; i += 3)
		step("sessions: close", f->C_CloseSession(more[i]), 0);
	step("sessions: close twice", f->C_CloseSession(more[0]), 0);
	rv = f->C_GetTokenInfo(x->slot, &t);
	step("sessions: counted", rv, 2, (long)t.ulSessionCount,
	    (long)t.ulRwSessionCount);
	step("sessions: a session only to read",
	    f->C_OpenSession(x->slot, CKF_SERIAL_SESSION, NULL, NULL, more), 0);
	rv = f->C_GetSessionInfo(more[0], &info);
	step("sessions: its state", rv, 1, (long)info.state);
	len = 0;
	step("sessions: C_GetOperationState, none",
	    f->C_GetOperationState(x->s, NULL, &len), 0);
	step("sessions: C_GetOperationState NULL",
	    f->C_GetOperationState(x->s, NULL, NULL), 0);
	step("sessions: C_SetOperationState",
	    f->C_SetOperationState(x->s, buf, 4, 0, 0), 0);
	step("sessions: all of a wrong slot",
	    f->C_CloseAllSessions(x->slot + 9), 0);
	step("sessions: still there", f->C_GetSessionInfo(x->s, &info), 0);
	step("sessions: all", f->C_CloseAllSessions(x->slot), 0);
	step("sessions: gone", f->C_GetSessionInfo(x->s, &info), 0);
	step("sessions: gone too", f->C_CloseSession(more[1]), 0);
	rv = f->C_OpenSession(x->slot, RW, NULL, NULL, &x->s);
	step("sessions: a new one", rv, 0);
	rv = f->C_GetSessionInfo(x->s, &info);
	step("sessions: logged out", rv, 1, (long)info.state);
	compare_stop(x);
}

static void
login_try(struct side *x, CK_USER_TYPE user, const char *pin, const char *what)
{
	CK_SESSION_INFO info;
	CK_BYTE copy[32];
	char name[96];
	CK_RV rv;

	memset(copy, 0, sizeof(copy));
	if (pin != NULL)
		memcpy(copy, pin, strlen(pin));
	rv = x->f->C_Login(x->s, user, pin != NULL ? copy : NULL,
	    pin != NULL ? strlen(pin) : 0);
	(void)snprintf(name, sizeof(name), "login: %s", what);
	step(name, rv, 0);
	rv = x->f->C_GetSessionInfo(x->s, &info);
	step("login: then", rv, 1, (long)info.state);
}

void
compare_login(struct side *x)
{
	CK_FUNCTION_LIST *f = x->f;
	CK_SESSION_HANDLE ro;

	compare_start(x);
	login_try(x, CKU_USER, SOFTHSM_PIN, "again");
	login_try(x, CKU_SO, SOFTHSM_SO_PIN, "as SO too");
	login_try(x, CKU_CONTEXT_SPECIFIC, SOFTHSM_PIN, "for no operation");
	step("login: C_InitPIN as user",
	    f->C_InitPIN(x->s, softhsm_pin, SOFTHSM_PIN_LEN), 0);
	step("login: C_Logout", f->C_Logout(x->s), 0);
	step("login: C_Logout twice", f->C_Logout(x->s), 0);
	login_try(x, CKU_USER, "4321", "a wrong PIN");
	login_try(x, CKU_USER, "", "an empty PIN");
	login_try(x, CKU_USER, NULL, "no PIN");
	login_try(x, 77, SOFTHSM_PIN, "nobody");
	step("login: C_SetPIN, wrong",
	    f->C_SetPIN(x->s, softhsm_so_pin, SOFTHSM_SO_PIN_LEN, softhsm_pin,
		SOFTHSM_PIN_LEN),
	    0);
	step("login: C_SetPIN, too short",
	    f->C_SetPIN(x->s, softhsm_pin, SOFTHSM_PIN_LEN, softhsm_pin, 1), 0);
	step("login: C_SetPIN NULL", f->C_SetPIN(x->s, NULL, 4, NULL, 4), 0);
	step("login: C_SetPIN",
	    f->C_SetPIN(x->s, softhsm_pin, SOFTHSM_PIN_LEN, softhsm_pin,
		SOFTHSM_PIN_LEN),
	    0);
	step("login: a session only to read",
	    f->C_OpenSession(x->slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), 0);
	login_try(x, CKU_SO, SOFTHSM_SO_PIN, "as SO beside it");
	step("login: close it", f->C_CloseSession(ro), 0);
	login_try(x, CKU_SO, SOFTHSM_SO_PIN, "as SO");
	step("login: a session only to read, beside the SO",
	    f->C_OpenSession(x->slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), 0);
	step("login: C_InitPIN NULL", f->C_InitPIN(x->s, NULL, 4), 0);
	step("login: C_InitPIN",
	    f->C_InitPIN(x->s, softhsm_pin, SOFTHSM_PIN_LEN), 0);
	step("login: C_Logout of the SO", f->C_Logout(x->s), 0);
	compare_stop(x);
}
