/* SPDX-License-Identifier: BSD-3-Clause */
/* CKM_ECDSA_SHA256 and so on over SoftHSMv2, which has CKM_ECDSA alone. */
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

#include "module/object/object.h"
#include "tests/support/module-start.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/hasher.h"
#include "vendor-ext/pkcs11-3.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static struct hasher *hasher;
static CK_BYTE data[1000], sig[CURVE_MAX_SIG];
static CK_ULONG len;

static const struct {
	CK_MECHANISM_TYPE type;
	enum hash_alg alg;
} types[] = {
	{ CKM_ECDSA_SHA256, HASH_SHA256 },
	{ CKM_ECDSA_SHA384, HASH_SHA384 },
	{ CKM_ECDSA_SHA512, HASH_SHA512 },
};

/* A pair of session objects; more: attributes of the private key. */
static CK_RV
pair_new(const struct curve *c, const CK_ATTRIBUTE *more, CK_ULONG n,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	CK_BYTE params[32];
	CK_MECHANISM m = { c->kind == CURVE_EDWARDS
		    ? CKM_EC_EDWARDS_KEY_PAIR_GEN
		    : CKM_EC_KEY_PAIR_GEN,
		NULL, 0 };
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ATTRIBUTE a[] = { { CKA_EC_PARAMS, params, (CK_ULONG)c->oid.len },
		{ CKA_TOKEN, &no, 1 }, { CKA_VERIFY, &yes, 1 } };
	CK_ATTRIBUTE b[8] = { { CKA_TOKEN, &no, 1 } };

	memcpy(params, c->oid.ptr, c->oid.len);
	for (CK_ULONG i = 0; i < n; i++)
		b[1 + i] = more[i];
	if (n == 0)
		b[1 + n++] = (CK_ATTRIBUTE){ CKA_SIGN, &yes, 1 };
	return C_GenerateKeyPair(s, &m, a, 3, b, n + 1, ret_pub, ret_priv);
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (CK_BYTE)(i * 7);
	hasher = hasher_new();
	return hasher != NULL && module_start(&hsm, &s) &&
		pair_new(curve_by_cose(1), NULL, 0, &pub, &priv) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	hasher_free(&hasher);
	return 0;
}

/* By the device alone, from a digest that was made here. */
static CK_RV
verify_raw(CK_OBJECT_HANDLE key, enum hash_alg alg, size_t field, size_t n,
    CK_ULONG sig_len)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	const struct bytes part = bytes_of(data, n);
	uint8_t digest[HASHER_MAX_LEN];
	CK_ULONG digest_len = (CK_ULONG)hash_len(alg);

	assert_true(hasher_digest(hasher, alg, &part, 1, digest));
	if (digest_len > field)
		digest_len = (CK_ULONG)field;
	assert_int_equal(C_VerifyInit(s, &ecdsa, key), CKR_OK);
	return C_Verify(s, digest, digest_len, sig, sig_len);
}

static CK_RV
verify(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, size_t n)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv;

	rv = C_VerifyInit(s, &m, key);
	return rv == CKR_OK ? C_Verify(s, data, (CK_ULONG)n, sig, len) : rv;
}

/* Every curve with every hash, longer and shorter than the field. */
static void
test_curves(void **state)
{
	CK_OBJECT_HANDLE public_, private_;
	const struct curve *c;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->kind != CURVE_WEIERSTRASS)
			continue;
		assert_int_equal(pair_new(c, NULL, 0, &public_, &private_),
		    CKR_OK);
		for (size_t k = 0; k < nitems(types); k++) {
			CK_MECHANISM m = { types[k].type, NULL, 0 };

			assert_int_equal(C_SignInit(s, &m, private_), CKR_OK);
			len = sizeof(sig);
			assert_int_equal(C_Sign(s, data, 100, sig, &len),
			    CKR_OK);
			assert_int_equal(len, c->sig_len);
			assert_int_equal(verify_raw(public_, types[k].alg,
					     c->field_len, 100, len),
			    CKR_OK);
			assert_int_equal(verify(m.mechanism, public_, 100),
			    CKR_OK);
			assert_int_equal(verify(m.mechanism, public_, 99),
			    CKR_SIGNATURE_INVALID);
			sig[0] ^= 1;
			assert_int_equal(verify(m.mechanism, public_, 100),
			    CKR_SIGNATURE_INVALID);
			len--;
			assert_int_equal(verify(m.mechanism, public_, 100),
			    CKR_SIGNATURE_LEN_RANGE);
		}
	}
}

