/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/cbor.h"
#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "tests/support/vectors.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/mechanism.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

static struct token token;
static struct hasher *hasher;

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	return hasher != NULL && tokens_softhsm(&token) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&token);
	hasher_free(&hasher);
	return 0;
}

/* ---- structures made here */

static void
put_wrapped(struct cbor_writer *w, const struct blob *content)
{
	cbor_put_tag24(w, blob_bytes(content));
}

/* ereader: a point on c; NULL: no key in the transcript */
static void
put_transcript(struct cbor_writer *w, const struct curve *c,
    const struct bytes *ereader)
{
	struct blob key = BLOB_INIT;
	struct cbor_writer kw;

	cbor_put_array(w, 3);
	cbor_put_null(w);
	if (ereader == NULL) {
		cbor_put_null(w);
	} else {
		cbor_writer_init(&kw, &key);
		cose_key_write(&kw, c, *ereader);
		assert_int_equal(kw.error, CBOR_OK);
		put_wrapped(w, &key);
	}
	cbor_put_null(w);
	blob_reset(&key);
}

static void
make_device_authentication(const struct curve *c, const struct bytes *ereader,
    struct blob *out)
{
	struct blob body = BLOB_INIT;
	struct cbor_writer w;
	const uint8_t empty[] = { 0xa0 };

	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, "DeviceAuthentication");
	put_transcript(&w, c, ereader);
	cbor_put_str(&w, "org.example.doc");
	cbor_put_tag24(&w, bytes_of(empty, 1));
	cbor_writer_init(&w, out);
	put_wrapped(&w, &body);
	assert_int_equal(w.error, CBOR_OK);
	blob_reset(&body);
}

static void
make_reader_authentication(struct blob *out)
{
	struct blob body = BLOB_INIT, items = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &items);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "docType");
	cbor_put_str(&w, "org.example.doc");
	cbor_put_str(&w, "nameSpaces");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "org.example");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "name");
	cbor_put_bool(&w, false);
	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 3);
	cbor_put_str(&w, "ReaderAuthentication");
	put_transcript(&w, NULL, NULL);
	put_wrapped(&w, &items);
	cbor_writer_init(&w, out);
	put_wrapped(&w, &body);
	assert_int_equal(w.error, CBOR_OK);
	blob_reset(&items);
	blob_reset(&body);
}

static void
put_date(struct cbor_writer *w, const char *name)
{
	cbor_put_str(w, name);
	cbor_put_tag(w, 0);
	cbor_put_str(w, "2024-01-01T00:00:00Z");
}

static void
make_mso(struct bytes device_key, struct blob *out)
{
	struct blob body = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &body);
	cbor_put_map(&w, 6);
	cbor_put_str(&w, "version");
	cbor_put_str(&w, "1.0");
	cbor_put_str(&w, "digestAlgorithm");
	cbor_put_str(&w, "SHA-256");
	cbor_put_str(&w, "valueDigests");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "org.example");
	cbor_put_map(&w, 1);
	cbor_put_uint(&w, 0);
	cbor_put_bstr(&w, bytes_str("digest"));
	cbor_put_str(&w, "deviceKeyInfo");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "deviceKey");
	cose_key_write(&w, curve_by_cose(1), device_key);
	cbor_put_str(&w, "docType");
	cbor_put_str(&w, "org.example.doc");
	cbor_put_str(&w, "validityInfo");
	cbor_put_map(&w, 3);
	put_date(&w, "signed");
	put_date(&w, "validFrom");
	put_date(&w, "validUntil");
	assert_int_equal(w.error, CBOR_OK);
	cbor_writer_init(&w, out);
	put_wrapped(&w, &body);
	assert_int_equal(w.error, CBOR_OK);
	blob_reset(&body);
}

/* ---- operations */

