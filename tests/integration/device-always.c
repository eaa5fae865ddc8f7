/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-always MODULE TOKEN-LABEL PIN: a key of the token that wants a login
 * for each use (9C of a PIV card), with raw ECDSA and with mechanisms of ours.
 * One line per attempt: its name, a tab, and what it gave.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module.h"
#include "tests/support/vectors.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/token.h"

static CK_FUNCTION_LIST *f;
static CK_SESSION_HANDLE s;
static CK_SLOT_ID slot;
static CK_OBJECT_HANDLE private_key, public_key;
static CK_BBOOL yes = CK_TRUE;
static CK_UTF8CHAR *pin;
static struct blob data;

static const struct {
	const char *name;
	CK_MECHANISM_TYPE type;
	bool digest; /* 32 bytes are enough */
} mechanisms[] = {
	{ "ECDSA", CKM_ECDSA, true },
	{ "ECDSA_SHA256", CKM_ECDSA_SHA256, false },
	{ "device signature", CKM_MDOC_DEVICE_SIGNATURE, false },
};

static CK_RV
find(CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	CK_ULONG found = 0;
	CK_RV rv;

	rv = f->C_FindObjectsInit(s, t, n);
	if (rv == CKR_OK)
		rv = f->C_FindObjects(s, ret, 1, &found);
	if (rv == CKR_OK)
		rv = f->C_FindObjectsFinal(s);
	return rv == CKR_OK && found == 0 ? CKR_OBJECT_HANDLE_INVALID : rv;
}

static CK_RV
open_token(const char *label)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id[32];
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ALWAYS_AUTHENTICATE, &yes, 1 } };
	CK_ATTRIBUTE u[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id, sizeof(id) } };
	CK_RV rv = CKR_TOKEN_NOT_PRESENT;
	CK_SLOT_ID slots[64];
	CK_ULONG n = nitems(slots);
	CK_TOKEN_INFO info;

	if (f->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; rv != CKR_OK && i < n; i++)
		if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    memcmp(info.label, label, strlen(label)) == 0) {
			slot = slots[i];
			rv = f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL,
			    NULL, &s);
		}
	if (rv == CKR_OK)
		rv = f->C_Login(s, CKU_USER, pin, strlen((char *)pin));
	if (rv == CKR_OK)
		rv = find(t, nitems(t), &private_key);
	if (rv == CKR_OK)
		rv = f->C_GetAttributeValue(s, private_key, u + 1, 1);
	class = CKO_PUBLIC_KEY;
	return rv == CKR_OK ? find(u, nitems(u), &public_key) : rv;
}

static CK_RV
use_in(CK_SESSION_HANDLE in, size_t i, bool login)
{
	CK_MECHANISM m = { mechanisms[i].type, NULL, 0 };
	CK_ULONG n = mechanisms[i].digest ? 32 : (CK_ULONG)data.len;
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_ULONG len = sizeof(sig);
	CK_RV rv;

	rv = f->C_Login(in, CKU_USER, pin, strlen((char *)pin));
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		rv = f->C_SignInit(in, &m, private_key);
	if (rv == CKR_OK && login)
		rv = f->C_Login(in, CKU_CONTEXT_SPECIFIC, pin,
		    strlen((char *)pin));
	if (rv == CKR_OK)
		rv = f->C_Sign(in, data.ptr, n, sig, &len);
	if (rv == CKR_OK)
		rv = f->C_VerifyInit(in, &m, public_key);
	return rv == CKR_OK ? f->C_Verify(in, data.ptr, n, sig, len) : rv;
}

/*
 * In a session of its own: without the login, OpenSC leaves the operation in
 * the session for good, and ends the other login too.
 */
static CK_RV
use(size_t i, bool login)
{
	CK_SESSION_HANDLE own;
	CK_RV rv, end;

	rv = f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &own);
	if (rv != CKR_OK)
		return rv;
	rv = use_in(own, i, login);
	end = f->C_CloseSession(own);
	return end == CKR_OK ? rv : end;
}

int
main(int argc, char **argv)
{
	CK_RV rv;

	if (argc != 4 || (f = module_open(argv[1])) == NULL ||
	    !vectors_read_own("tests/vectors/device-mac/data.hex", &data))
		return 2;
	pin = (CK_UTF8CHAR *)argv[3];
	rv = f->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = open_token(argv[2]);
	printf("a key\t%s\n", token_rv_name(rv));
	for (size_t i = 0; rv == CKR_OK && i < nitems(mechanisms); i++) {
		printf("%s\t%s\n", mechanisms[i].name,
		    token_rv_name(use(i, true)));
		printf("%s without login\t%s\n", mechanisms[i].name,
		    token_rv_name(use(i, false)));
		printf("%s again\t%s\n", mechanisms[i].name,
		    token_rv_name(use(i, true)));
	}
	f->C_Finalize(NULL);
	blob_reset(&data);
	return rv == CKR_OK ? 0 : 1;
}
