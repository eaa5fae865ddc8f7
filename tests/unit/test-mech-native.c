/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mechanisms that are completed, against NSS softokn, which has them: the same
 * results from the same keys, over many random inputs.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/rand.h>

#include "tests/support/tokens.h"
#include "vendor-ext/mechanism.h"
#include "vendor-ext/pkcs11-3.h"

#define ROUNDS 300

static struct token token;
static struct hasher *hasher;
static bool have_nss;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	have_nss = tokens_nss(&token);
	return hasher != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	if (have_nss)
		tokens_stop(&token);
	hasher_free(&hasher);
	return 0;
}

#define NSS_OR_SKIP()                                                          \
	do {                                                                   \
		if (!have_nss) {                                               \
			print_message("# skipped: NSS softokn is not here\n"); \
			skip();                                                \
		}                                                              \
	} while (0)

static void
random_bytes(uint8_t *p, size_t n)
{
	assert_int_equal(RAND_bytes(p, (int)n), 1);
}

/* 0 to n - 1 */
static unsigned
pick(unsigned n)
{
	uint16_t v;

	random_bytes((uint8_t *)&v, sizeof(v));
	return v % n;
}

/* ---- HKDF */

static CK_OBJECT_HANDLE
secret(const uint8_t *p, CK_ULONG n, CK_BBOOL may_read)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL sensitive = !may_read;
	CK_BYTE copy[256];
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, 1 },
		{ CKA_DERIVE, &yes, 1 },
		{ CKA_SIGN, &yes, 1 },
		{ CKA_SENSITIVE, &sensitive, 1 },
		{ CKA_EXTRACTABLE, &may_read, 1 },
		{ CKA_VALUE, copy, n },
	};
	CK_OBJECT_HANDLE h = 0;

	memcpy(copy, p, n);
	assert_int_equal(token.f->C_CreateObject(token.session, a, nitems(a),
			     &h),
	    CKR_OK);
	return h;
}

/* One derivation, its inputs and how it went. */
struct hkdf {
	struct pkcs11_hkdf_params p;
	CK_MECHANISM m;
	CK_OBJECT_HANDLE base;
	CK_ULONG len;
	CK_ATTRIBUTE template[6];
	CK_ULONG n;
	uint8_t ikm[200], salt[200], info[200];
};

static void
random_hkdf(struct hkdf *k)
{
	static const CK_MECHANISM_TYPE prf[] = { CKM_SHA256, CKM_SHA384,
		CKM_SHA512 };
	static const CK_ULONG prf_len[] = { 32, 48, 64 };
	unsigned hash = pick(3), which = pick(3);
	CK_ULONG ikm_len = 1 + pick(sizeof(k->ikm)), salt_len;

	memset(k, 0, sizeof(*k));
	random_bytes(k->ikm, sizeof(k->ikm));
	random_bytes(k->salt, sizeof(k->salt));
	random_bytes(k->info, sizeof(k->info));
	k->p.prf = prf[hash];
	k->p.extract = which != 0;
	k->p.expand = which != 1;
	/* what is only expanded is a key of the length of the hash */
	if (which == 0)
		ikm_len = prf_len[hash];
	k->base = secret(k->ikm, ikm_len, pick(2) == 0);
	k->p.info = k->info;
	k->p.info_len = pick(sizeof(k->info));
	salt_len = 1 + pick(sizeof(k->salt) - 1);
	switch (pick(3)) {
	case 0:
		k->p.salt_type = PKCS11_HKDF_SALT_NULL;
		break;
	case 1:
		k->p.salt_type = PKCS11_HKDF_SALT_DATA;
		k->p.salt = k->salt;
		k->p.salt_len = salt_len;
		break;
	default:
		k->p.salt_type = PKCS11_HKDF_SALT_KEY;
		k->p.salt_key = secret(k->salt, salt_len, CK_TRUE);
		break;
	}
	k->len = k->p.expand ? 1 + pick(200) : prf_len[hash];
	k->template[k->n++] = (CK_ATTRIBUTE){ CKA_TOKEN, &no, 1 };
	k->template[k->n++] =
	    (CK_ATTRIBUTE){ CKA_VALUE_LEN, &k->len, sizeof(k->len) };
}