static CK_RV
init(const struct token *t, const CK_MECHANISM *m, CK_FLAGS what,
    CK_OBJECT_HANDLE key, enum agree_path weakest, struct mechanism_op **ret)
{
	const struct mechanism_request r = { .what = what,
		.parameter = m,
		.key = key,
		.weakest = weakest,
		.hasher = hasher };

	return mechanism_init(mechanism_find(m->mechanism), t, &r, ret);
}

static CK_RV
run_sign(const struct token *t, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
    enum agree_path weakest, struct bytes data, uint8_t *out)
{
	const CK_MECHANISM none = { type, NULL, 0 };
	struct mechanism_op *op = NULL;
	struct bytes part;
	CK_RV rv;

	rv = init(t, &none, CKF_SIGN, key, weakest, &op);
	if (rv != CKR_OK) {
		assert_null(op);
		return rv;
	}
	/* in parts of seven bytes, and none */
	rv = mechanism_update(op, BYTES_NULL);
	while (rv == CKR_OK && data.len > 0) {
		assert_true(bytes_take(&data, data.len < 7 ? data.len : 7,
		    &part));
		rv = mechanism_update(op, part);
	}
	if (rv == CKR_OK)
		rv = mechanism_sign(op, t, hasher, out);
	mechanism_op_free(&op);
	assert_null(op);
	return rv;
}

static CK_RV
run_verify(const struct token *t, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
    struct bytes data, struct bytes signature)
{
	const CK_MECHANISM none = { type, NULL, 0 };
	struct mechanism_op *op = NULL;
	CK_RV rv;

	rv = init(t, &none, CKF_VERIFY, key, AGREE_PATH_UNKNOWN, &op);
	if (rv == CKR_OK)
		rv = mechanism_update(op, data);
	if (rv == CKR_OK)
		rv = mechanism_verify(op, t, hasher, signature);
	mechanism_op_free(&op);
	return rv;
}

#define FLAGS (CKF_SIGN | CKF_VERIFY | CKF_DECRYPT | CKF_DERIVE | CKF_HW)

static void
test_table(void **state)
{
	static const CK_FLAGS sv = CKF_SIGN | CKF_VERIFY;

	const struct {
		CK_MECHANISM_TYPE type;
		const char *name;
		CK_FLAGS flags; /* 0: the token has it, and says so itself */
	} want[] = {
		{ CKM_MDOC_DEVICE_SIGNATURE, "CKM_MDOC_DEVICE_SIGNATURE", sv },
		{ CKM_MDOC_DEVICE_MAC, "CKM_MDOC_DEVICE_MAC", CKF_SIGN },
		{ CKM_MDOC_READER_AUTHENTICATION,
		    "CKM_MDOC_READER_AUTHENTICATION", sv },
		{ CKM_MDOC_ISSUER_AUTHENTICATION,
		    "CKM_MDOC_ISSUER_AUTHENTICATION", sv },
		{ CKM_MDOC_KEY_DERIVE, "CKM_MDOC_KEY_DERIVE", CKF_DERIVE },
		{ CKM_MDOC_HPKE_OPEN, "CKM_MDOC_HPKE_OPEN", CKF_DECRYPT },
		{ CKM_ECDSA_SHA256, "CKM_ECDSA_SHA256", sv },
		{ CKM_ECDSA_SHA384, "CKM_ECDSA_SHA384", sv },
		{ CKM_ECDSA_SHA512, "CKM_ECDSA_SHA512", sv },
		{ CKM_ECDH1_DERIVE, "CKM_ECDH1_DERIVE", 0 },
		{ CKM_HKDF_DERIVE, "CKM_HKDF_DERIVE", CKF_DERIVE },
		{ CKM_HKDF_DATA, "CKM_HKDF_DATA", CKF_DERIVE },
		{ CKM_SHA256_HMAC, "CKM_SHA256_HMAC", 0 },
		{ CKM_SHA384_HMAC, "CKM_SHA384_HMAC", 0 },
		{ CKM_SHA512_HMAC, "CKM_SHA512_HMAC", 0 },
	};
	struct token none = token;
	CK_MECHANISM_INFO info;
	size_t n = 0;

	(void)state;
	none.f = p11_double_over(token.f);
	p11_double_answer("C_GetMechanismInfo", CKR_MECHANISM_INVALID);
	for (size_t i = 0; i < nitems(want); i++) {
		const struct mechanism *m = mechanism_find(want[i].type);

		assert_non_null(m);
		assert_int_equal(mechanism_type(m), want[i].type);
		assert_string_equal(mechanism_name(m), want[i].name);
		assert_int_equal(mechanism_is_completed(m),
		    (want[i].type & CKM_VENDOR_DEFINED) == 0);
		assert_int_equal(mechanism_works(m, &token),
		    want[i].flags != 0);
		assert_false(mechanism_works(m, &none));
		if (want[i].flags == 0)
			continue;
		mechanism_info(m, &token, &info);
		assert_int_equal(info.flags & FLAGS, want[i].flags);
		assert_true(want[i].type == CKM_MDOC_HPKE_OPEN ||
		    (info.ulMinKeySize <= 255 && info.ulMaxKeySize >= 521));
	}
	while (mechanism_at(n) != NULL) {
		const struct mechanism *m = mechanism_at(n++);

		assert_ptr_equal(mechanism_find(mechanism_type(m)), m);
	}
	assert_int_equal(n, nitems(want));
	assert_null(mechanism_find(CKM_ECDSA));
	assert_null(mechanism_find(CKM_MDOC_HPKE_OPEN + 1));
}

