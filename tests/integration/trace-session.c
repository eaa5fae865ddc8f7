/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What trace.sh runs: a session with all that must never be in a trace. Usage:
 * trace-session SECRETS MODULE, with the token of tests/support/softhsm.sh.
 * SECRETS gets a line of hexadecimal for each secret.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/api/pkcs11-3.h"
#include "tests/support/module.h"

#define MODULE_RW  (CKF_SERIAL_SESSION | CKF_RW_SESSION)
#define SECRET_LEN 32

static CK_FUNCTION_LIST *f;
static CK_SESSION_HANDLE s;
static FILE *secrets;
static int failures;

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void
secret(const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		fprintf(secrets, "%02x", p[i]);
	fputc('\n', secrets);
}

static bool
ok(const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return true;
	printf("# %s: 0x%lx\n", what, rv);
	failures++;
	return false;
}

static void
start(void)
{
	static CK_UTF8CHAR pin2[] = "8642097531";
	CK_SLOT_ID slots[16] = { 0 };
	CK_ULONG n = nitems(slots);

	(void)ok("C_Initialize", f->C_Initialize(NULL));
	(void)f->C_GetSlotList(CK_TRUE, slots, &n);
	(void)ok("C_OpenSession",
	    f->C_OpenSession(slots[0], MODULE_RW, NULL, NULL, &s));
	secret(softhsm_pin, SOFTHSM_PIN_LEN);
	secret(softhsm_so_pin, SOFTHSM_SO_PIN_LEN);
	secret(pin2, sizeof(pin2) - 1);
	(void)ok("C_Login",
	    f->C_Login(s, CKU_SO, softhsm_so_pin, SOFTHSM_SO_PIN_LEN));
	(void)ok("C_InitPIN", f->C_InitPIN(s, pin2, sizeof(pin2) - 1));
	(void)ok("C_Logout", f->C_Logout(s));
	(void)ok("C_SetPIN",
	    f->C_SetPIN(s, pin2, sizeof(pin2) - 1, softhsm_pin,
		SOFTHSM_PIN_LEN));
	(void)ok("C_Login",
	    f->C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN));
}

/* A key whose value the application knows, and what it does with it. */
static void
use_secret_key(void)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BYTE value[SECRET_LEN], text[64], out[128], back[128];
	CK_BYTE iv[16] = { 0 };
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &yes, sizeof(yes) },
		{ CKA_VALUE, value, sizeof(value) },
	};
	CK_ATTRIBUTE get = { CKA_VALUE, back, sizeof(back) };
	CK_MECHANISM m = { CKM_AES_CBC_PAD, iv, sizeof(iv) };
	CK_ULONG n = sizeof(out), back_len = sizeof(back);
	CK_OBJECT_HANDLE key;

	(void)ok("C_GenerateRandom",
	    f->C_GenerateRandom(s, value, sizeof(value)));
	(void)ok("C_GenerateRandom",
	    f->C_GenerateRandom(s, text, sizeof(text)));
	(void)ok("C_SeedRandom", f->C_SeedRandom(s, text, sizeof(text)));
	secret(value, sizeof(value));
	secret(text, sizeof(text));
	if (!ok("C_CreateObject", f->C_CreateObject(s, t, nitems(t), &key)))
		return;
	(void)ok("C_GetAttributeValue",
	    f->C_GetAttributeValue(s, key, &get, 1));
	(void)ok("C_EncryptInit", f->C_EncryptInit(s, &m, key));
	(void)ok("C_Encrypt", f->C_Encrypt(s, text, sizeof(text), out, &n));
	(void)ok("C_DecryptInit", f->C_DecryptInit(s, &m, key));
	(void)ok("C_Decrypt", f->C_Decrypt(s, out, n, back, &back_len));
	m = (CK_MECHANISM){ CKM_SHA256, NULL, 0 };
	n = sizeof(out);
	(void)ok("C_DigestInit", f->C_DigestInit(s, &m));
	(void)ok("C_Digest", f->C_Digest(s, text, sizeof(text), out, &n));
}

/* A data object, changed. */
static void
use_data(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE value[SECRET_LEN], other[SECRET_LEN];
	char label[] = "note (of \"trace\")";
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_LABEL, label, sizeof(label) - 1 },
		{ CKA_VALUE, value, sizeof(value) },
	};
	CK_ATTRIBUTE set = { CKA_VALUE, other, sizeof(other) };
	CK_OBJECT_HANDLE o;

	(void)f->C_GenerateRandom(s, value, sizeof(value));
	(void)f->C_GenerateRandom(s, other, sizeof(other));
	secret(value, sizeof(value));
	secret(other, sizeof(other));
	/* SoftHSMv2 refuses that; in the trace it is all the same. */
	if (ok("C_CreateObject", f->C_CreateObject(s, t, nitems(t), &o)))
		(void)f->C_SetAttributeValue(s, o, &set, 1);
}

/* A private key that is imported, and a shared secret that is read. */
static void
use_private_key(void)
{
	static const CK_BYTE base[] = { /* of P-256 */
		0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8,
		0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
		0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
		0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
		0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
		0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
		0x68, 0x37, 0xbf, 0x51, 0xf5
	};
	CK_BYTE d[SECRET_LEN], z[SECRET_LEN];
	struct softhsm_key k = { .d = bytes_of(d, sizeof(d)) };
	CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, sizeof(base),
		(CK_BYTE *)(uintptr_t)base };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE get = { CKA_VALUE, z, sizeof(z) };
	CK_OBJECT_HANDLE key, made;

	(void)f->C_GenerateRandom(s, d, sizeof(d));
	d[0] = 1;
	secret(d, sizeof(d));
	if (!ok("import", softhsm_import(f, s, &k, &key, NULL)) ||
	    !ok("C_DeriveKey",
		f->C_DeriveKey(s, &m, key, t, nitems(t), &made)) ||
	    !ok("C_GetAttributeValue",
		f->C_GetAttributeValue(s, made, &get, 1)))
		return;
	secret(z, sizeof(z));
}

/* What PKCS#11 3.0 adds; SoftHSMv2 has none of it. */
static void
use_3_0(const char *module)
{
	union {
		void *object;
		CK_C_GetInterface get;
	} u;

	static CK_UTF8CHAR pin[] = "1357908642", name[] = "a user's name";
	CK_VERSION version = { 3, 0 };
	CK_INTERFACE *i = NULL;
	CK_FUNCTION_LIST_3_0 *f3;
	CK_MECHANISM m = { CKM_AES_GCM, NULL, 0 };

	u.object =
	    dlsym(dlopen(module, RTLD_NOW | RTLD_NOLOAD), "C_GetInterface");
	if (u.object == NULL ||
	    !ok("C_GetInterface", u.get(NULL, &version, &i, 0)))
		return;
	f3 = i->pFunctionList;
	secret(pin, sizeof(pin) - 1);
	secret(name, sizeof(name) - 1);
	(void)f3->C_LoginUser(s, CKU_USER, pin, sizeof(pin) - 1, name,
	    sizeof(name) - 1);
	(void)f3->C_SessionCancel(s, CKF_SIGN);
	(void)f3->C_MessageEncryptInit(s, &m, 1);
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 99;
	secrets = fopen(argv[1], "we");
	f = module_open(argv[2]);
	if (secrets == NULL || f == NULL)
		return 99;
	start();
	use_secret_key();
	use_data();
	use_private_key();
	use_3_0(argv[2]);
	(void)ok("C_CloseSession", f->C_CloseSession(s));
	(void)ok("C_Finalize", f->C_Finalize(NULL));
	(void)fclose(secrets);
	return failures > 0;
}
