/* SPDX-License-Identifier: BSD-3-Clause */
/* CKM_HKDF_DERIVE and CKM_HKDF_DATA over SoftHSMv2, which has neither. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/pkcs11-3.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct hasher *hasher;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

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

/* ---- keys */

struct key {
	CK_BBOOL sensitive;
	CK_BBOOL extractable;
	CK_BBOOL derive;
	CK_BBOOL sign;
};

static const struct key open_key = { CK_FALSE, CK_TRUE, CK_TRUE, CK_FALSE };
static const struct key hidden_key = { CK_TRUE, CK_FALSE, CK_TRUE, CK_FALSE };

static CK_OBJECT_HANDLE
import_as(const struct key *k, CK_KEY_TYPE type, struct bytes value)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BYTE copy[512];
	struct key flags = *k;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &flags.sensitive, 1 },
		{ CKA_EXTRACTABLE, &flags.extractable, 1 },
		{ CKA_DERIVE, &flags.derive, 1 },
		{ CKA_SIGN, &flags.sign, 1 },
		{ CKA_VERIFY, &flags.sign, 1 },
		{ CKA_VALUE, copy, (CK_ULONG)value.len },
	};
	CK_OBJECT_HANDLE h = 0;

	assert_true(value.len <= sizeof(copy));
	if (value.len > 0)
		memcpy(copy, value.ptr, value.len);
	assert_int_equal(C_CreateObject(s, a, nitems(a), &h), CKR_OK);
	return h;
}

static CK_OBJECT_HANDLE
import(const struct key *k, struct bytes value)
{
	return import_as(k, CKK_GENERIC_SECRET, value);
}

static void
assert_value(CK_OBJECT_HANDLE object, struct bytes want)
{
	CK_BYTE value[512];
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) };

	assert_int_equal(C_GetAttributeValue(s, object, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, want.len);
	assert_memory_equal(value, want.ptr, want.len);
}

static CK_BBOOL
flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = { type, &value, 1 };

	assert_int_equal(C_GetAttributeValue(s, object, &a, 1), CKR_OK);
	return value;
}

/* ---- derivations */

static struct pkcs11_hkdf_params
params(bool extract, bool expand, struct bytes salt, struct bytes info)
{
	return (struct pkcs11_hkdf_params){ extract, expand, CKM_SHA256,
		bytes_is_null(salt) ? PKCS11_HKDF_SALT_NULL
				    : PKCS11_HKDF_SALT_DATA,
		(CK_BYTE *)(uintptr_t)salt.ptr, (CK_ULONG)salt.len, 0,
		(CK_BYTE *)(uintptr_t)info.ptr, (CK_ULONG)info.len };
}

/* A key that may be read; len 0: without CKA_VALUE_LEN. */
static CK_RV
derive_type(CK_MECHANISM_TYPE type, struct pkcs11_hkdf_params *p,
    CK_OBJECT_HANDLE base, CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_MECHANISM m = { type, p, sizeof(*p) };
	CK_ATTRIBUTE a[] = {
		{ CKA_TOKEN, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};
	CK_ATTRIBUTE data[] = { a[0], a[4] };

	*ret = 0;
	if (type == CKM_HKDF_DATA)
		return C_DeriveKey(s, &m, base, data, len > 0 ? 2 : 1, ret);
	return C_DeriveKey(s, &m, base, a, len > 0 ? 5 : 4, ret);
}

static CK_RV
derive(struct pkcs11_hkdf_params *p, CK_OBJECT_HANDLE base, CK_ULONG len,
    CK_OBJECT_HANDLE *ret)
{
	return derive_type(CKM_HKDF_DERIVE, p, base, len, ret);
}

/* RFC 5869 A.1 to A.3; the others use SHA-1 */
static const struct {
	const char *ikm, *salt, *info, *prk, *okm;
} rfc[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	    "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	  "404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	    "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8" },
};

struct vector {
	struct blob ikm, salt, info, prk, okm;
};

