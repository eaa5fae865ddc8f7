/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Vectors of C2SP Wycheproof: key agreement by SoftHSMv2 through agree, HMAC
 * and HKDF by hasher, public keys by curve. Signatures and AES-GCM are tested
 * where they are computed in software.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/asn1.h>

#include "tests/support/tokens.h"
#include "tests/support/vectors.h"
#include "vendor-ext/agree.h"

static struct token token;
static struct hasher *hasher;

/* One vector, its members decoded on demand. */
struct vector {
	const char *file;
	const struct curve *curve;
	json_t *group;
	json_t *test;
	bool valid; /* result "valid" */
	bool invalid;
	unsigned counts[3]; /* of this file: as below */
};

enum outcome {
	OUTCOME_REFUSED,
	OUTCOME_GOOD,
	OUTCOME_BAD
};

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

static void
member(const struct vector *v, const char *name, struct blob *ret)
{
	const char *hex = json_string_value(json_object_get(v->test, name));

	assert_non_null(hex);
	vectors_hex(hex, ret);
}

static bool
flagged(const struct vector *v, const char *flag)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(v->test, "flags"), i, f)
	{
		if (strcmp(json_string_value(f), flag) == 0)
			return true;
	}
	return false;
}

/* Every test of the file; each must end as its result says. */
static void
run_file(const char *file, const char *curve,
    enum outcome (*run)(const struct vector *v))
{
	struct vector v = { .file = file };
	struct blob text = BLOB_INIT;
	json_error_t error;
	json_t *root, *groups;
	size_t i, k;

	VECTORS_OR_SKIP(file, &text);
	if (curve != NULL) {
		v.curve = curve_by_name(bytes_str(curve));
		assert_non_null(v.curve);
	}
	root = json_loadb((char *)text.ptr, text.len, JSON_REJECT_DUPLICATES,
	    &error);
	assert_non_null(root);
	groups = json_object_get(root, "testGroups");
	json_array_foreach(groups, i, v.group)
	{
		json_array_foreach(json_object_get(v.group, "tests"), k, v.test)
		{
			const char *result =
			    json_string_value(json_object_get(v.test,
				"result"));
			enum outcome o;

			v.valid = strcmp(result, "valid") == 0;
			v.invalid = strcmp(result, "invalid") == 0;
			o = run(&v);
			v.counts[o]++;
			if (o == OUTCOME_BAD ||
			    (v.valid && o != OUTCOME_GOOD) ||
			    (v.invalid && o != OUTCOME_REFUSED))
				fail_msg("%s: test %lld (%s): outcome %d", file,
				    json_integer_value(json_object_get(v.test,
					"tcId")),
				    result, (int)o);
		}
	}
	assert_int_equal(json_integer_value(json_object_get(root,
			     "numberOfTests")),
	    v.counts[OUTCOME_GOOD] + v.counts[OUTCOME_REFUSED]);
	print_message("# %s: %u computed, %u refused\n", file,
	    v.counts[OUTCOME_GOOD], v.counts[OUTCOME_REFUSED]);
	json_decref(root);
	blob_reset(&text);
}

/* ---- HMAC, HKDF */

static enum outcome
run_hmac(const struct vector *v)
{
	struct blob key = BLOB_INIT, msg = BLOB_INIT, tag = BLOB_INIT;
	uint8_t out[32];
	struct bytes part;
	bool same;

	member(v, "key", &key);
	member(v, "msg", &msg);
	member(v, "tag", &tag);
	part = blob_bytes(&msg);
	assert_true(hasher_hmac(hasher, blob_bytes(&key), &part, 1, out));
	same = tag.len <= 32 &&
	    bytes_equal(blob_bytes(&tag), bytes_of(out, tag.len));
	blob_reset(&key);
	blob_reset(&msg);
	blob_reset(&tag);
	return same ? OUTCOME_GOOD : OUTCOME_REFUSED;
}

static void
test_hmac(void **state)
{
	(void)state;
	run_file("wycheproof/hmac_sha256_test.json", NULL, run_hmac);
}