/* Which refusals are taken up, and what is said of what is widened. */
static void
test_completes(void **state)
{
	CK_MECHANISM_INFO info = { 32, 512, CKF_SIGN | CKF_HW };
	const struct mechanism *hmac = mechanism_find(CKM_SHA256_HMAC);
	const struct mechanism *hkdf = mechanism_find(CKM_HKDF_DERIVE);
	const struct mechanism *mac = mechanism_find(CKM_MDOC_DEVICE_MAC);
	const struct mechanism *ecdh = mechanism_find(CKM_ECDH1_DERIVE);
	const CK_MECHANISM none = { CKM_ECDH1_DERIVE, NULL, 0 };
	CK_ECDH1_DERIVE_PARAMS kdf = { CKD_NULL, 0, NULL, 0, NULL };
	const CK_MECHANISM with = { CKM_ECDH1_DERIVE, &kdf, sizeof(kdf) };

	(void)state;
	assert_false(mechanism_completes(ecdh, CKR_MECHANISM_PARAM_INVALID,
	    &none));
	assert_false(mechanism_completes(ecdh, CKR_MECHANISM_PARAM_INVALID,
	    &with));
	kdf.kdf = CKD_SHA256_KDF;
	assert_true(mechanism_completes(ecdh, CKR_MECHANISM_PARAM_INVALID,
	    &with));
	assert_false(mechanism_completes(ecdh, CKR_MECHANISM_INVALID, &with));
	assert_true(mechanism_completes(hmac, CKR_KEY_SIZE_RANGE, &none));
	assert_false(mechanism_completes(hmac, CKR_MECHANISM_INVALID, &none));
	assert_true(mechanism_completes(hkdf, CKR_MECHANISM_INVALID, &none));
	assert_false(mechanism_completes(hkdf, CKR_USER_NOT_LOGGED_IN, &none));
	assert_false(mechanism_completes(mac, CKR_MECHANISM_INVALID, &none));
	mechanism_widen(hkdf, AGREE_PATH_UNKNOWN, &info);
	mechanism_widen(hmac, AGREE_PATH_C, &info);
	assert_int_equal(info.ulMinKeySize, 32);
	mechanism_widen(hmac, AGREE_PATH_D, &info);
	assert_int_equal(info.ulMinKeySize, 1);
	assert_int_equal(info.ulMaxKeySize, 512);
	assert_int_equal(info.flags, CKF_SIGN | CKF_HW);
}

