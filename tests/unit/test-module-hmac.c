/* SPDX-License-Identifier: BSD-3-Clause */
/* HMAC over SoftHSMv2 with keys that are too short for it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>

#include "tests/support/module-start.h"
#include "vendor-ext/hasher.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct hasher *hasher;
static CK_BYTE data[300], tag[HASHER_MAX_LEN];
static CK_ULONG len;

static const struct {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key;
	enum hash_alg alg;
} types[] = {
	{ CKM_SHA256_HMAC, CKK_SHA256_HMAC, HASH_SHA256 },
	{ CKM_SHA384_HMAC, CKK_SHA384_HMAC, HASH_SHA384 },
	{ CKM_SHA512_HMAC, CKK_SHA512_HMAC, HASH_SHA512 },
};

static int
setup(void **state)
{
	(void)state;
	memset(data, 0xd5, sizeof(data));
	hasher = hasher_new();
	return hasher != NULL && module_start(&hsm, &s) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	hasher_free(&hasher);
	return 0;
}

/* The first n bytes of data as a key. */
static CK_OBJECT_HANDLE
import(CK_KEY_TYPE type, CK_ULONG n, CK_BBOOL may_read, CK_BBOOL may_sign)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL no = CK_FALSE, sensitive = !may_read;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &may_read, 1 },
		{ CKA_SIGN, &may_sign, 1 },
		{ CKA_VERIFY, &may_sign, 1 },
		{ CKA_VALUE, data, n },
	};
	CK_OBJECT_HANDLE h = 0;

	assert_int_equal(C_CreateObject(s, a, nitems(a), &h), CKR_OK);
	return h;
}

static CK_RV
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv;

	rv = C_SignInit(s, &m, key);
	len = sizeof(tag);
	return rv == CKR_OK ? C_Sign(s, data, sizeof(data), tag, &len) : rv;
}

/* Every length up to the block, and beyond. */
static void
test_lengths(void **state)
{
	const struct bytes part = bytes_of(data, sizeof(data));
	uint8_t want[HASHER_MAX_LEN];

	(void)state;
	for (size_t k = 0; k < nitems(types); k++) {
		CK_MECHANISM m = { types[k].type, NULL, 0 };

		for (CK_ULONG n = 1; n <= 140; n += n < 70 ? 1 : 23) {
			CK_OBJECT_HANDLE key =
			    import(n % 2 == 0 ? types[k].key
					      : CKK_GENERIC_SECRET,
				n, CK_TRUE, CK_TRUE);

			assert_true(hasher_hmac_with(hasher, types[k].alg,
			    bytes_of(data, n), &part, 1, want));
			assert_int_equal(sign(m.mechanism, key), CKR_OK);
			assert_int_equal(len, hash_len(types[k].alg));
			assert_memory_equal(tag, want, len);
			assert_int_equal(C_VerifyInit(s, &m, key), CKR_OK);
			assert_int_equal(C_Verify(s, data, sizeof(data), tag,
					     len),
			    CKR_OK);
			assert_int_equal(C_DestroyObject(s, key), CKR_OK);
		}
	}
}

static void
test_parts(void **state)
{
	CK_OBJECT_HANDLE key = import(CKK_GENERIC_SECRET, 5, CK_TRUE, CK_TRUE);
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	CK_BYTE whole[32];

	(void)state;
	assert_int_equal(sign(CKM_SHA256_HMAC, key), CKR_OK);
	memcpy(whole, tag, sizeof(whole));
	assert_int_equal(C_SignInit(s, &m, key), CKR_OK);
	assert_int_equal(C_SignInit(s, &m, key), CKR_OPERATION_ACTIVE);
	for (size_t i = 0; i < sizeof(data); i += 10)
		assert_int_equal(C_SignUpdate(s, data + i, 10), CKR_OK);
	len = 31;
	assert_int_equal(C_SignFinal(s, tag, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, 32);
	assert_int_equal(C_SignFinal(s, tag, &len), CKR_OK);
	assert_memory_equal(tag, whole, sizeof(whole));
	assert_int_equal(C_VerifyInit(s, &m, key), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data, 299), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data, 1), CKR_OK);
	assert_int_equal(C_VerifyFinal(s, tag, 32), CKR_OK);
	tag[31] ^= 1;
	assert_int_equal(C_VerifyInit(s, &m, key), CKR_OK);
	assert_int_equal(C_Verify(s, data, 300, tag, 32),
	    CKR_SIGNATURE_INVALID);
	assert_int_equal(C_VerifyInit(s, &m, key), CKR_OK);
	assert_int_equal(C_Verify(s, data, 300, tag, 31),
	    CKR_SIGNATURE_LEN_RANGE);
}

/* What the device said stands where the value is not to be had. */
static void
test_refusals(void **state)
{
	struct conf_device *conf = &module_device()->conf;
	enum agree_path before = conf->weakest;
	CK_OBJECT_HANDLE open = import(CKK_GENERIC_SECRET, 5, CK_TRUE, CK_TRUE);

	(void)state;
	assert_int_equal(sign(CKM_SHA256_HMAC,
			     import(CKK_GENERIC_SECRET, 5, CK_FALSE, CK_TRUE)),
	    CKR_KEY_SIZE_RANGE);
	assert_int_equal(sign(CKM_SHA256_HMAC,
			     import(CKK_GENERIC_SECRET, 32, CK_FALSE, CK_TRUE)),
	    CKR_OK);
	assert_int_equal(sign(CKM_SHA256_HMAC,
			     import(CKK_GENERIC_SECRET, 5, CK_TRUE, CK_FALSE)),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(sign(CKM_SHA256_HMAC,
			     import(CKK_SHA384_HMAC, 5, CK_TRUE, CK_TRUE)),
	    CKR_KEY_TYPE_INCONSISTENT);
	conf->weakest = AGREE_PATH_C;
	assert_int_equal(sign(CKM_SHA256_HMAC, open), CKR_KEY_SIZE_RANGE);
	conf->weakest = before;
	assert_int_equal(sign(CKM_SHA256_HMAC, open), CKR_OK);
}

static void
test_info(void **state)
{
	struct conf_device *conf = &module_device()->conf;
	enum agree_path before = conf->weakest;
	CK_MECHANISM_INFO info;

	(void)state;
	for (size_t k = 0; k < nitems(types); k++) {
		assert_int_equal(C_GetMechanismInfo(hsm.slot, types[k].type,
				     &info),
		    CKR_OK);
		assert_int_equal(info.ulMinKeySize, 1);
		conf->weakest = AGREE_PATH_C;
		assert_int_equal(C_GetMechanismInfo(hsm.slot, types[k].type,
				     &info),
		    CKR_OK);
		conf->weakest = before;
		assert_int_equal(info.ulMinKeySize, hash_len(types[k].alg));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
