/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NSS softokn below the module, by its functions of 3.0: messages and
 * C_SessionCancel arrive there and come back.
 */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/api/interface.h"
#include "tests/support/module-start.h"

/* "NSS Generic Crypto Services": no login, session objects only. */
#define SLOT 1

static char conf[] = "/tmp/p11-mdoc-nss-3-XXXXXX";
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE key;

static int
setup(void **state)
{
	void *library = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
	Dl_info info;
	FILE *f;
	int fd;

	(void)state;
	if (library == NULL)
		return 0;
	fd = mkstemp(conf);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL ||
	    dladdr(dlsym(library, "C_GetFunctionList"), &info) == 0)
		return -1;
	fprintf(f,
	    "[device nss]\nmodule = %s\n"
	    "init-args = configdir='' certPrefix='' keyPrefix='' secmod=''\n"
	    "\tflags=readOnly,noCertDB,noModDB,forceOpen,optimizeSpace\n",
	    info.dli_fname);
	return fclose(f) == 0 && setenv("P11_MDOC_CONF", conf, 1) == 0 &&
		C_Initialize(NULL) == CKR_OK &&
		C_OpenSession(SLOT, MODULE_RW, NULL, NULL, &s) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(conf);
	if (module_device() == NULL)
		return 0;
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static void
need_nss(void)
{
	if (module_device() == NULL) {
		print_message("# skipped: libsoftokn3.so is not here\n");
		skip();
	}
}

static void
test_lists(void **state)
{
	(void)state;
	need_nss();
	assert_non_null(module_device()->f3);
	assert_int_equal(module_device()->f3->version.major, 3);
	/* NSS 3.87 has no 3.2; whatever it has is what we offer. */
	assert_int_equal(interface_offers_3_2(), module_device()->f32 != NULL);
}

static void
make_key(void)
{
	CK_MECHANISM gen = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 32;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_DECRYPT, &yes, 1 } };

	assert_int_equal(C_GenerateKey(s, &gen, t, 3, &key), CKR_OK);
}

/* Two messages under one key, with the parameter of AEAD. */
static void
test_messages(void **state)
{
	CK_MECHANISM m = { CKM_AES_GCM, NULL, 0 };
	CK_BYTE aad[] = "header", text[] = "two messages under one key";
	CK_BYTE iv[2][12], tag[2][16], sealed[2][64], opened[64];
	CK_GCM_MESSAGE_PARAMS p = { NULL, 12, 0, CKG_NO_GENERATE, NULL, 128 };
	CK_ULONG sealed_len[2], len;

	(void)state;
	need_nss();
	make_key();
	assert_int_equal(C_MessageEncryptInit(s, &m, key), CKR_OK);
	for (int i = 0; i < 2; i++) {
		memset(iv[i], i + 1, sizeof(iv[i]));
		p.pIv = iv[i];
		p.pTag = tag[i];
		sealed_len[i] = sizeof(sealed[i]);
		assert_int_equal(C_EncryptMessage(s, &p, sizeof(p), aad,
				     sizeof(aad), text, sizeof(text), sealed[i],
				     &sealed_len[i]),
		    CKR_OK);
		assert_int_equal(sealed_len[i], sizeof(text));
		assert_memory_not_equal(sealed[i], text, sizeof(text));
	}
	assert_int_equal(C_MessageEncryptFinal(s), CKR_OK);
	assert_memory_not_equal(sealed[0], sealed[1], sizeof(text));
	assert_int_equal(C_MessageDecryptInit(s, &m, key), CKR_OK);
	for (int i = 1; i >= 0; i--) {
		p.pIv = iv[i];
		p.pTag = tag[i];
		len = sizeof(opened);
		assert_int_equal(C_DecryptMessage(s, &p, sizeof(p), aad,
				     sizeof(aad), sealed[i], sealed_len[i],
				     opened, &len),
		    CKR_OK);
		assert_int_equal(len, sizeof(text));
		assert_memory_equal(opened, text, len);
	}
	/* What was tampered with does not open. */
	tag[0][3] ^= 1;
	len = sizeof(opened);
	assert_int_not_equal(C_DecryptMessage(s, &p, sizeof(p), aad,
				 sizeof(aad), sealed[0], sealed_len[0], opened,
				 &len),
	    CKR_OK);
	assert_int_equal(C_MessageDecryptFinal(s), CKR_OK);
	assert_int_equal(C_MessageDecryptFinal(s),
	    CKR_OPERATION_NOT_INITIALIZED);
}

/* By the device's own function: a signature too, which 2.40 cannot end. */
static void
test_cancel(void **state)
{
	CK_MECHANISM sha = { CKM_SHA256, NULL, 0 };
	CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_MECHANISM gen = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG bytes = 32;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &bytes, sizeof(bytes) },
		{ CKA_SIGN, &yes, 1 } };
	CK_BYTE data[4] = { 1 }, out[64];
	CK_ULONG len = sizeof(out);

	(void)state;
	need_nss();
	assert_int_equal(C_GenerateKey(s, &gen, t, 2, &key), CKR_OK);
	assert_int_equal(C_SignInit(s, &hmac, key), CKR_OK);
	assert_int_equal(C_SignUpdate(s, data, sizeof(data)), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_SIGN), CKR_OK);
	assert_int_equal(C_SignFinal(s, out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_DigestInit(s, &sha), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_DIGEST), CKR_OK);
	assert_int_equal(C_DigestInit(s, &sha), CKR_OK);
	len = sizeof(out);
	assert_int_equal(C_DigestFinal(s, out, &len), CKR_OK);
	/* Searches, and what is ours, are not asked of NSS. */
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_SessionCancel(s, CKF_FIND_OBJECTS), CKR_OK);
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(C_SessionCancel(s, 0), CKR_OK);
}

/* What is passed gets the device's own answer. */
static void
test_same_answers(void **state)
{
	CK_MECHANISM bad = { CKM_SHA256, NULL, 0 };
	CK_FUNCTION_LIST_3_0 *f;
	CK_SESSION_HANDLE raw;
	CK_UTF8CHAR name[] = "name", pin[] = "pin";

	(void)state;
	need_nss();
	f = module_device()->f3;
	assert_int_equal(f->C_OpenSession(SLOT, MODULE_RW, NULL, NULL, &raw),
	    CKR_OK);
	assert_int_equal(C_MessageSignInit(s, &bad, 1),
	    f->C_MessageSignInit(raw, &bad, 1));
	assert_int_equal(C_SignMessageBegin(s, NULL, 0),
	    f->C_SignMessageBegin(raw, NULL, 0));
	assert_int_equal(C_MessageVerifyFinal(s), f->C_MessageVerifyFinal(raw));
	assert_int_equal(C_LoginUser(s, CKU_USER, pin, 3, name, 4),
	    f->C_LoginUser(raw, CKU_USER, pin, 3, name, 4));
	assert_int_equal(C_LoginUser(s, CKU_USER, pin, 3, NULL, 0),
	    f->C_LoginUser(raw, CKU_USER, pin, 3, NULL, 0));
	assert_int_equal(f->C_CloseSession(raw), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_same_answers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