/* Sign and verify with every curve that signs. */
static void
test_signatures(void **state)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_MDOC_DEVICE_SIGNATURE,
		CKM_MDOC_READER_AUTHENTICATION,
		CKM_MDOC_ISSUER_AUTHENTICATION };
	struct blob data[3] = { BLOB_INIT, BLOB_INIT, BLOB_INIT };
	struct blob point = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_;
	const struct curve *c;
	uint8_t sig[CURVE_MAX_SIG];

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(token_key_point(&token, public_, &point), CKR_OK);
	make_device_authentication(NULL, NULL, &data[0]);
	make_reader_authentication(&data[1]);
	make_mso(blob_bytes(&point), &data[2]);
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->sig_len == 0)
			continue;
		assert_int_equal(tokens_generate(&token, c, &private_,
				     &public_),
		    CKR_OK);
		for (size_t k = 0; k < nitems(types); k++) {
			struct bytes s = bytes_of(sig, c->sig_len);
			struct bytes d = blob_bytes(&data[k]);
			struct bytes other = blob_bytes(&data[(k + 1) % 3]);

			assert_int_equal(run_sign(&token, types[k], private_,
					     AGREE_PATH_UNKNOWN, d, sig),
			    CKR_OK);
			assert_int_equal(run_verify(&token, types[k], public_,
					     d, s),
			    CKR_OK);
			/* the data of another mechanism, and no data */
			assert_int_equal(run_verify(&token, types[k], public_,
					     other, s),
			    CKR_DATA_INVALID);
			assert_int_equal(run_sign(&token, types[k], private_,
					     AGREE_PATH_UNKNOWN, other, sig),
			    CKR_DATA_INVALID);
			assert_int_equal(run_sign(&token, types[k], private_,
					     AGREE_PATH_UNKNOWN, BYTES_NULL,
					     sig),
			    CKR_DATA_INVALID);
			sig[3] ^= 1;
			assert_int_equal(run_verify(&token, types[k], public_,
					     d, s),
			    CKR_SIGNATURE_INVALID);
			s.len--;
			assert_int_equal(run_verify(&token, types[k], public_,
					     d, s),
			    CKR_SIGNATURE_LEN_RANGE);
		}
	}
	for (size_t k = 0; k < nitems(data); k++)
		blob_reset(&data[k]);
	blob_reset(&point);
}

/* What is signed is Sig_structure, as any COSE library makes it. */
static void
test_sig_structure(void **state)
{
	static const uint8_t prefix[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a',
		't', 'u', 'r', 'e', '1', 0x43, 0xa1, 0x01, 0x26, 0x40, 0x58 };
	const struct curve *c = curve_by_cose(1);
	struct blob data = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_;
	uint8_t sig[CURVE_MAX_SIG];
	struct bytes parts[3];
	uint8_t len;

	(void)state;
	assert_int_equal(tokens_generate(&token, c, &private_, &public_),
	    CKR_OK);
	make_device_authentication(NULL, NULL, &data);
	assert_true(data.len > 23 && data.len < 256);
	len = (uint8_t)data.len;
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_SIGNATURE, private_,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), sig),
	    CKR_OK);
	parts[0] = bytes_of(prefix, sizeof(prefix));
	parts[1] = bytes_of(&len, 1);
	parts[2] = blob_bytes(&data);
	assert_int_equal(sign_verify(&token, hasher, c, public_, parts, 3,
			     bytes_of(sig, c->sig_len)),
	    CKR_OK);
	blob_reset(&data);
}

static void
set_bool(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_BBOOL value)
{
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	assert_int_equal(token.f->C_SetAttributeValue(token.session, key, &a,
			     1),
	    CKR_OK);
}