static enum outcome
run_hkdf(const struct vector *v)
{
	struct blob ikm = BLOB_INIT, salt = BLOB_INIT, info = BLOB_INIT;
	struct blob okm = BLOB_INIT, out = BLOB_INIT;
	size_t size =
	    (size_t)json_integer_value(json_object_get(v->test, "size"));
	enum outcome o = OUTCOME_REFUSED;

	member(v, "ikm", &ikm);
	member(v, "salt", &salt);
	member(v, "info", &info);
	member(v, "okm", &okm);
	assert_non_null(blob_extend(&out, size));
	if (hasher_hkdf(hasher, blob_bytes(&salt), blob_bytes(&ikm),
		blob_bytes(&info), out.ptr, size))
		o = bytes_equal(blob_bytes(&out), blob_bytes(&okm))
		    ? OUTCOME_GOOD
		    : OUTCOME_BAD;
	blob_reset(&ikm);
	blob_reset(&salt);
	blob_reset(&info);
	blob_reset(&okm);
	blob_reset(&out);
	return o;
}

static void
test_hkdf(void **state)
{
	(void)state;
	run_file("wycheproof/hkdf_sha256_test.json", NULL, run_hkdf);
}

/* ---- public keys of X25519 and X448 */

static enum outcome
run_xdh(const struct vector *v)
{
	struct blob key = BLOB_INIT;
	bool valid;

	member(v, "public", &key);
	valid = curve_point_valid(v->curve, blob_bytes(&key));
	blob_reset(&key);
	/* "acceptable" by RFC 7748; not by us */
	if (valid && flagged(v, "ZeroSharedSecret"))
		return OUTCOME_BAD;
	/* whatever else is acceptable must be accepted */
	if (!valid && !v->invalid && !flagged(v, "ZeroSharedSecret"))
		return OUTCOME_BAD;
	return valid ? OUTCOME_GOOD : OUTCOME_REFUSED;
}

static void
test_x25519(void **state)
{
	(void)state;
	run_file("wycheproof/x25519_test.json", "X25519", run_xdh);
}

static void
test_x448(void **state)
{
	(void)state;
	run_file("wycheproof/x448_test.json", "X448", run_xdh);
}

/* ---- ECDH by the token */

/* The private key, left-padded or cut to the length of the field. */
static CK_OBJECT_HANDLE
import_key(const struct vector *v)
{
	uint8_t d[CURVE_MAX_FIELD] = { 0 };
	size_t n = v->curve->field_len;
	struct softhsm_key key = { .params = v->curve->oid,
		.d = bytes_of(d, n) };
	CK_OBJECT_HANDLE handle;
	struct blob in = BLOB_INIT;
	struct bytes b;

	member(v, "private", &in);
	b = blob_bytes(&in);
	while (b.len > n && b.ptr[0] == 0)
		assert_true(bytes_skip(&b, 1));
	assert_true(b.len <= n);
	memcpy(d + n - b.len, b.ptr, b.len);
	assert_int_equal(softhsm_import(token.f, token.session, &key, &handle,
			     NULL),
	    CKR_OK);
	blob_reset(&in);
	return handle;
}

/* Both paths of the token: Z is told by what HKDF makes of it. */
static enum outcome
run_agree(const struct vector *v, struct bytes point)
{
	static const uint8_t salt[32] = { 7 };
	uint8_t expanded[CURVE_MAX_POINT], want[32];
	struct blob shared = BLOB_INIT;
	struct agree_secret s = AGREE_SECRET_INIT;
	enum agree_path path = AGREE_PATH_D;
	struct agree_input in = { .curve = v->curve,
		.peer = point,
		.salt = bytes_of(salt, sizeof(salt)),
		.info = bytes_str("info"),
		.path = &path };
	enum outcome o = OUTCOME_GOOD;
	CK_RV rv;

	/* Compressed, as the COSE_Key of a device may be */
	if (point.len == 1 + v->curve->field_len &&
	    (point.ptr[0] | 1) == 0x03) {
		if (!curve_point_expand(v->curve,
			bytes_of(point.ptr + 1, point.len - 1),
			point.ptr[0] == 0x03, expanded))
			return OUTCOME_REFUSED;
		in.peer = bytes_of(expanded, 1 + 2 * v->curve->field_len);
	}
	if (!curve_point_valid(v->curve, in.peer))
		return OUTCOME_REFUSED;
	member(v, "shared", &shared);
	assert_true(hasher_hkdf(hasher, in.salt, blob_bytes(&shared), in.info,
	    want, sizeof(want)));
	blob_reset(&shared);
	in.key = import_key(v);
	for (path = AGREE_PATH_C; path <= AGREE_PATH_D; path++) {
		rv = agree_derive(&token, hasher, &in, &s);
		assert_int_equal(rv, CKR_OK);
		if (!bytes_equal(blob_bytes(&s.memory), bytes_of(want, 32)))
			o = OUTCOME_BAD;
		agree_secret_reset(&token, &s);
	}
	assert_int_equal(token.f->C_DestroyObject(token.session, in.key),
	    CKR_OK);
	return o;
}