/* A key of any length, or a data object; what it is shows in an HMAC. */
static void
fingerprint(CK_OBJECT_HANDLE h, bool is_key, uint8_t out[32])
{
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	const struct bytes part = bytes_str("fingerprint");
	struct blob value = BLOB_INIT;
	CK_BYTE text[] = "fingerprint";
	CK_ULONG len = 32;

	if (is_key) {
		assert_int_equal(token.f->C_SignInit(token.session, &m, h),
		    CKR_OK);
		assert_int_equal(token.f->C_Sign(token.session, text,
				     sizeof(text) - 1, out, &len),
		    CKR_OK);
		return;
	}
	assert_int_equal(token_get(&token, h, CKA_VALUE, &value), CKR_OK);
	assert_true(hasher_hmac(hasher, blob_bytes(&value), &part, 1, out));
	blob_reset(&value);
}

static void
compare_hkdf(struct hkdf *k, CK_MECHANISM_TYPE type)
{
	struct mechanism_derivation d = {
		.parameter = &k->m, .base = k->base, .template = k->template
	};
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_OBJECT_HANDLE native = 0, ours = 0;
	bool is_key = type == CKM_HKDF_DERIVE;
	uint8_t a[32], b[32];

	k->m = (CK_MECHANISM){ type, &k->p, sizeof(k->p) };
	/* Without the type, NSS makes no key. */
	if (is_key) {
		k->template[k->n++] =
		    (CK_ATTRIBUTE){ CKA_KEY_TYPE, &generic, sizeof(generic) };
		k->template[k->n++] = (CK_ATTRIBUTE){ CKA_SIGN, &yes, 1 };
	}
	d.n = k->n;
	assert_int_equal(token.f->C_DeriveKey(token.session, &k->m, k->base,
			     k->template, k->n, &native),
	    CKR_OK);
	assert_int_equal(mechanism_derive(mechanism_find(type), &token, hasher,
			     &d, &ours),
	    CKR_OK);
	fingerprint(native, is_key, a);
	fingerprint(ours, is_key, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(token.f->C_DestroyObject(token.session, native),
	    CKR_OK);
	assert_int_equal(token.f->C_DestroyObject(token.session, ours), CKR_OK);
}

static void
test_hkdf(void **state)
{
	unsigned long rounds[2] = { 0, 0 };
	CK_ULONG before;

	(void)state;
	NSS_OR_SKIP();
	before = tokens_count(&token);
	for (int i = 0; i < ROUNDS; i++) {
		struct hkdf k;

		random_hkdf(&k);
		compare_hkdf(&k, i % 2 == 0 ? CKM_HKDF_DERIVE : CKM_HKDF_DATA);
		rounds[i % 2]++;
		assert_int_equal(token.f->C_DestroyObject(token.session,
				     k.base),
		    CKR_OK);
		if (k.p.salt_key != 0)
			assert_int_equal(token.f->C_DestroyObject(token.session,
					     k.p.salt_key),
			    CKR_OK);
	}
	assert_int_equal(tokens_count(&token), before);
	print_message("# %lu keys and %lu data objects are the same\n",
	    rounds[0], rounds[1]);
}

/* ---- ECDH with ANSI X9.63, which NSS has as CKD_SHA256_KDF and so on */

static void
test_ecdh(void **state)
{
	static const CK_ULONG kdfs[] = { CKD_SHA256_KDF, CKD_SHA384_KDF,
		CKD_SHA512_KDF };
	CK_FUNCTION_LIST *f = token.f;
	struct blob point = BLOB_INIT;
	uint8_t info[100], a[32], b[32];

	(void)state;
	NSS_OR_SKIP();
	for (int i = 0; i < 90; i++) {
		const struct curve *c = curve_by_cose(1 + i % 3);
		CK_OBJECT_HANDLE key, pub, peer, native = 0, made = 0;
		CK_ULONG len = 1 + pick(100);
		CK_KEY_TYPE type = CKK_GENERIC_SECRET;
		CK_OBJECT_CLASS class = CKO_SECRET_KEY;
		CK_ATTRIBUTE template[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_KEY_TYPE, &type, sizeof(type) },
			{ CKA_SIGN, &yes, 1 },
			{ CKA_VALUE_LEN, &len, sizeof(len) },
		};
		CK_ECDH1_DERIVE_PARAMS p = { kdfs[i / 3 % 3],
			pick(sizeof(info)), info, 0, NULL };
		CK_MECHANISM m = { CKM_ECDH1_DERIVE, &p, sizeof(p) };
		struct mechanism_derivation d = { .parameter = &m,
			.template = template,
			.n = nitems(template) };

		random_bytes(info, sizeof(info));
		assert_int_equal(tokens_generate(&token, c, &peer, &pub),
		    CKR_OK);
		assert_int_equal(token_key_point(&token, pub, &point), CKR_OK);
		assert_int_equal(tokens_generate(&token, c, &key, &pub),
		    CKR_OK);
		p.pPublicData = point.ptr;
		p.ulPublicDataLen = (CK_ULONG)point.len;
		d.base = key;
		assert_int_equal(f->C_DeriveKey(token.session, &m, key,
				     template, nitems(template), &native),
		    CKR_OK);
		assert_int_equal(mechanism_derive(mechanism_find(m.mechanism),
				     &token, hasher, &d, &made),
		    CKR_OK);
		fingerprint(native, true, a);
		fingerprint(made, true, b);
		assert_memory_equal(a, b, sizeof(a));
	}
	blob_reset(&point);
}