static struct vector
vector(size_t i)
{
	struct vector v = { BLOB_INIT, BLOB_INIT, BLOB_INIT, BLOB_INIT,
		BLOB_INIT };

	vectors_hex(rfc[i].ikm, &v.ikm);
	vectors_hex(rfc[i].salt, &v.salt);
	vectors_hex(rfc[i].info, &v.info);
	vectors_hex(rfc[i].prk, &v.prk);
	vectors_hex(rfc[i].okm, &v.okm);
	return v;
}

static void
vector_reset(struct vector *v)
{
	blob_reset(&v->ikm);
	blob_reset(&v->salt);
	blob_reset(&v->info);
	blob_reset(&v->prk);
	blob_reset(&v->okm);
}

/* Both halves and the whole, of keys that may be read and that may not. */
static void
test_rfc5869(void **state)
{
	const struct key *const keys[] = { &open_key, &hidden_key };
	struct pkcs11_hkdf_params p;
	CK_OBJECT_HANDLE out, prk;
	CK_ULONG len;

	(void)state;
	for (size_t i = 0; i < nitems(rfc) * nitems(keys); i++) {
		const struct key *k = keys[i % nitems(keys)];
		struct vector v = vector(i / nitems(keys));

		len = (CK_ULONG)v.okm.len;
		p = params(true, true, blob_bytes(&v.salt),
		    blob_bytes(&v.info));
		assert_int_equal(derive(&p, import(k, blob_bytes(&v.ikm)), len,
				     &out),
		    CKR_OK);
		assert_value(out, blob_bytes(&v.okm));
		assert_int_equal(derive_type(CKM_HKDF_DATA, &p,
				     import(k, blob_bytes(&v.ikm)), len, &out),
		    CKR_OK);
		assert_value(out, blob_bytes(&v.okm));
		p.expand = CK_FALSE;
		assert_int_equal(derive(&p, import(k, blob_bytes(&v.ikm)), 0,
				     &prk),
		    CKR_OK);
		assert_value(prk, blob_bytes(&v.prk));
		p.expand = CK_TRUE;
		p.extract = CK_FALSE;
		assert_int_equal(derive(&p, prk, len, &out), CKR_OK);
		assert_value(out, blob_bytes(&v.okm));
		assert_int_equal(derive(&p, import(k, blob_bytes(&v.prk)), len,
				     &out),
		    CKR_OK);
		assert_value(out, blob_bytes(&v.okm));
		vector_reset(&v);
	}
}

