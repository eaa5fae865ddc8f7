/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NSS softokn below the module: a device that wants an initialisation string,
 * numbers its slots in its own way, and does HKDF itself (key path A).
 */
#include "config.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/pkcs11-3.h"

/* Slot 1, "NSS Generic Crypto Services": no login, session objects only. */
#define SLOT 1

static char conf[] = "/tmp/p11-mdoc-nss-XXXXXX";

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
	    "[module]\nminimum-path = A\n[device nss]\nmodule = %s\n"
	    "init-args = configdir='' certPrefix='' keyPrefix='' secmod=''\n"
	    "\tflags=readOnly,noCertDB,noModDB,forceOpen,optimizeSpace\n"
	    "slots = 1\n",
	    info.dli_fname);
	return fclose(f) == 0 && setenv("P11_MDOC_CONF", conf, 1) == 0 &&
		C_Initialize(NULL) == CKR_OK
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

/* DeviceAuthenticationBytes of tests/vectors; skips without NSS. */
static void
test_path(void **state)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM mac = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE pub_template[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } };
	CK_ATTRIBUTE priv_template[] = { { CKA_DERIVE, &yes, 1 },
		{ CKA_SIGN, &yes, 1 }, { CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 } };
	CK_OBJECT_HANDLE pub, priv, found;
	CK_ULONG path = 0, len = 64, n = 0;
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, &path, sizeof(path) };
	struct blob data = BLOB_INIT;
	CK_BYTE tag[64];
	CK_SESSION_HANDLE s;

	(void)state;
	if (module_device() == NULL) {
		print_message("# skipped: libsoftokn3.so is not here\n");
		skip();
	}
	assert_true(vectors_read_own("tests/vectors/device-mac/data.hex",
	    &data));
	assert_int_equal(C_OpenSession(SLOT, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	assert_int_equal(C_GenerateKeyPair(s, &pair, pub_template, 1,
			     priv_template, 4, &pub, &priv),
	    CKR_OK);
	assert_int_equal(C_GetAttributeValue(s, priv, &a, 1), CKR_OK);
	assert_int_equal(path, MDOC_KEY_PATH_A);
	assert_int_equal(C_SignInit(s, &mac, priv), CKR_OK);
	assert_int_equal(C_Sign(s, data.ptr, data.len, tag, &len), CKR_OK);
	assert_int_equal(len, 32);
	/* The derived keys are gone. */
	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	do {
		assert_int_equal(C_FindObjects(s, &found, 1, &len), CKR_OK);
		n += len;
	} while (len > 0);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(C_CloseSession(s), CKR_OK);
	blob_reset(&data);
}

static void
test_slots(void **state)
{
	CK_SLOT_ID slots[8];
	CK_SLOT_INFO info;
	CK_ULONG n = 8;

	(void)state;
	if (module_device() == NULL)
		skip();
	assert_int_equal(C_GetSlotList(CK_FALSE, slots, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(slots[0], SLOT);
	assert_int_equal(C_GetSlotInfo(2, &info), CKR_SLOT_ID_INVALID);
}

/* What the device has is the device's, and is there once. */
static void
test_native(void **state)
{
	static const CK_MECHANISM_TYPE native[] = { CKM_ECDSA_SHA256,
		CKM_ECDSA_SHA512, CKM_HKDF_DERIVE, CKM_HKDF_DATA,
		CKM_SHA256_HMAC };
	static CK_MECHANISM_TYPE list[512];
	CK_MECHANISM_INFO ours, own;
	CK_ULONG n = nitems(list);

	(void)state;
	if (module_device() == NULL)
		skip();
	assert_int_equal(C_GetMechanismList(SLOT, list, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++)
		for (CK_ULONG k = 0; k < i; k++)
			assert_int_not_equal(list[i], list[k]);
	for (size_t i = 0; i < nitems(native); i++) {
		assert_int_equal(module_device()->f->C_GetMechanismInfo(SLOT,
				     native[i], &own),
		    CKR_OK);
		assert_int_equal(C_GetMechanismInfo(SLOT, native[i], &ours),
		    CKR_OK);
		assert_memory_equal(&ours, &own, sizeof(own));
	}
}

/* A state that is brought back ends what we were doing. */
static void
test_state(void **state)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM sign = { CKM_MDOC_DEVICE_SIGNATURE, NULL, 0 };
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_ATTRIBUTE pub_template[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE saved[2048], out[64];
	CK_ULONG saved_len = sizeof(saved), len = sizeof(out);
	CK_SESSION_HANDLE s;

	(void)state;
	if (module_device() == NULL)
		skip();
	assert_int_equal(C_OpenSession(SLOT, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	assert_int_equal(C_GenerateKeyPair(s, &pair, pub_template, 1, NULL, 0,
			     &pub, &priv),
	    CKR_OK);
	assert_int_equal(C_DigestInit(s, &sha256), CKR_OK);
	assert_int_equal(C_DigestUpdate(s, saved, 0), CKR_OK);
	assert_int_equal(C_GetOperationState(s, saved, &saved_len), CKR_OK);
	assert_int_equal(C_SignInit(s, &sign, priv), CKR_OK);
	assert_int_equal(C_SetOperationState(s, saved, saved_len, 0, 0),
	    CKR_OK);
	assert_int_equal(C_Sign(s, p256, sizeof(p256), out, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	len = sizeof(out);
	assert_int_equal(C_DigestFinal(s, out, &len), CKR_OK);
	assert_int_equal(len, 32);
	assert_int_equal(C_CloseSession(s), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_state),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
