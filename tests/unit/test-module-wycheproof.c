/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Vectors of C2SP Wycheproof through the functions of the module, over
 * SoftHSMv2: the mechanisms that are completed. Every key is imported anew.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <p11-kit/pkcs11.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/pkcs11-3.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* Of one file. */
static struct count {
	unsigned good;    /* valid, and right */
	unsigned refused; /* not valid, and refused */
	unsigned wrong;
} count;

static int
setup(void **state)
{
	(void)state;
	return module_start(&hsm, &s) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	return 0;
}

static json_t *
load(const char *name)
{
	struct blob text = BLOB_INIT;
	char path[128];
	json_t *j;

	(void)snprintf(path, sizeof(path), "wycheproof/%s_test.json", name);
	VECTORS_OR_SKIP(path, &text);
	j = json_loadb((const char *)text.ptr, text.len, 0, NULL);
	assert_non_null(j);
	blob_reset(&text);
	memset(&count, 0, sizeof(count));
	return j;
}

static void
report(json_t *j, const char *name)
{
	print_message("# %s: %u valid accepted, %u invalid refused, %u wrong\n",
	    name, count.good, count.refused, count.wrong);
	assert_int_equal(count.good + count.refused + count.wrong,
	    json_integer_value(json_object_get(j, "numberOfTests")));
	assert_int_equal(count.wrong, 0);
	assert_true(count.good > 0 && count.refused > 0);
	json_decref(j);
}

static void
get_hex(const json_t *o, const char *name, struct blob *ret)
{
	const char *hex = json_string_value(json_object_get(o, name));

	assert_non_null(hex);
	vectors_hex(hex, ret);
}

/* None of these files has a result "acceptable". */
static void
judge(const json_t *test, bool good)
{
	const char *result = json_string_value(json_object_get(test, "result"));
	bool valid = strcmp(result, "valid") == 0;

	assert_true(valid || strcmp(result, "invalid") == 0);
	if (valid != good) {
		print_message("# tcId %lld is %s: wrong\n",
		    (long long)json_integer_value(json_object_get(test,
			"tcId")),
		    result);
		count.wrong++;
	} else if (valid) {
		count.good++;
	} else {
		count.refused++;
	}
}

#define each_test(j, group, test)                                        \
	size_t gi_, ti_;                                                 \
	json_array_foreach(json_object_get(j, "testGroups"), gi_, group) \
	    json_array_foreach(json_object_get(group, "tests"), ti_, test)

/* ---- ECDSA */

static CK_OBJECT_HANDLE
import_public(const struct curve *c, const struct blob *point)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[32], der[3 + CURVE_MAX_POINT], *p = der;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, params, (CK_ULONG)c->oid.len },
		{ CKA_EC_POINT, der, 0 },
	};
	CK_OBJECT_HANDLE h = 0;

	memcpy(params, c->oid.ptr, c->oid.len);
	*p++ = 0x04;
	if (point->len >= 0x80)
		*p++ = 0x81;
	*p++ = (CK_BYTE)point->len;
	memcpy(p, point->ptr, point->len);
	a[5].ulValueLen = (CK_ULONG)(p - der) + (CK_ULONG)point->len;
	assert_int_equal(C_CreateObject(s, a, nitems(a), &h), CKR_OK);
	return h;
}

static CK_RV
verify(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct blob *msg,
    const struct blob *sig)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_ULONG half = (CK_ULONG)msg->len / 2;
	CK_BYTE none = 0;
	CK_RV rv;

	assert_int_equal(C_VerifyInit(s, &m, key), CKR_OK);
	/* every other one in two parts */
	if (msg->len % 2 == 0)
		return C_Verify(s, msg->len > 0 ? msg->ptr : &none,
		    (CK_ULONG)msg->len, sig->len > 0 ? sig->ptr : &none,
		    (CK_ULONG)sig->len);
	rv = C_VerifyUpdate(s, msg->ptr, half);
	assert_int_equal(rv, CKR_OK);
	rv = C_VerifyUpdate(s, msg->ptr + half, (CK_ULONG)msg->len - half);
	assert_int_equal(rv, CKR_OK);
	return C_VerifyFinal(s, sig->len > 0 ? sig->ptr : &none,
	    (CK_ULONG)sig->len);
}

static void
ecdsa(const char *name, const char *curve, CK_MECHANISM_TYPE type)
{
	struct blob point = BLOB_INIT, msg = BLOB_INIT, sig = BLOB_INIT;
	const struct curve *c = curve_by_name(bytes_str(curve));
	json_t *j = load(name);
	json_t *group, *test;
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	each_test(j, group, test)
	{
		get_hex(json_object_get(group, "publicKey"), "uncompressed",
		    &point);
		get_hex(test, "msg", &msg);
		get_hex(test, "sig", &sig);
		key = import_public(c, &point);
		rv = verify(type, key, &msg, &sig);
		if (rv != CKR_OK && rv != CKR_SIGNATURE_INVALID)
			assert_int_equal(rv, CKR_SIGNATURE_LEN_RANGE);
		judge(test, rv == CKR_OK);
		assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	}
	report(j, name);
	blob_reset(&point);
	blob_reset(&msg);
	blob_reset(&sig);
}