static enum outcome
run_ecpoint(const struct vector *v)
{
	struct blob point = BLOB_INIT;
	enum outcome o;

	member(v, "public", &point);
	o = run_agree(v, blob_bytes(&point));
	blob_reset(&point);
	return o;
}

/* The next element: its content, and with its head if ret_whole. */
static bool
take_der(struct bytes *in, int tag, struct bytes *ret, struct bytes *ret_whole)
{
	const unsigned char *p = in->ptr;
	long len;
	int got, class;

	if (in->len == 0 ||
	    (ASN1_get_object(&p, &len, &got, &class, (long)in->len) & 0x81) !=
		0 ||
	    got != tag || class != V_ASN1_UNIVERSAL)
		return false;
	*ret = bytes_of(p, (size_t)len);
	if (ret_whole != NULL)
		*ret_whole = bytes_of(in->ptr, (size_t)(p - in->ptr + len));
	return bytes_skip(in, (size_t)(p - in->ptr + len));
}

/* SubjectPublicKeyInfo with a named curve, which must be ours. */
static enum outcome
run_spki(const struct vector *v)
{
	static const uint8_t ec_public_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d,
		0x02, 0x01 };
	struct bytes in, spki, alg, oid, params, bits;
	enum outcome o = OUTCOME_REFUSED;
	struct blob der = BLOB_INIT;
	uint8_t unused;

	member(v, "public", &der);
	in = blob_bytes(&der);
	if (take_der(&in, V_ASN1_SEQUENCE, &spki, NULL) && in.len == 0 &&
	    take_der(&spki, V_ASN1_SEQUENCE, &alg, NULL) &&
	    take_der(&alg, V_ASN1_OBJECT, &oid, NULL) &&
	    bytes_equal(oid, bytes_of(ec_public_key, 7)) &&
	    take_der(&alg, V_ASN1_OBJECT, &oid, &params) && alg.len == 0 &&
	    curve_by_oid(params) == v->curve &&
	    take_der(&spki, V_ASN1_BIT_STRING, &bits, NULL) && spki.len == 0 &&
	    bytes_take_u8(&bits, &unused) && unused == 0)
		o = run_agree(v, bits);
	blob_reset(&der);
	return o;
}

static void
test_ecpoint(void **state)
{
	(void)state;
	run_file("wycheproof/ecdh_secp256r1_ecpoint_test.json", "P-256",
	    run_ecpoint);
	run_file("wycheproof/ecdh_secp384r1_ecpoint_test.json", "P-384",
	    run_ecpoint);
	run_file("wycheproof/ecdh_secp521r1_ecpoint_test.json", "P-521",
	    run_ecpoint);
}

static void
test_brainpool(void **state)
{
	(void)state;
	run_file("wycheproof/ecdh_brainpoolP256r1_test.json", "brainpoolP256r1",
	    run_spki);
	run_file("wycheproof/ecdh_brainpoolP320r1_test.json", "brainpoolP320r1",
	    run_spki);
	run_file("wycheproof/ecdh_brainpoolP384r1_test.json", "brainpoolP384r1",
	    run_spki);
	run_file("wycheproof/ecdh_brainpoolP512r1_test.json", "brainpoolP512r1",
	    run_spki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_x25519),
		cmocka_unit_test(test_x448),
		cmocka_unit_test(test_ecpoint),
		cmocka_unit_test(test_brainpool),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
