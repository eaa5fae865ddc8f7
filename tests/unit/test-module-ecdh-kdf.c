/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CKM_ECDH1_DERIVE with a key derivation function over SoftHSMv2, which has
 * none: against the definitions, computed from a shared secret that was read.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/pkcs11-3.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct hasher *hasher;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static const struct {
	CK_ULONG kdf;
	enum hash_alg alg;
	bool counter_first;
} kdfs[] = {
	{ CKD_SHA256_KDF, HASH_SHA256, false },
	{ CKD_SHA384_KDF, HASH_SHA384, false },
	{ CKD_SHA512_KDF, HASH_SHA512, false },
	{ CKD_SHA256_KDF_SP800, HASH_SHA256, true },
	{ CKD_SHA384_KDF_SP800, HASH_SHA384, true },
	{ CKD_SHA512_KDF_SP800, HASH_SHA512, true },
};

static int
setup(void **state)
{
	(void)state;
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

/* Ours to agree with, and a peer. */
static void
pair_new(const struct curve *c, CK_BBOOL may_derive, CK_OBJECT_HANDLE *priv,
    struct blob *point)
{
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BYTE params[32];
	CK_OBJECT_HANDLE pub;
	CK_ATTRIBUTE a[] = { { CKA_EC_PARAMS, params, (CK_ULONG)c->oid.len },
		{ CKA_TOKEN, &no, 1 } };
	CK_ATTRIBUTE b[] = { { CKA_TOKEN, &no, 1 },
		{ CKA_DERIVE, &may_derive, 1 } };
	CK_ATTRIBUTE get = { CKA_EC_POINT, NULL, 0 };

	memcpy(params, c->oid.ptr, c->oid.len);
	assert_int_equal(C_GenerateKeyPair(s, &m, a, 2, b, 2, &pub, priv),
	    CKR_OK);
	blob_clear(point);
	assert_int_equal(C_GetAttributeValue(s, pub, &get, 1), CKR_OK);
	get.pValue = blob_extend(point, get.ulValueLen);
	assert_int_equal(C_GetAttributeValue(s, pub, &get, 1), CKR_OK);
}

static CK_RV
derive(CK_ECDH1_DERIVE_PARAMS *p, CK_OBJECT_HANDLE key, CK_ULONG len,
    CK_OBJECT_HANDLE *ret)
{
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, p, sizeof(*p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};

	*ret = 0;
	return C_DeriveKey(s, &m, key, a, nitems(a), ret);
}

static void
get_value(CK_OBJECT_HANDLE key, struct blob *ret)
{
	CK_ATTRIBUTE a = { CKA_VALUE, NULL, 0 };

	blob_clear(ret);
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1), CKR_OK);
	a.pValue = blob_extend(ret, a.ulValueLen);
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1), CKR_OK);
}

/* The definition: SEC 1 3.6.1, SP 800-56A 5.8.2.1. */
static void
define(size_t k, struct bytes z, struct bytes info, size_t len,
    struct blob *ret)
{
	uint8_t block[HASHER_MAX_LEN];

	blob_clear(ret);
	for (uint8_t i = 1; ret->len < len; i++) {
		const uint8_t counter[] = { 0, 0, 0, i };
		const struct bytes n = bytes_of(counter, sizeof(counter));
		const struct bytes x963[] = { z, n, info };
		const struct bytes sp800[] = { n, z, info };

		assert_true(hasher_digest(hasher, kdfs[k].alg,
		    kdfs[k].counter_first ? sp800 : x963, 3, block));
		assert_true(blob_append(ret, block, hash_len(kdfs[k].alg)));
	}
	blob_truncate(ret, len);
}

