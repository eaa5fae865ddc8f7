/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-card MODULE PIN [look]: what a module answers while a card is pulled
 * out and put back by the commands in REMOVE and INSERT, one line per call.
 * Run on a device's own module and through ours, the lines are the same. With
 * "look", the slot is asked about before. Lines of vendor mechanisms begin with
 * "vendor".
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "tests/support/vectors.h"
#include "vendor-ext/token.h"

static CK_FUNCTION_LIST *f;
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key, agreement_key;
static struct blob data;
static const char *when;

static void
say(const char *what, CK_RV rv)
{
	printf("%s: %s: %s\n", when, what, token_rv_name(rv));
	fflush(stdout);
}

static void
order(const char *name)
{
	const char *command = secure_getenv(name);

	if (command == NULL || system(command) != 0)
		exit(1);
}

static CK_RV
find(CK_ATTRIBUTE_TYPE use, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ use, &yes, sizeof(yes) } };
	CK_ULONG n = 0;
	CK_RV rv = f->C_FindObjectsInit(s, t, nitems(t));

	*ret = CK_INVALID_HANDLE;
	if (rv == CKR_OK)
		rv = f->C_FindObjects(s, ret, 1, &n);
	if (rv == CKR_OK)
		rv = f->C_FindObjectsFinal(s);
	return rv == CKR_OK && n == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static void
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE with, const char *init,
    const char *then)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out), n = type == CKM_ECDSA ? 32 : data.len;
	CK_RV rv = f->C_SignInit(s, &m, with);

	say(init, rv);
	if (rv == CKR_OK)
		say(then, f->C_Sign(s, data.ptr, n, out, &len));
}

static void
vendor(void)
{
	sign(CKM_MDOC_DEVICE_SIGNATURE, key, "vendor C_SignInit, signature",
	    "vendor C_Sign, signature");
	sign(CKM_MDOC_DEVICE_MAC, agreement_key, "vendor C_SignInit, MAC",
	    "vendor C_Sign, MAC");
}

static void
event(void)
{
	CK_SLOT_ID which = 0;
	CK_RV rv = f->C_WaitForSlotEvent(CKF_DONT_BLOCK, &which, NULL);

	say("C_WaitForSlotEvent", rv);
	if (rv == CKR_OK && which != slot)
		printf("another slot: %lu\n", which);
}

static void
slot_calls(void)
{
	CK_TOKEN_INFO token;
	CK_SLOT_INFO info;
	CK_ULONG n = 0;
	CK_RV rv;

	event();
	say("C_GetTokenInfo", f->C_GetTokenInfo(slot, &token));
	rv = f->C_GetSlotInfo(slot, &info);
	say("C_GetSlotInfo", rv);
	if (rv == CKR_OK)
		printf("%s: flags %lx\n", when, info.flags);
	rv = f->C_GetSlotList(CK_TRUE, NULL, &n);
	printf("%s: C_GetSlotList: %s, %lu\n", when, token_rv_name(rv), n);
	event();
}

static void
session_calls(void)
{
	CK_SESSION_INFO info;

	sign(CKM_ECDSA, key, "C_SignInit", "C_Sign");
	say("C_GetSessionInfo", f->C_GetSessionInfo(s, &info));
	sign(CKM_ECDSA, key, "C_SignInit again", "C_Sign again");
}

static CK_RV
load(const char *module)
{
	void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	CK_SLOT_ID slots[8];
	CK_ULONG n = nitems(slots);

	union {
		void *object;
		CK_C_GetFunctionList function;
	} u;

	CK_RV rv;

	u.object = library != NULL ? dlsym(library, "C_GetFunctionList") : NULL;
	if (u.object == NULL || u.function(&f) != CKR_OK)
		return CKR_GENERAL_ERROR;
	rv = f->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = f->C_GetSlotList(CK_TRUE, slots, &n);
	if (rv != CKR_OK || n == 0)
		return CKR_TOKEN_NOT_PRESENT;
	slot = slots[0];
	return CKR_OK;
}

static void
login(const char *pin)
{
	CK_UTF8CHAR copy[32];
	size_t n = strlen(pin);

	memcpy(copy, pin, n < sizeof(copy) ? n : sizeof(copy));
	say("C_OpenSession",
	    f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &s));
	say("C_Login", f->C_Login(s, CKU_USER, copy, n));
	say("the signing key", find(CKA_SIGN, &key));
	say("the agreement key", find(CKA_DERIVE, &agreement_key));
}

int
main(int argc, char **argv)
{
	bool look = argc == 4 && strcmp(argv[3], "look") == 0;
	CK_SESSION_HANDLE old;
	CK_SESSION_INFO info;

	if (argc < 3 || load(argv[1]) != CKR_OK ||
	    !vectors_read_own("tests/vectors/device-mac/data.hex", &data))
		return 1;
	when = "before";
	login(argv[2]);
	session_calls();
	vendor();
	if (look)
		slot_calls();
	order("REMOVE");
	when = "removed";
	session_calls();
	vendor();
	slot_calls();
	session_calls();
	order("INSERT");
	when = "inserted";
	session_calls();
	vendor();
	slot_calls();
	old = s;
	login(argv[2]);
	session_calls();
	vendor();
	say("the old session", f->C_GetSessionInfo(old, &info));
	say("C_CloseSession", f->C_CloseSession(s));
	say("C_Finalize", f->C_Finalize(NULL));
	blob_reset(&data);
	return 0;
}