static void
test_lengths(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };

	(void)state;
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OK);
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_Sign(s, data, 5, NULL, &len), CKR_OK);
	assert_int_equal(len, 64);
	len = 63;
	assert_int_equal(C_Sign(s, data, 5, sig, &len), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(len, 64);
	assert_int_equal(C_Sign(s, data, 5, sig, &len), CKR_OK);
	assert_int_equal(verify_raw(pub, HASH_SHA256, 32, 5, 64), CKR_OK);
	assert_int_equal(C_Sign(s, data, 5, sig, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	/* nothing at all is data too */
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OK);
	assert_int_equal(C_Sign(s, NULL, 0, sig, &len), CKR_OK);
	assert_int_equal(verify_raw(pub, HASH_SHA256, 32, 0, 64), CKR_OK);
}

/* In parts, and far more than would be collected. */
static void
test_parts(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA_SHA384, NULL, 0 };
	const CK_ULONG block = 1 << 20;
	CK_BYTE *zeros = calloc(1, block);

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OK);
	for (size_t i = 0; i < sizeof(data); i += 100)
		assert_int_equal(C_SignUpdate(s, data + i, 100), CKR_OK);
	assert_int_equal(C_SignFinal(s, NULL, &len), CKR_OK);
	assert_int_equal(len, 64);
	assert_int_equal(C_SignFinal(s, sig, &len), CKR_OK);
	assert_int_equal(verify_raw(pub, HASH_SHA384, 32, sizeof(data), 64),
	    CKR_OK);
	assert_int_equal(C_VerifyInit(s, &m, pub), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data, 999), CKR_OK);
	assert_int_equal(C_VerifyUpdate(s, data + 999, 1), CKR_OK);
	assert_int_equal(C_VerifyFinal(s, sig, 64), CKR_OK);
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OK);
	assert_int_equal(C_VerifyInit(s, &m, pub), CKR_OK);
	for (int i = 0; i < 9; i++) {
		assert_int_equal(C_SignUpdate(s, zeros, block), CKR_OK);
		assert_int_equal(C_VerifyUpdate(s, zeros, block), CKR_OK);
	}
	assert_int_equal(C_SignFinal(s, sig, &len), CKR_OK);
	assert_int_equal(C_VerifyFinal(s, sig, len), CKR_OK);
	free(zeros);
}

static CK_RV
try_sign(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_RV rv;

	rv = C_SignInit(s, &m, key);
	len = sizeof(sig);
	return rv == CKR_OK ? C_Sign(s, data, 5, sig, &len) : rv;
}

/* A curve of OpenSSL's, not of the table. */
static const uint8_t p224_oid[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x21 };
static const struct curve p224 = { .kind = CURVE_WEIERSTRASS,
	.oid = { p224_oid, sizeof(p224_oid) } };