/* ---- ECDSA */

static CK_RV
ours(CK_FLAGS what, const CK_MECHANISM *m, CK_OBJECT_HANDLE key,
    struct bytes data, uint8_t *sig, size_t len)
{
	const struct mechanism_request r = {
		.what = what, .parameter = m, .key = key, .hasher = hasher
	};
	struct mechanism_op *op = NULL;
	CK_RV rv;

	rv = mechanism_init(mechanism_find(m->mechanism), &token, &r, &op);
	if (rv == CKR_OK)
		rv = mechanism_update(op, data);
	if (rv == CKR_OK && what == CKF_SIGN)
		rv = mechanism_sign(op, &token, hasher, sig);
	else if (rv == CKR_OK)
		rv = mechanism_verify(op, &token, hasher, bytes_of(sig, len));
	mechanism_op_free(&op);
	return rv;
}

/* What one signs the other verifies. */
static void
test_ecdsa(void **state)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_ECDSA_SHA256,
		CKM_ECDSA_SHA384, CKM_ECDSA_SHA512 };
	CK_FUNCTION_LIST *f = token.f;
	CK_OBJECT_HANDLE priv, pub;
	uint8_t data[500], sig[CURVE_MAX_SIG];

	(void)state;
	NSS_OR_SKIP();
	for (int i = 0; i < 60; i++) {
		const struct curve *c = curve_by_cose(1 + i % 3);
		CK_MECHANISM m = { types[i / 3 % 3], NULL, 0 };
		CK_ULONG n = pick(sizeof(data)), len = sizeof(sig);
		struct bytes d = bytes_of(data, n);

		random_bytes(data, sizeof(data));
		assert_int_equal(tokens_generate(&token, c, &priv, &pub),
		    CKR_OK);
		assert_int_equal(ours(CKF_SIGN, &m, priv, d, sig, 0), CKR_OK);
		assert_int_equal(f->C_VerifyInit(token.session, &m, pub),
		    CKR_OK);
		assert_int_equal(f->C_Verify(token.session, data, n, sig,
				     (CK_ULONG)c->sig_len),
		    CKR_OK);
		assert_int_equal(f->C_SignInit(token.session, &m, priv),
		    CKR_OK);
		assert_int_equal(f->C_Sign(token.session, data, n, sig, &len),
		    CKR_OK);
		assert_int_equal(ours(CKF_VERIFY, &m, pub, d, sig, len),
		    CKR_OK);
		sig[pick((unsigned)len)] ^= 0x10;
		assert_int_equal(ours(CKF_VERIFY, &m, pub, d, sig, len),
		    CKR_SIGNATURE_INVALID);
	}
}

/* ---- HMAC: NSS takes keys of any length */

static void
test_hmac(void **state)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_SHA256_HMAC,
		CKM_SHA384_HMAC, CKM_SHA512_HMAC };
	uint8_t key[200], data[300], a[HASHER_MAX_LEN], b[HASHER_MAX_LEN];
	CK_FUNCTION_LIST *f = token.f;

	(void)state;
	NSS_OR_SKIP();
	for (int i = 0; i < ROUNDS; i++) {
		CK_MECHANISM m = { types[i % 3], NULL, 0 };
		CK_ULONG n = pick(sizeof(data)), len = sizeof(a);
		CK_OBJECT_HANDLE h;

		random_bytes(key, sizeof(key));
		random_bytes(data, sizeof(data));
		h = secret(key, 1 + pick(sizeof(key) - 1), CK_TRUE);
		assert_int_equal(f->C_SignInit(token.session, &m, h), CKR_OK);
		assert_int_equal(f->C_Sign(token.session, data, n, a, &len),
		    CKR_OK);
		assert_int_equal(ours(CKF_SIGN, &m, h, bytes_of(data, n), b, 0),
		    CKR_OK);
		assert_memory_equal(a, b, len);
		assert_int_equal(f->C_DestroyObject(token.session, h), CKR_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_ecdh),
		cmocka_unit_test(test_ecdsa),
		cmocka_unit_test(test_hmac),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