static void
test_ecdsa(void **state)
{
	static const struct {
		const char *file;
		const char *curve;
		CK_MECHANISM_TYPE type;
	} files[] = {
		{ "ecdsa_secp256r1_sha256_p1363", "P-256", CKM_ECDSA_SHA256 },
		{ "ecdsa_secp384r1_sha384_p1363", "P-384", CKM_ECDSA_SHA384 },
		{ "ecdsa_secp521r1_sha512_p1363", "P-521", CKM_ECDSA_SHA512 },
		{ "ecdsa_brainpoolP256r1_sha256_p1363", "brainpoolP256r1",
		    CKM_ECDSA_SHA256 },
		{ "ecdsa_brainpoolP320r1_sha384_p1363", "brainpoolP320r1",
		    CKM_ECDSA_SHA384 },
		{ "ecdsa_brainpoolP384r1_sha384_p1363", "brainpoolP384r1",
		    CKM_ECDSA_SHA384 },
		{ "ecdsa_brainpoolP512r1_sha512_p1363", "brainpoolP512r1",
		    CKM_ECDSA_SHA512 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(files); i++)
		ecdsa(files[i].file, files[i].curve, files[i].type);
}

/* ---- HKDF and HMAC */

/* One that may be read, or not. */
static CK_OBJECT_HANDLE
import_secret(struct blob *value, CK_BBOOL may_read)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL sensitive = !may_read;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &may_read, 1 },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_SIGN, &yes, 1 },
		{ CKA_VERIFY, &yes, 1 },
		{ CKA_VALUE, value->ptr, (CK_ULONG)value->len },
	};
	CK_OBJECT_HANDLE h = 0;

	assert_int_equal(C_CreateObject(s, a, nitems(a), &h), CKR_OK);
	return h;
}

static bool
value_is(CK_OBJECT_HANDLE object, const struct blob *want)
{
	static CK_BYTE value[8192];
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) };

	assert_int_equal(C_GetAttributeValue(s, object, &a, 1), CKR_OK);
	return a.ulValueLen == want->len &&
	    memcmp(value, want->ptr, want->len) == 0;
}

static bool
hkdf(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE base,
    struct pkcs11_hkdf_params *p, CK_ULONG size, const struct blob *okm)
{
	CK_MECHANISM m = { type, p, sizeof(*p) };
	CK_ATTRIBUTE a[] = {
		{ CKA_TOKEN, &no, 1 },
		{ CKA_VALUE_LEN, &size, sizeof(size) },
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
	};
	CK_OBJECT_HANDLE out;
	bool good;
	CK_RV rv;

	rv = C_DeriveKey(s, &m, base, a, type == CKM_HKDF_DATA ? 2 : 4, &out);
	if (rv != CKR_OK) {
		assert_int_equal(rv, CKR_TEMPLATE_INCONSISTENT);
		return false;
	}
	good = value_is(out, okm);
	assert_int_equal(C_DestroyObject(s, out), CKR_OK);
	return good;
}

static void
test_hkdf(void **state)
{
	struct blob ikm = BLOB_INIT, salt = BLOB_INIT, info = BLOB_INIT,
		    okm = BLOB_INIT;
	json_t *j = load("hkdf_sha256");
	json_t *group, *test;

	(void)state;
	each_test(j, group, test)
	{
		struct pkcs11_hkdf_params p = { CK_TRUE, CK_TRUE, CKM_SHA256,
			PKCS11_HKDF_SALT_DATA, NULL, 0, 0, NULL, 0 };
		CK_ULONG size =
		    (CK_ULONG)json_integer_value(json_object_get(test, "size"));
		CK_OBJECT_HANDLE base;
		unsigned good = 0;

		get_hex(test, "ikm", &ikm);
		get_hex(test, "salt", &salt);
		get_hex(test, "info", &info);
		get_hex(test, "okm", &okm);
		p.salt = salt.ptr;
		p.salt_len = (CK_ULONG)salt.len;
		p.info = info.ptr;
		p.info_len = (CK_ULONG)info.len;
		for (int read = 0; read < 2; read++) {
			base = import_secret(&ikm, read != 0);
			good += hkdf(CKM_HKDF_DERIVE, base, &p, size, &okm);
			good += hkdf(CKM_HKDF_DATA, base, &p, size, &okm);
			assert_int_equal(C_DestroyObject(s, base), CKR_OK);
		}
		assert_true(good == 0 || good == 4);
		judge(test, good == 4);
	}
	report(j, "hkdf_sha256");
	blob_reset(&ikm);
	blob_reset(&salt);
	blob_reset(&info);
	blob_reset(&okm);
}

/* Keys of 16 bytes are completed, the others are the device's. */
static void
test_hmac(void **state)
{
	struct blob key = BLOB_INIT, msg = BLOB_INIT, want = BLOB_INIT;
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	json_t *j = load("hmac_sha256");
	json_t *group, *test;

	(void)state;
	each_test(j, group, test)
	{
		CK_BYTE tag[32], none = 0;
		CK_ULONG len = sizeof(tag);
		CK_OBJECT_HANDLE h;

		get_hex(test, "key", &key);
		get_hex(test, "msg", &msg);
		get_hex(test, "tag", &want);
		h = import_secret(&key, CK_TRUE);
		assert_int_equal(C_SignInit(s, &m, h), CKR_OK);
		assert_int_equal(C_Sign(s, msg.len > 0 ? msg.ptr : &none,
				     (CK_ULONG)msg.len, tag, &len),
		    CKR_OK);
		assert_int_equal(len, sizeof(tag));
		judge(test, memcmp(tag, want.ptr, want.len) == 0);
		assert_int_equal(C_DestroyObject(s, h), CKR_OK);
	}
	report(j, "hmac_sha256");
	blob_reset(&key);
	blob_reset(&msg);
	blob_reset(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecdsa),
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_hmac),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
