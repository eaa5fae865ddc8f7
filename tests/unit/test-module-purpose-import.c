/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that are bound as they are imported or unwrapped, over SoftHSMv2. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/pkcs11-3.h"

#define DENIED CKR_KEY_FUNCTION_NOT_PERMITTED

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob peer, device_data;
static CK_BYTE out[256];
static CK_ULONG len;

static int
setup(void **state)
{
	const struct curve *p256 = curve_by_cose(1);

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	bound_peer(p256, &peer);
	bound_device_data(BOUND_DOC_TYPE, p256, blob_bytes(&peer),
	    &device_data);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&peer);
	blob_reset(&device_data);
	return 0;
}

static CK_RV
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct blob *data)
{
	len = sizeof(out);
	return bound_sign(s, type, key, blob_bytes(data), out, &len);
}

static CK_OBJECT_HANDLE
generate(const struct bound_key *k)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(bound_generate(s, k, &key, NULL), CKR_OK);
	return key;
}

static CK_ULONG
count(CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n;

	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

static CK_OBJECT_HANDLE
find_one(CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n_found;

	assert_int_equal(C_FindObjectsInit(s, t, n), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n_found),
	    CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n_found == 1 ? found[0] : CK_INVALID_HANDLE;
}

/* The templates of both; what a bound key must be is added. */
static void
imported_is_bound(CK_RV rv, CK_OBJECT_HANDLE key)
{
	CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
	CK_ATTRIBUTE a[] = { { CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &extractable, 1 } };

	assert_int_equal(rv, CKR_OK);
	assert_int_equal(C_GetAttributeValue(s, key, a, nitems(a)), CKR_OK);
	assert_true(sensitive && !extractable);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
	    MDOC_PURPOSE_DEVICE);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(sign(CKM_MDOC_DEVICE_SIGNATURE, key, &device_data),
	    CKR_OK);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	assert_int_equal(count(CKO_DATA), 0);
}

static void
test_import(void **state)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_BYTE value[32] = { 7 }, id = 'i';
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY, data = CKO_DATA;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG purpose = MDOC_PURPOSE_DEVICE;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &yes, 1 },
		{ CKA_SIGN, &yes, 1 }, { CKA_ID, &id, 1 },
		{ CKA_MDOC_PURPOSE, &purpose, sizeof(purpose) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_RV rv;

	(void)state;
	rv = C_CreateObject(s, t, nitems(t), &key);
	imported_is_bound(rv, key);
	/* not of anything else, and not of a key that the device refuses */
	t[0].pValue = &data;
	assert_int_equal(C_CreateObject(s, t, nitems(t), &key),
	    CKR_TEMPLATE_INCONSISTENT);
	t[0].pValue = &class;
	assert_int_not_equal(C_CreateObject(s, t, nitems(t) - 1, &key), CKR_OK);
	/* SoftHSMv2 leaves a broken one: then it is bound */
	if (count(CKO_PRIVATE_KEY) > 0) {
		key = find_one(t, 1);
		assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
		    MDOC_PURPOSE_DEVICE);
	} else {
		assert_int_equal(count(CKO_DATA), 0);
	}
}

static void
test_unwrap(void **state)
{
	const struct bound_key k = {
		.id = "w", .of_session = true, .extractable = true
	};
	CK_MECHANISM gen = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_MECHANISM wrap = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG purpose = MDOC_PURPOSE_DEVICE, aes_len = 32, n;
	CK_BYTE wrapped[512], id = 'i';
	CK_ATTRIBUTE aes[] = { { CKA_VALUE_LEN, &aes_len, sizeof(aes_len) },
		{ CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 } };
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &yes, 1 },
		{ CKA_SIGN, &yes, 1 }, { CKA_ID, &id, 1 },
		{ CKA_MDOC_PURPOSE, &purpose, sizeof(purpose) } };
	CK_OBJECT_HANDLE secret, key, back = CK_INVALID_HANDLE;
	CK_RV rv;

	(void)state;
	assert_int_equal(C_GenerateKey(s, &gen, aes, nitems(aes), &secret),
	    CKR_OK);
	key = generate(&k);
	n = sizeof(wrapped);
	assert_int_equal(C_WrapKey(s, &wrap, secret, key, wrapped, &n), CKR_OK);
	rv = C_UnwrapKey(s, &wrap, secret, wrapped, n, t, nitems(t), &back);
	imported_is_bound(rv, back);
	/* what is no key leaves no rule */
	wrapped[0] ^= 1;
	assert_int_not_equal(C_UnwrapKey(s, &wrap, secret, wrapped, n, t,
				 nitems(t), &back),
	    CKR_OK);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	assert_int_equal(count(CKO_DATA), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unwrap),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