/* Keys that must not, or cannot. */
static void
test_refusals(void **state)
{
	CK_MECHANISM_TYPE raw[] = { CKM_ECDSA };
	CK_MECHANISM_TYPE both[] = { CKM_ECDSA_SHA256, CKM_ECDSA };
	CK_MECHANISM_TYPE only[] = { CKM_ECDSA_SHA256 };
	CK_MECHANISM param = { CKM_ECDSA_SHA256, data, 1 };
	CK_MECHANISM sha1 = { CKM_ECDSA_SHA1, NULL, 0 };
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ATTRIBUTE forbid = { CKA_SIGN, &no, 1 };
	CK_ATTRIBUTE allow[] = { { CKA_SIGN, &yes, 1 },
		{ CKA_ALLOWED_MECHANISMS, raw, sizeof(raw) } };
	CK_OBJECT_HANDLE public_, private_;

	(void)state;
	assert_int_equal(C_SignInit(s, &param, priv),
	    CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_SignInit(s, &sha1, priv), CKR_MECHANISM_INVALID);
	/* The device looks at its CKA_SIGN first. */
	assert_int_equal(try_sign(pub), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(try_sign(0), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(try_sign(priv | OBJECT_VENDOR_BIT),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(pair_new(curve_by_cose(1), &forbid, 1, &public_,
			     &private_),
	    CKR_OK);
	assert_int_equal(try_sign(private_), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(pair_new(curve_by_cose(1), allow, 2, &public_,
			     &private_),
	    CKR_OK);
	assert_int_equal(try_sign(private_), CKR_MECHANISM_INVALID);
	allow[1].pValue = both;
	allow[1].ulValueLen = sizeof(both);
	assert_int_equal(pair_new(curve_by_cose(1), allow, 2, &public_,
			     &private_),
	    CKR_OK);
	assert_int_equal(try_sign(private_), CKR_OK);
	/* What it is built from is not allowed either. */
	allow[1].pValue = only;
	allow[1].ulValueLen = sizeof(only);
	assert_int_equal(pair_new(curve_by_cose(1), allow, 2, &public_,
			     &private_),
	    CKR_OK);
	assert_int_equal(try_sign(private_), CKR_MECHANISM_INVALID);
	/* A curve that mdoc does not have: what the device says. */
	assert_int_equal(pair_new(&p224, NULL, 0, &public_, &private_), CKR_OK);
	assert_int_equal(try_sign(private_), CKR_MECHANISM_INVALID);
	/* EdDSA hashes in its own way. */
	assert_int_equal(pair_new(curve_by_cose(6), NULL, 0, &public_,
			     &private_),
	    CKR_OK);
	assert_int_equal(try_sign(private_), CKR_KEY_TYPE_INCONSISTENT);
}

static void
test_info(void **state)
{
	CK_MECHANISM_INFO info, raw;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_ECDSA, &raw), CKR_OK);
	for (size_t k = 0; k < nitems(types); k++) {
		assert_int_equal(C_GetMechanismInfo(hsm.slot, types[k].type,
				     &info),
		    CKR_OK);
		assert_int_equal(info.ulMinKeySize, raw.ulMinKeySize);
		assert_int_equal(info.ulMaxKeySize, raw.ulMaxKeySize);
		assert_int_equal(info.flags, raw.flags & ~(CK_FLAGS)CKF_HW);
		assert_true(info.flags & CKF_SIGN);
		assert_true(info.flags & CKF_VERIFY);
	}
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_ECDSA_SHA1, &info),
	    CKR_MECHANISM_INVALID);
}

/* A device that has no ECDSA: its own answers. */
static CK_RV
no_ecdsa(const char *function)
{
	return !strcmp(function, "C_GetMechanismInfo") ? CKR_MECHANISM_INVALID
						       : CKR_OK;
}

static void
test_no_ecdsa(void **state)
{
	CK_MECHANISM_INFO info;

	(void)state;
	module_device()->fault = no_ecdsa;
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_ECDSA_SHA256, &info),
	    CKR_MECHANISM_INVALID);
	assert_int_equal(try_sign(priv), CKR_MECHANISM_INVALID);
	module_device()->fault = NULL;
	assert_int_equal(try_sign(priv), CKR_OK);
}

/* PKCS#11 3.0: C_SignInit without a mechanism ends it. */
static void
test_cancel(void **state)
{
	CK_MECHANISM m = { CKM_ECDSA_SHA256, NULL, 0 };

	(void)state;
	assert_int_equal(C_SignInit(s, &m, priv), CKR_OK);
	assert_int_equal(C_SignInit(s, NULL, 0), CKR_OK);
	assert_int_equal(C_Sign(s, data, 5, sig, &len),
	    CKR_OPERATION_NOT_INITIALIZED);
	/* As the device answers where nothing runs. */
	assert_int_equal(C_SignInit(s, NULL, 0), CKR_ARGUMENTS_BAD);
	assert_int_equal(try_sign(priv), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_no_ecdsa),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