static CK_RV
try_init(CK_MECHANISM_TYPE type, CK_FLAGS what, CK_OBJECT_HANDLE key)
{
	const CK_MECHANISM none = { type, NULL, 0 };
	struct mechanism_op *op = NULL;
	CK_RV rv;

	rv = init(&token, &none, what, key, AGREE_PATH_UNKNOWN, &op);
	assert_int_equal(op == NULL, rv != CKR_OK);
	mechanism_op_free(&op);
	return rv;
}

static void
test_keys(void **state)
{
	const CK_MECHANISM_TYPE sig = CKM_MDOC_DEVICE_SIGNATURE;
	const CK_MECHANISM_TYPE mac = CKM_MDOC_DEVICE_MAC;
	CK_MECHANISM m = { sig, (void *)(uintptr_t) "x", 1 };
	struct mechanism_op *op = NULL;
	CK_OBJECT_HANDLE private_, public_, ed, ed_public;

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(tokens_generate(&token, curve_by_cose(6), &ed,
			     &ed_public),
	    CKR_OK);
	assert_int_equal(try_init(sig, CKF_SIGN, private_), CKR_OK);
	assert_int_equal(try_init(mac, CKF_SIGN, private_), CKR_OK);
	assert_int_equal(try_init(sig, CKF_VERIFY, public_), CKR_OK);
	assert_int_equal(try_init(mac, CKF_VERIFY, public_),
	    CKR_MECHANISM_INVALID);
	assert_int_equal(try_init(sig, CKF_DECRYPT, private_),
	    CKR_MECHANISM_INVALID);
	assert_int_equal(try_init(sig, CKF_SIGN | CKF_VERIFY, private_),
	    CKR_MECHANISM_INVALID);
	assert_int_equal(try_init(sig, CKF_SIGN, public_),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(try_init(sig, CKF_VERIFY, private_),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(try_init(sig, CKF_SIGN, ed), CKR_OK);
	assert_int_equal(try_init(mac, CKF_SIGN, ed),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(try_init(sig, CKF_SIGN, 0x123456),
	    CKR_KEY_HANDLE_INVALID);
	set_bool(private_, CKA_SIGN, CK_FALSE);
	assert_int_equal(try_init(sig, CKF_SIGN, private_),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(try_init(mac, CKF_SIGN, private_), CKR_OK);
	set_bool(private_, CKA_DERIVE, CK_FALSE);
	assert_int_equal(try_init(mac, CKF_SIGN, private_),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	set_bool(public_, CKA_VERIFY, CK_FALSE);
	assert_int_equal(try_init(sig, CKF_VERIFY, public_),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(init(&token, &m, CKF_SIGN, ed, AGREE_PATH_UNKNOWN,
			     &op),
	    CKR_MECHANISM_PARAM_INVALID);
	m.ulParameterLen = 0;
	assert_int_equal(init(&token, &m, CKF_SIGN, ed, AGREE_PATH_UNKNOWN,
			     &op),
	    CKR_MECHANISM_PARAM_INVALID);
	m.pParameter = NULL;
	m.ulParameterLen = 1;
	assert_int_equal(init(&token, &m, CKF_SIGN, ed, AGREE_PATH_UNKNOWN,
			     &op),
	    CKR_MECHANISM_PARAM_INVALID);
	assert_null(op);
	mechanism_op_free(NULL);
	mechanism_op_free(&op);
}

static void
test_too_much(void **state)
{
	static uint8_t block[1 << 16];
	const CK_MECHANISM none = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	struct mechanism_op *op = NULL;
	CK_OBJECT_HANDLE private_, public_;
	uint8_t tag[32];

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(init(&token, &none, CKF_SIGN, private_,
			     AGREE_PATH_UNKNOWN, &op),
	    CKR_OK);
	assert_int_equal(mechanism_sign_len(op), 32);
	for (size_t n = 0; n < MECHANISM_MAX_DATA; n += sizeof(block))
		assert_int_equal(mechanism_update(op,
				     bytes_of(block, sizeof(block))),
		    CKR_OK);
	assert_int_equal(mechanism_update(op, bytes_of(block, 1)),
	    CKR_DATA_LEN_RANGE);
	assert_int_equal(mechanism_verify(op, &token, hasher, BYTES_NULL),
	    CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(mechanism_sign(op, &token, hasher, tag),
	    CKR_DATA_INVALID);
	mechanism_op_free(&op);
}

/* What the reader's key may be. */
static void
test_reader_key(void **state)
{
	struct blob data = BLOB_INIT, point = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_, other, other_public;
	struct bytes p;
	uint8_t tag[32];
	CK_ULONG before;

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(tokens_generate(&token, curve_by_cose(256), &other,
			     &other_public),
	    CKR_OK);
	before = tokens_count(&token);
	/* none */
	make_device_authentication(NULL, NULL, &data);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, private_,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_DATA_INVALID);
	/* one of another curve */
	assert_int_equal(token_key_point(&token, other_public, &point), CKR_OK);
	p = blob_bytes(&point);
	blob_clear(&data);
	make_device_authentication(curve_by_cose(256), &p, &data);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, private_,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_DOMAIN_PARAMS_INVALID);
	/* a good one, and with a path that is forbidden here */
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, other,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_OK);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, other,
			     AGREE_PATH_C, blob_bytes(&data), tag),
	    CKR_OK);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, other,
			     AGREE_PATH_A, blob_bytes(&data), tag),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	/* one that is not on the curve */
	point.ptr[64] ^= 1;
	blob_clear(&data);
	make_device_authentication(curve_by_cose(256), &p, &data);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, other,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_DOMAIN_PARAMS_INVALID);
	assert_int_equal(tokens_count(&token), before);
	blob_reset(&point);
	blob_reset(&data);
}