/* The three ways to give a salt; none is one of zeros. */
static void
test_salt(void **state)
{
	static const uint8_t zeros[32];
	struct vector v = vector(0), none = vector(2);
	const struct key signing = { CK_TRUE, CK_FALSE, CK_FALSE, CK_TRUE };
	const struct key useless = { CK_TRUE, CK_FALSE, CK_TRUE, CK_FALSE };
	CK_OBJECT_HANDLE ikm = import(&open_key, blob_bytes(&v.ikm));
	CK_OBJECT_HANDLE hidden = import(&hidden_key, blob_bytes(&v.ikm));
	struct pkcs11_hkdf_params p =
	    params(true, false, bytes_of(zeros, sizeof(zeros)), BYTES_NULL);
	struct bytes long_salt =
	    bytes_of("12345678901234567890123456789012", 32);
	uint8_t want[32];
	const struct bytes part = blob_bytes(&v.ikm);
	CK_OBJECT_HANDLE out;

	(void)state;
	assert_int_equal(derive(&p, hidden, 0, &out), CKR_OK);
	assert_value(out, blob_bytes(&none.prk));
	p = params(true, false, BYTES_NULL, BYTES_NULL);
	assert_int_equal(derive(&p, hidden, 0, &out), CKR_OK);
	assert_value(out, blob_bytes(&none.prk));
	/* a key that may be read */
	p.salt_type = PKCS11_HKDF_SALT_KEY;
	p.salt_key = import(&open_key, blob_bytes(&v.salt));
	assert_int_equal(derive(&p, hidden, 0, &out), CKR_OK);
	assert_value(out, blob_bytes(&v.prk));
	/* one that may not, and signs: then the base key must be readable */
	p.salt_key = import(&signing, long_salt);
	assert_true(hasher_hmac(hasher, long_salt, &part, 1, want));
	assert_int_equal(derive(&p, ikm, 0, &out), CKR_OK);
	assert_value(out, bytes_of(want, sizeof(want)));
	assert_int_equal(derive(&p, hidden, 0, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.salt_key = import(&useless, long_salt);
	assert_int_equal(derive(&p, ikm, 0, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.salt_key = 0x123456;
	assert_int_equal(derive(&p, ikm, 0, &out), CKR_KEY_HANDLE_INVALID);
	vector_reset(&v);
	vector_reset(&none);
}

/* SHA-384 and SHA-512, all lengths around the blocks. */
static void
test_hashes(void **state)
{
	static const CK_MECHANISM_TYPE prf[] = { CKM_SHA256, CKM_SHA384,
		CKM_SHA512 };
	static const CK_ULONG lens[] = { 1, 31, 48, 64, 65, 129, 255 };
	struct bytes ikm = bytes_str("a secret of some length"),
		     salt = bytes_str("salt"), info = bytes_str("context");
	CK_OBJECT_HANDLE base = import(&hidden_key, ikm), out;
	uint8_t prk[HASHER_MAX_LEN], okm[255];
	struct pkcs11_hkdf_params p;

	(void)state;
	for (size_t i = 0; i < nitems(prf) * nitems(lens); i++) {
		enum hash_alg alg =
		    (enum hash_alg)(HASH_SHA256 + i / nitems(lens));
		CK_ULONG len = lens[i % nitems(lens)];

		p = params(true, true, salt, info);
		p.prf = prf[i / nitems(lens)];
		assert_true(hasher_hmac_with(hasher, alg, salt, &ikm, 1, prk));
		assert_true(hasher_hkdf_expand_with(hasher, alg,
		    bytes_of(prk, hash_len(alg)), info, okm, len));
		assert_int_equal(derive(&p, base, len, &out), CKR_OK);
		assert_value(out, bytes_of(okm, len));
	}
}

/* What the new key is, where the template says so and where it does not. */
static void
test_result(void **state)
{
	struct pkcs11_hkdf_params p =
	    params(true, true, bytes_str("s"), bytes_str("i"));
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY, data = CKO_DATA;
	CK_KEY_TYPE aes = CKK_AES, found = 0;
	CK_ULONG len = 32, got = 0;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_LABEL, (void *)(uintptr_t) "derived", 7 },
	};
	CK_ATTRIBUTE read[] = {
		{ CKA_KEY_TYPE, &found, sizeof(found) },
		{ CKA_VALUE_LEN, &got, sizeof(got) },
	};
	CK_OBJECT_HANDLE hidden = import(&hidden_key, bytes_str("secret"));
	CK_OBJECT_HANDLE open = import(&open_key, bytes_str("secret"));
	CK_OBJECT_HANDLE out = 0;

	(void)state;
	assert_int_equal(C_DeriveKey(s, &m, hidden, a, 4, &out), CKR_OK);
	assert_int_equal(C_GetAttributeValue(s, out, read, 2), CKR_OK);
	assert_int_equal(found, CKK_AES);
	assert_int_equal(got, 32);
	/* as the base key is */
	assert_int_equal(flag(out, CKA_SENSITIVE), CK_TRUE);
	assert_int_equal(flag(out, CKA_EXTRACTABLE), CK_FALSE);
	assert_int_equal(flag(out, CKA_PRIVATE), flag(hidden, CKA_PRIVATE));
	/* and honest about its past */
	assert_int_equal(flag(out, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	assert_int_equal(flag(out, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	assert_int_equal(flag(out, CKA_LOCAL), CK_FALSE);
	assert_int_equal(C_DeriveKey(s, &m, open, a, 4, &out), CKR_OK);
	assert_int_equal(flag(out, CKA_SENSITIVE), CK_FALSE);
	assert_int_equal(flag(out, CKA_EXTRACTABLE), CK_TRUE);
	/* templates that cannot be */
	len = 33;
	assert_int_equal(C_DeriveKey(s, &m, open, a, 4, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_DeriveKey(s, &m, open, a, 2, &out),
	    CKR_TEMPLATE_INCOMPLETE);
	/* which the device says before it looks at the mechanism */
	assert_int_equal(C_DeriveKey(s, &m, open, NULL, 0, &out),
	    CKR_ARGUMENTS_BAD);
	len = 255 * 32 + 1;
	assert_int_equal(C_DeriveKey(s, &m, open, a + 2, 2, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	len = 0;
	assert_int_equal(C_DeriveKey(s, &m, open, a + 2, 2, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	len = 32;
	a[0].pValue = &data;
	assert_int_equal(C_DeriveKey(s, &m, open, a, 4, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	a[0] = (CK_ATTRIBUTE){ CKA_VALUE, &len, sizeof(len) };
	assert_int_equal(C_DeriveKey(s, &m, open, a, 4, &out),
	    CKR_TEMPLATE_INCONSISTENT);
	a[0] = (CK_ATTRIBUTE){ CKA_ID, NULL, 4 };
	assert_int_equal(C_DeriveKey(s, &m, open, a, 4, &out),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	a[0] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, 1 };
	assert_int_equal(C_DeriveKey(s, &m, open, a, 1, &out),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	a[0] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof(len) };
	assert_int_equal(C_DeriveKey(s, &m, open, a, 1, NULL),
	    CKR_ARGUMENTS_BAD);
	/* of an extracted key, the length is given */
	p.expand = CK_FALSE;
	assert_int_equal(C_DeriveKey(s, &m, open, a, 1, &out), CKR_OK);
	len = 31;
	assert_int_equal(C_DeriveKey(s, &m, open, a, 1, &out),
	    CKR_TEMPLATE_INCONSISTENT);
}

static void
test_refusals(void **state)
{
	const struct key idle = { CK_FALSE, CK_TRUE, CK_FALSE, CK_TRUE };
	struct pkcs11_hkdf_params p =
	    params(true, true, bytes_str("s"), bytes_str("i"));
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) - 1 };
	CK_ULONG len = 32;
	CK_ATTRIBUTE a = { CKA_VALUE_LEN, &len, sizeof(len) };
	CK_OBJECT_HANDLE open = import(&open_key, bytes_str("secret")), out;

	(void)state;
	assert_int_equal(C_DeriveKey(s, &m, open, &a, 1, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	m.pParameter = NULL;
	m.ulParameterLen = sizeof(p);
	assert_int_equal(C_DeriveKey(s, &m, open, &a, 1, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(derive(&p, import(&idle, bytes_str("x")), 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(derive(&p,
			     import_as(&open_key, CKK_AES,
				 bytes_str("0123456789abcdef")),
			     32, &out),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(derive(&p, 0x123456, 32, &out),
	    CKR_KEY_HANDLE_INVALID);
	p.prf = CKM_SHA_1;
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p.prf = CKM_SHA256;
	p.salt_type = 3;
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p.salt_type = PKCS11_HKDF_SALT_DATA;
	p.salt = NULL;
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p = params(true, true, bytes_str("s"), bytes_str("i"));
	p.info = NULL;
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
	p = params(false, false, BYTES_NULL, BYTES_NULL);
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_MECHANISM_PARAM_INVALID);
}

/* The policy: path C leaves the base key where it is, path D does not. */
static void
test_policy(void **state)
{
	struct pkcs11_hkdf_params p =
	    params(true, true, bytes_str("s"), bytes_str("i"));
	struct conf_device *conf = &module_device()->conf;
	enum agree_path before = conf->weakest;
	CK_OBJECT_HANDLE hidden = import(&hidden_key, bytes_str("secret"));
	CK_OBJECT_HANDLE open = import(&open_key, bytes_str("secret")), out;

	(void)state;
	conf->weakest = AGREE_PATH_C;
	assert_int_equal(derive(&p, hidden, 32, &out), CKR_OK);
	assert_int_equal(derive(&p, open, 32, &out), CKR_OK);
	p.salt_type = PKCS11_HKDF_SALT_KEY;
	p.salt_key = open;
	assert_int_equal(derive(&p, hidden, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.salt_type = PKCS11_HKDF_SALT_NULL;
	conf->weakest = AGREE_PATH_B;
	assert_int_equal(derive(&p, hidden, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.extract = CK_FALSE;
	assert_int_equal(derive(&p, open, 32, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	conf->weakest = before;
}

static bool no_digest_key, no_copy;

static CK_RV
fault(const char *function)
{
	if (no_digest_key && !strcmp(function, "C_DigestKey"))
		return CKR_KEY_INDIGESTIBLE;
	if (no_copy && !strcmp(function, "C_CopyObject"))
		return CKR_ACTION_PROHIBITED;
	return CKR_OK;
}

/* Where the token cannot, the value is read, if it may be. */
static void
test_paths(void **state)
{
	struct vector v = vector(0);
	CK_OBJECT_HANDLE open = import(&open_key, blob_bytes(&v.ikm));
	CK_OBJECT_HANDLE hidden = import(&hidden_key, blob_bytes(&v.ikm));
	CK_OBJECT_HANDLE prk = import(&open_key, blob_bytes(&v.prk));
	CK_OBJECT_HANDLE hidden_prk = import(&hidden_key, blob_bytes(&v.prk));
	struct pkcs11_hkdf_params p =
	    params(true, true, blob_bytes(&v.salt), blob_bytes(&v.info));
	CK_ULONG len = (CK_ULONG)v.okm.len;
	CK_OBJECT_HANDLE out;

	(void)state;
	no_digest_key = true;
	no_copy = true;
	module_device()->fault = fault;
	assert_int_equal(derive(&p, open, len, &out), CKR_OK);
	assert_value(out, blob_bytes(&v.okm));
	assert_int_equal(derive(&p, hidden, len, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	p.extract = CK_FALSE;
	assert_int_equal(derive(&p, prk, len, &out), CKR_OK);
	assert_value(out, blob_bytes(&v.okm));
	assert_int_equal(derive(&p, hidden_prk, len, &out),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	module_device()->fault = NULL;
	assert_int_equal(derive(&p, hidden_prk, len, &out), CKR_OK);
	vector_reset(&v);
}

static CK_ULONG
objects(void)
{
	CK_OBJECT_HANDLE found[256];
	CK_ULONG n = 0;

	assert_int_equal(C_FindObjectsInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, 256, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

static unsigned long calls, fail_at = 1;

static CK_RV
fail_nth(const char *function)
{
	(void)function;
	return ++calls == fail_at ? CKR_DEVICE_ERROR : CKR_OK;
}

/* Every call that can fail does, once; nothing is left behind. */
static void
test_faults(void **state)
{
	struct vector v = vector(0);
	CK_OBJECT_HANDLE hidden = import(&hidden_key, blob_bytes(&v.prk));
	struct pkcs11_hkdf_params p =
	    params(true, true, blob_bytes(&v.salt), blob_bytes(&v.info));
	CK_OBJECT_HANDLE out;
	CK_ULONG before = objects();
	unsigned good = 0, bad = 0;
	CK_RV rv;

	(void)state;
	for (int half = 0; half < 2; half++) {
		p.extract = half == 0;
		do {
			calls = 0;
			out = 0;
			module_device()->fault = fail_nth;
			rv = derive(&p, hidden, 42, &out);
			module_device()->fault = NULL;
			if (rv == CKR_OK) {
				good++;
				assert_int_equal(C_DestroyObject(s, out),
				    CKR_OK);
			} else {
				assert_int_equal(rv, CKR_DEVICE_ERROR);
				bad++;
			}
		} while (++fail_at <= calls + 1);
		fail_at = 1;
	}
	assert_true(good >= 2 && bad > 10);
	assert_int_equal(objects(), before);
	vector_reset(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc5869),
		cmocka_unit_test(test_salt),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