static void
test_kdfs(void **state)
{
	static const CK_ULONG lens[] = { 1, 16, 32, 33, 64, 100, 200 };
	static const int curves[] = { 1, 2, 3, 256, 259 };
	struct blob point = BLOB_INIT, z = BLOB_INIT, want = BLOB_INIT,
		    got = BLOB_INIT;
	CK_BYTE info[] = "shared information";
	CK_OBJECT_HANDLE key, peer, out;

	(void)state;
	for (size_t c = 0; c < nitems(curves); c++) {
		const struct curve *curve = curve_by_cose(curves[c]);
		CK_ECDH1_DERIVE_PARAMS p = { CKD_NULL, 0, NULL, 0, NULL };

		pair_new(curve, CK_TRUE, &peer, &point);
		pair_new(curve, CK_TRUE, &key, &got);
		p.pPublicData = point.ptr;
		p.ulPublicDataLen = point.len;
		assert_int_equal(derive(&p, key, (CK_ULONG)curve->field_len,
				     &out),
		    CKR_OK);
		get_value(out, &z);
		for (size_t k = 0; k < nitems(kdfs) * nitems(lens); k++) {
			size_t kdf = k / nitems(lens);
			CK_ULONG len = lens[k % nitems(lens)];

			p.kdf = kdfs[kdf].kdf;
			p.pSharedData = k % 3 == 0 ? NULL : info;
			p.ulSharedDataLen = k % 3 == 0 ? 0 : sizeof(info);
			define(kdf, blob_bytes(&z),
			    bytes_of(p.pSharedData, p.ulSharedDataLen), len,
			    &want);
			assert_int_equal(derive(&p, key, len, &out), CKR_OK);
			get_value(out, &got);
			assert_int_equal(got.len, len);
			assert_memory_equal(got.ptr, want.ptr, len);
			assert_int_equal(C_DestroyObject(s, out), CKR_OK);
		}
	}
	blob_reset(&point);
	blob_reset(&z);
	blob_reset(&want);
	blob_reset(&got);
}

/* RFC 7518 Appendix C: what Bob derives with Alice's ephemeral key. */
static void
test_jwe(void **state)
{
	static const char d[] =
	    "5449836690d75caf29f0dd029ddb31b3ddb8aba9d2d515c5012465e817d4a9dc";
	static const char alice[] =
	    "04808d060082c176eed3e776a4ac598cc8672c1779f974eecc9b03411ca5b9495d"
	    "48b5bfc527dfce53d6ac7115237d031ccff87a0570b77350a9e503ee7305a69b";
	static const char derived[] = "56aa8deaf8236d205c2228cd71a7101a";
	CK_BYTE info[] = "\0\0\0\7A128GCM\0\0\0\5Alice\0\0\0\3Bob\0\0\0\200";
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	struct blob scalar = BLOB_INIT, point = BLOB_INIT, want = BLOB_INIT,
		    got = BLOB_INIT;
	struct softhsm_key bob = { .label = "Bob" };
	CK_ECDH1_DERIVE_PARAMS p = { CKD_SHA256_KDF_SP800, sizeof(info) - 1,
		info, 0, NULL };
	CK_OBJECT_HANDLE key, out;

	(void)state;
	vectors_hex(d, &scalar);
	vectors_hex(alice, &point);
	vectors_hex(derived, &want);
	bob.d = blob_bytes(&scalar);
	assert_int_equal(softhsm_import(&f, s, &bob, &key, NULL), CKR_OK);
	p.pPublicData = point.ptr;
	p.ulPublicDataLen = point.len;
	assert_int_equal(derive(&p, key, 16, &out), CKR_OK);
	get_value(out, &got);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.ptr, want.ptr, want.len);
	blob_reset(&scalar);
	blob_reset(&point);
	blob_reset(&want);
	blob_reset(&got);
}