/* ---- ISO/IEC 18013-5 Annex D */

static CK_OBJECT_HANDLE
import_private(const char *name)
{
	struct softhsm_key key = { .label = name };
	CK_OBJECT_HANDLE handle;
	struct blob d = BLOB_INIT;

	assert_true(vectors_read_key(name, &d));
	key.d = blob_bytes(&d);
	assert_int_equal(softhsm_import(token.f, token.session, &key, &handle,
			     NULL),
	    CKR_OK);
	blob_reset(&d);
	return handle;
}

/* The public key of a certificate as an object. */
static CK_OBJECT_HANDLE
import_certificate(struct bytes der)
{
	static const uint8_t unused[32] = { 1 };
	struct softhsm_key key = { .d = bytes_of(unused, sizeof(unused)) };
	const unsigned char *p = der.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);
	CK_OBJECT_HANDLE private_, public_;

	assert_non_null(x);
	key.point.ptr = X509_get0_pubkey_bitstr(x)->data;
	key.point.len = (size_t)X509_get0_pubkey_bitstr(x)->length;
	assert_int_equal(softhsm_import(token.f, token.session, &key, &private_,
			     &public_),
	    CKR_OK);
	X509_free(x);
	return public_;
}

/* COSE_Sign1 whose unprotected header is {33: bstr}. */
static void
read_sign1(const struct blob *in, struct bytes *cert, struct bytes *payload,
    struct bytes *signature)
{
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key, item;
	struct bytes protected_;
	int64_t label = 0;

	cbor_reader_init(&r, blob_bytes(in));
	assert_true(cbor_enter_array_of(&r, 4));
	assert_true(cbor_get_bstr(&r, &protected_));
	assert_true(cbor_enter_map(&r, &m));
	while (cbor_map_next(&r, &m, &key)) {
		assert_true(cbor_key_int(&key, &label));
		assert_int_equal(label, 33);
		assert_true(cbor_get_bstr(&r, cert));
	}
	assert_true(cbor_next(&r, &item));
	*payload = item.str;
	assert_true(cbor_get_bstr(&r, signature));
}

