/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/api/api.h"
#include "module/device/expect.h"
#include "tests/support/module-start.h"
#include "tests/support/vectors.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob d, data, tag;

#define VECTOR(name) "tests/vectors/device-mac/" name ".hex"

static int
setup(void **state)
{
	(void)state;
	return module_start(&hsm, &s) &&
		vectors_read_own(VECTOR("device-key"), &d) &&
		vectors_read_own(VECTOR("data"), &data) &&
		vectors_read_own(VECTOR("tag"), &tag)
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&d);
	blob_reset(&data);
	blob_reset(&tag);
	return 0;
}

static unsigned derivations;

static CK_RV
count(const char *function)
{
	derivations += !strcmp(function, "C_DeriveKey");
	return CKR_OK;
}

/* How many derivations one MAC takes. */
static unsigned
mac(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);

	derivations = 0;
	module_device()->fault = count;
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	module_device()->fault = NULL;
	assert_memory_equal(out, tag.ptr, tag.len);
	return derivations;
}

static CK_OBJECT_HANDLE
import(void)
{
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	struct softhsm_key key = { .d = blob_bytes(&d) };
	CK_OBJECT_HANDLE h = 0;

	assert_int_equal(softhsm_import(&f, s, &key, &h, NULL), CKR_OK);
	return h;
}

/*
 * Another key, both of which are remembered at once: two may come to share an
 * entry, which is one chance in 32 as handles are what they are.
 */
static CK_OBJECT_HANDLE
import_beside(CK_OBJECT_HANDLE one)
{
	for (unsigned i = 0; i < 16; i++) {
		CK_OBJECT_HANDLE other = import();

		(void)mac(one);
		(void)mac(other);
		if (mac(one) == 1)
			return other;
	}
	fail_msg("no two keys are remembered at once");
	return 0;
}

/* SoftHSMv2 refuses paths A and B, and is asked about them once for a key. */
static void
test_once(void **state)
{
	CK_OBJECT_HANDLE one = import(), other;
	CK_SESSION_HANDLE second;
	unsigned first;

	(void)state;
	first = mac(one);
	assert_true(first > 1);
	assert_int_equal(mac(one), 1);
	other = import_beside(one);
	expect_forget(&module_device()->expect);
	assert_int_equal(mac(one), first);
	assert_int_equal(mac(other), first);
	assert_int_equal(mac(other), 1);
	assert_int_equal(mac(one), 1);
	/* forgotten with any object */
	assert_int_equal(C_DestroyObject(s, other), CKR_OK);
	assert_int_equal(mac(one), first);
	assert_int_equal(mac(one), 1);
	/* with a session */
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL,
			     &second),
	    CKR_OK);
	assert_int_equal(mac(one), 1);
	assert_int_equal(C_CloseSession(second), CKR_OK);
	assert_int_equal(mac(one), first);
	/* and with a logout */
	assert_int_equal(mac(one), 1);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	one = import();
	assert_int_equal(mac(one), first);
}

static bool refuse;

static CK_RV
no_digest_key(const char *function)
{
	return refuse && !strcmp(function, "C_DigestKey") ? CKR_KEY_INDIGESTIBLE
							  : CKR_OK;
}

/* What is expected is a hint: another path is found if it does not go. */
static void
test_hint(void **state)
{
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	CK_OBJECT_HANDLE key = import();
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);

	(void)state;
	(void)mac(key);
	assert_int_equal(mac(key), 1);
	module_device()->fault = no_digest_key;
	refuse = true;
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	assert_int_equal(C_Sign(s, data.ptr, data.len, out, &len), CKR_OK);
	assert_memory_equal(out, tag.ptr, tag.len);
	module_device()->fault = NULL;
}

static void
test_table(void **state)
{
	static struct device device;
	struct api_call c = { .device = &device, .slot = 3 };
	struct api_call other = { .device = &device, .slot = 4 };

	(void)state;
	assert_int_equal(expect_path(&c, 7, 1), AGREE_PATH_UNKNOWN);
	expect_note(&c, 7, 1, AGREE_PATH_C);
	assert_int_equal(expect_path(&c, 7, 1), AGREE_PATH_C);
	assert_int_equal(expect_path(&c, 8, 1), AGREE_PATH_UNKNOWN);
	assert_int_equal(expect_path(&c, 7, 2), AGREE_PATH_UNKNOWN);
	assert_int_equal(expect_path(&other, 7, 1), AGREE_PATH_UNKNOWN);
	expect_note(&c, 7, 1, AGREE_PATH_UNKNOWN);
	assert_int_equal(expect_path(&c, 7, 1), AGREE_PATH_UNKNOWN);
	/* more keys than there is room for */
	for (CK_OBJECT_HANDLE k = 0; k < 1000; k++) {
		expect_note(&c, k, 1, AGREE_PATH_D);
		assert_int_equal(expect_path(&c, k, 1), AGREE_PATH_D);
	}
	expect_forget(&device.expect);
	for (CK_OBJECT_HANDLE k = 0; k < 1000; k++)
		assert_int_equal(expect_path(&c, k, 1), AGREE_PATH_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