static CK_ULONG
objects(void)
{
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

static bool no_digest_key;
static unsigned long calls, fail_at;

static CK_RV
fault(const char *function)
{
	if (fail_at > 0 && ++calls == fail_at)
		return CKR_DEVICE_ERROR;
	return no_digest_key && !strcmp(function, "C_DigestKey")
	    ? CKR_KEY_INDIGESTIBLE
	    : CKR_OK;
}

static void
test_paths(void **state)
{
	CK_ECDH1_DERIVE_PARAMS p = { CKD_SHA256_KDF_SP800, 0, NULL, 0, NULL };
	struct conf_device *conf = &module_device()->conf;
	struct blob point = BLOB_INIT, a = BLOB_INIT, b = BLOB_INIT;
	CK_ULONG path = 0, before;
	CK_ATTRIBUTE get = { CKA_MDOC_KEY_PATH, &path, sizeof(path) };
	CK_OBJECT_HANDLE key, peer, out;
	CK_RV rv;

	(void)state;
	pair_new(curve_by_cose(1), CK_TRUE, &peer, &point);
	pair_new(curve_by_cose(1), CK_TRUE, &key, &a);
	p.pPublicData = point.ptr;
	p.ulPublicDataLen = point.len;
	assert_int_equal(derive(&p, key, 32, &out), CKR_OK);
	get_value(out, &a);
	assert_int_equal(C_GetAttributeValue(s, out, &get, 1), CKR_OK);
	assert_int_equal(path, MDOC_KEY_PATH_C);
	module_device()->fault = fault;
	no_digest_key = true;
	assert_int_equal(derive(&p, key, 32, &out), CKR_OK);
	get_value(out, &b);
	assert_memory_equal(a.ptr, b.ptr, 32);
	assert_int_equal(C_GetAttributeValue(s, out, &get, 1), CKR_OK);
	assert_int_equal(path, MDOC_KEY_PATH_D);
	conf->weakest = AGREE_PATH_C;
	assert_int_equal(derive(&p, key, 32, &out), CKR_KEY_INDIGESTIBLE);
	no_digest_key = false;
	conf->weakest = AGREE_PATH_B;
	assert_int_equal(derive(&p, key, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	conf->weakest = AGREE_PATH_UNKNOWN;
	/* every call fails once, C_DestroyObject too; nothing is left */
	before = objects();
	fail_at = 1;
	do {
		calls = 0;
		module_device()->fault = fault;
		rv = derive(&p, key, 32, &out);
		module_device()->fault = NULL;
		if (rv == CKR_OK)
			assert_int_equal(C_DestroyObject(s, out), CKR_OK);
		else
			assert_int_equal(rv, CKR_DEVICE_ERROR);
	} while (++fail_at <= calls + 1);
	fail_at = 0;
	assert_true(calls > 8);
	assert_int_equal(objects(), before);
	blob_reset(&point);
	blob_reset(&a);
	blob_reset(&b);
}

/* What the device said stands where it is not about a function of ours. */
static void
test_refusals(void **state)
{
	CK_BYTE info[4] = { 0 };
	CK_ECDH1_DERIVE_PARAMS p = { CKD_SHA1_KDF, 0, NULL, 0, NULL };
	struct blob point = BLOB_INIT, other = BLOB_INIT;
	CK_OBJECT_HANDLE key, idle, out;

	(void)state;
	pair_new(curve_by_cose(2), CK_TRUE, &key, &other);
	pair_new(curve_by_cose(1), CK_FALSE, &idle, &point);
	pair_new(curve_by_cose(1), CK_TRUE, &key, &point);
	p.pPublicData = point.ptr;
	p.ulPublicDataLen = point.len;
	assert_int_equal(derive(&p, key, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p.kdf = CKD_SHA256_KDF;
	assert_int_equal(derive(&p, key, 32, &out), CKR_OK);
	assert_int_equal(derive(&p, key, 4097, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(derive(&p, idle, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.ulSharedDataLen = 4;
	assert_int_equal(derive(&p, key, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p.pSharedData = info;
	assert_int_equal(derive(&p, key, 32, &out), CKR_OK);
	/* a point of another curve, and none */
	p.pPublicData = other.ptr;
	p.ulPublicDataLen = other.len;
	assert_int_not_equal(derive(&p, key, 32, &out), CKR_OK);
	p.ulPublicDataLen = 0;
	assert_int_not_equal(derive(&p, key, 32, &out), CKR_OK);
	blob_reset(&point);
	blob_reset(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kdfs),
		cmocka_unit_test(test_jwe),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