static void
test_annex_d_mac(void **state)
{
	const CK_MECHANISM none = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	struct blob data = BLOB_INIT, auth = BLOB_INIT;
	struct mechanism_op *op = NULL;
	CK_OBJECT_HANDLE key;
	CK_ULONG before;
	uint8_t tag[32];

	(void)state;
	VECTORS_OR_SKIP("annexD/device_authentication_bytes.hex", &data);
	assert_true(vectors_read("annexD/device_auth.hex", &auth));
	key = import_private("SDeviceKey d");
	before = tokens_count(&token);
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, key,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_OK);
	/* The tag is the last of the COSE_Mac0. */
	assert_memory_equal(tag, auth.ptr + auth.len - 32, 32);
	assert_int_equal(init(&token, &none, CKF_SIGN, key, AGREE_PATH_C, &op),
	    CKR_OK);
	assert_int_equal(mechanism_op_path(op), AGREE_PATH_UNKNOWN);
	assert_int_equal(mechanism_update(op, blob_bytes(&data)), CKR_OK);
	assert_int_equal(mechanism_sign(op, &token, hasher, tag), CKR_OK);
	assert_memory_equal(tag, auth.ptr + auth.len - 32, 32);
	assert_int_equal(mechanism_op_path(op), AGREE_PATH_C);
	mechanism_op_free(&op);
	/* the weakest first, if that is what is expected and allowed */
	assert_int_equal(init(&token, &none, CKF_SIGN, key, AGREE_PATH_D, &op),
	    CKR_OK);
	mechanism_op_expect(op, AGREE_PATH_D);
	assert_int_equal(mechanism_update(op, blob_bytes(&data)), CKR_OK);
	assert_int_equal(mechanism_sign(op, &token, hasher, tag), CKR_OK);
	assert_memory_equal(tag, auth.ptr + auth.len - 32, 32);
	assert_int_equal(mechanism_op_path(op), AGREE_PATH_D);
	mechanism_op_free(&op);
	assert_int_equal(tokens_count(&token), before);
	/* any other byte: another tag, or none */
	data.ptr[data.len - 1] = 0xa1;
	assert_int_equal(run_sign(&token, CKM_MDOC_DEVICE_MAC, key,
			     AGREE_PATH_UNKNOWN, blob_bytes(&data), tag),
	    CKR_DATA_INVALID);
	blob_reset(&auth);
	blob_reset(&data);
}

/* The key behind the tag, and the hash that salts it. */
static void
test_annex_d_key(void **state)
{
	struct agree_secret s = AGREE_SECRET_INIT;
	struct blob st = BLOB_INIT, want = BLOB_INIT;
	struct tbs_transcript transcript;
	uint8_t salt[32], point[CURVE_MAX_POINT];
	struct agree_input in = { .curve = curve_by_cose(1),
		.salt = bytes_of(salt, sizeof(salt)),
		.info = bytes_str("EMacKey") };
	struct cbor_reader r;
	struct cose_key key;
	struct bytes whole;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &st);
	assert_true(vectors_read_key("EMacKey", &want));
	assert_true(tbs_transcript_read(blob_bytes(&st), &transcript, NULL));
	cbor_reader_init(&r, transcript.ereader_key);
	assert_true(cose_key_read(&r, false, &key));
	assert_true(cose_key_point(&key, point, &in.peer.len));
	in.peer.ptr = point;
	whole = blob_bytes(&st);
	assert_true(hasher_digest(hasher, HASH_SHA256, &whole, 1, salt));
	in.key = import_private("SDeviceKey d");
	assert_int_equal(agree_derive(&token, hasher, &in, &s), CKR_OK);
	assert_true(bytes_equal(blob_bytes(&s.memory), blob_bytes(&want)));
	agree_secret_reset(&token, &s);
	blob_reset(&want);
	blob_reset(&st);
}

static void
test_annex_d_signatures(void **state)
{
	struct blob sign1 = BLOB_INIT, data = BLOB_INIT;
	struct bytes cert = BYTES_NULL, payload, signature;

	(void)state;
	VECTORS_OR_SKIP("annexD/reader_auth.hex", &sign1);
	assert_true(vectors_read("annexD/reader_authentication_bytes.hex",
	    &data));
	read_sign1(&sign1, &cert, &payload, &signature);
	assert_int_equal(run_verify(&token, CKM_MDOC_READER_AUTHENTICATION,
			     import_certificate(cert), blob_bytes(&data),
			     signature),
	    CKR_OK);
	assert_true(vectors_read("annexD/issuer_auth.hex", &sign1));
	read_sign1(&sign1, &cert, &payload, &signature);
	assert_int_equal(run_verify(&token, CKM_MDOC_ISSUER_AUTHENTICATION,
			     import_certificate(cert), payload, signature),
	    CKR_OK);
	payload.len--;
	assert_int_equal(run_verify(&token, CKM_MDOC_ISSUER_AUTHENTICATION,
			     import_certificate(cert), payload, signature),
	    CKR_DATA_INVALID);
	blob_reset(&data);
	blob_reset(&sign1);
}

/* ---- faults */

static void
test_faults(void **state)
{
	struct blob data = BLOB_INIT, point = BLOB_INIT;
	struct token t = token;
	CK_OBJECT_HANDLE private_, public_;
	struct bytes p;
	uint8_t tag[CURVE_MAX_SIG];
	CK_ULONG before;
	CK_RV rv;

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(token_key_point(&token, public_, &point), CKR_OK);
	p = blob_bytes(&point);
	make_device_authentication(curve_by_cose(1), &p, &data);
	before = tokens_count(&token);
	t.f = p11_double_over(token.f);
	for (size_t i = 0; i < 2; i++) {
		CK_MECHANISM_TYPE type = mechanism_type(mechanism_at(i));

		for (unsigned long n = 1;; n++) {
			const char *failed;

			assert_int_equal(tokens_session(&token, &t.session),
			    CKR_OK);
			p11_double_fail(n, CKR_DEVICE_REMOVED);
			rv = run_sign(&t, type, private_, AGREE_PATH_UNKNOWN,
			    blob_bytes(&data), tag);
			failed = p11_double_failed();
			if (failed == NULL)
				break;
			if (strcmp(failed, "C_DestroyObject") != 0) {
				assert_int_equal(rv, CKR_DEVICE_REMOVED);
				assert_int_equal(tokens_count(&token), before);
			}
			token.f->C_CloseSession(t.session);
		}
		token.f->C_CloseSession(t.session);
		assert_int_equal(rv, CKR_OK);
	}
	blob_reset(&point);
	blob_reset(&data);
}

static void
test_memory(void **state)
{
	struct blob data = BLOB_INIT, point = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_;
	struct bytes p;
	uint8_t tag[32];
	CK_ULONG before;
	CK_RV rv;

	(void)state;
	assert_int_equal(tokens_generate(&token, curve_by_cose(1), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(token_key_point(&token, public_, &point), CKR_OK);
	p = blob_bytes(&point);
	make_device_authentication(curve_by_cose(1), &p, &data);
	before = tokens_count(&token);
	for (unsigned long n = 1;; n++) {
		failmalloc_arm(n);
		rv = run_sign(&token, CKM_MDOC_DEVICE_MAC, private_,
		    AGREE_PATH_UNKNOWN, blob_bytes(&data), tag);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(rv, CKR_HOST_MEMORY);
		assert_int_equal(tokens_count(&token), before);
	}
	assert_int_equal(rv, CKR_OK);
	blob_reset(&point);
	blob_reset(&data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_completes),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_sig_structure),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_reader_key),
		cmocka_unit_test(test_annex_d_mac),
		cmocka_unit_test(test_annex_d_key),
		cmocka_unit_test(test_annex_d_signatures),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
