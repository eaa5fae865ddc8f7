/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "tests/support/vectors.h"
#include "vendor-ext/seal.h"

static struct hasher *hasher;
static struct token softhsm;
static struct token nss;
static bool have_nss;

static const struct bytes name = { (const uint8_t *)"record", 6 };
static const struct bytes text = { (const uint8_t *)"something", 9 };

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	have_nss = tokens_nss(&nss);
	return hasher != NULL && tokens_softhsm(&softhsm) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&softhsm);
	if (have_nss)
		tokens_stop(&nss);
	hasher_free(&hasher);
	return 0;
}

/* A key of its own; point holds what the key says. */
static struct seal_key
key_new(const struct token *t, const char *curve, struct blob *point)
{
	struct seal_key k = { .curve = curve_by_name(bytes_str(curve)) };
	CK_OBJECT_HANDLE public;

	assert_int_equal(tokens_generate(t, k.curve, &k.key, &public), CKR_OK);
	blob_clear(point);
	assert_int_equal(token_key_point(t, public, point), CKR_OK);
	k.point = blob_bytes(point);
	return k;
}

static void
round_trip(const struct token *t, const char *curve, struct bytes plain)
{
	struct blob point = BLOB_INIT, sealed = BLOB_INIT, again = BLOB_INIT;
	struct seal_key k = key_new(t, curve, &point);
	CK_ULONG before = tokens_count(t);

	assert_int_equal(seal_close(t, hasher, &k, name, plain, &sealed),
	    CKR_OK);
	assert_int_equal(sealed.len, 8 + 12 + plain.len + 16);
	assert_int_equal(seal_open(t, hasher, &k, name, blob_bytes(&sealed),
			     &again),
	    CKR_OK);
	assert_true(bytes_equal(blob_bytes(&again), plain));
	/* A second one is another. */
	assert_int_equal(seal_close(t, hasher, &k, name, plain, &again),
	    CKR_OK);
	assert_false(bytes_equal(blob_bytes(&again), blob_bytes(&sealed)));
	/* Nothing stays in the token. */
	assert_int_equal(tokens_count(t), before);
	blob_reset(&point);
	blob_reset(&sealed);
	blob_reset(&again);
}

static void
test_softhsm(void **state)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521",
		"brainpoolP256r1", "brainpoolP512r1" };
	static const uint8_t large[100000];

	(void)state;
	for (size_t i = 0; i < nitems(curves); i++)
		round_trip(&softhsm, curves[i], text);
	round_trip(&softhsm, "P-256", BYTES_NULL);
	round_trip(&softhsm, "P-256", bytes_of(large, sizeof(large)));
}

static void
test_nss(void **state)
{
	(void)state;
	if (!have_nss) {
		print_message("# skipped: NSS softokn is absent\n");
		skip();
	}
	round_trip(&nss, "P-256", text);
	round_trip(&nss, "P-384", text);
	round_trip(&nss, "P-521", text);
}

/* Sealed by tests/vectors/seal/make.py. */
static void
test_vector(void **state)
{
	static const uint8_t vector_name[] = "00112233445566778899aabbccddeeff";
	struct blob d = BLOB_INIT, sealed = BLOB_INIT, plain = BLOB_INIT;
	struct blob got = BLOB_INIT, point = BLOB_INIT;
	struct softhsm_key key = { .label = "vector" };
	struct seal_key k = { .curve = curve_by_name(bytes_str("P-256")) };
	CK_OBJECT_HANDLE public;

	(void)state;
	assert_true(vectors_read_own("tests/vectors/seal/key.hex", &d) &&
	    vectors_read_own("tests/vectors/seal/sealed.hex", &sealed) &&
	    vectors_read_own("tests/vectors/seal/plain.hex", &plain) &&
	    vectors_read_own("tests/vectors/seal/point.hex", &point));
	key.d = blob_bytes(&d);
	key.point = k.point = blob_bytes(&point);
	assert_int_equal(softhsm_import(softhsm.f, softhsm.session, &key,
			     &k.key, &public),
	    CKR_OK);
	assert_int_equal(seal_open(&softhsm, hasher, &k,
			     bytes_of(vector_name, 32), blob_bytes(&sealed),
			     &got),
	    CKR_OK);
	assert_true(bytes_equal(blob_bytes(&got), blob_bytes(&plain)));
	blob_reset(&d);
	blob_reset(&sealed);
	blob_reset(&plain);
	blob_reset(&got);
	blob_reset(&point);
}

static void
refused(const struct seal_key *k, struct bytes n, struct bytes sealed)
{
	struct blob got = BLOB_INIT;

	assert_int_equal(seal_open(&softhsm, hasher, k, n, sealed, &got),
	    CKR_ENCRYPTED_DATA_INVALID);
	assert_int_equal(got.len, 0);
}

/* Whatever is changed, cut off or added: it is not opened. */
static void
test_tampered(void **state)
{
	struct blob point = BLOB_INIT, other_point = BLOB_INIT;
	struct blob sealed = BLOB_INIT;
	struct seal_key k, other;
	struct bytes all;

	(void)state;
	k = key_new(&softhsm, "P-256", &point);
	other = key_new(&softhsm, "P-256", &other_point);
	assert_int_equal(seal_close(&softhsm, hasher, &k, name, text, &sealed),
	    CKR_OK);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.ptr[i] ^= 0x10;
		refused(&k, name, blob_bytes(&sealed));
		sealed.ptr[i] ^= 0x10;
	}
	all = blob_bytes(&sealed);
	for (size_t i = 0; i < sealed.len; i++)
		refused(&k, name, bytes_of(all.ptr, i));
	refused(&k, bytes_str("recorD"), all);
	refused(&other, name, all);
	/* The right public key, and not the private one that belongs to it. */
	other.point = k.point;
	refused(&other, name, all);
	assert_true(blob_append_u8(&sealed, 0));
	refused(&k, name, blob_bytes(&sealed));
	blob_reset(&point);
	blob_reset(&other_point);
	blob_reset(&sealed);
}

/* A policy that the token cannot satisfy; a curve that has no such points. */
static void
test_policy(void **state)
{
	struct blob point = BLOB_INIT, sealed = BLOB_INIT;
	struct seal_key k;

	(void)state;
	k = key_new(&softhsm, "P-256", &point);
	k.weakest = AGREE_PATH_A;
	assert_int_equal(seal_close(&softhsm, hasher, &k, name, text, &sealed),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	k.weakest = AGREE_PATH_UNKNOWN;
	k.curve = curve_by_name(bytes_str("X25519"));
	assert_int_equal(seal_close(&softhsm, hasher, &k, name, text, &sealed),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(sealed.len, 0);
	blob_reset(&point);
}

static void
test_faults(void **state)
{
	struct token t = softhsm;
	struct blob point = BLOB_INIT, sealed = BLOB_INIT, got = BLOB_INIT;
	CK_ULONG before;
	struct seal_key k;
	CK_RV rv;

	(void)state;
	k = key_new(&softhsm, "P-256", &point);
	before = tokens_count(&softhsm);
	t.f = p11_double_over(softhsm.f);
	for (unsigned long n = 1;; n++) {
		/* What failed may have left an operation behind. */
		assert_int_equal(tokens_session(&softhsm, &t.session), CKR_OK);
		p11_double_fail(n, CKR_DEVICE_REMOVED);
		rv = seal_close(&t, hasher, &k, name, text, &sealed);
		assert_int_equal(softhsm.f->C_CloseSession(t.session), CKR_OK);
		if (p11_double_failed() == NULL)
			break;
		/* What fails while things are put away does not matter. */
		if (rv != CKR_OK)
			assert_int_equal(rv, CKR_DEVICE_REMOVED);
	}
	assert_int_equal(rv, CKR_OK);
	p11_double_fail(0, CKR_OK);
	for (unsigned long n = 1;; n++) {
		failmalloc_arm(n);
		rv = seal_open(&softhsm, hasher, &k, name, blob_bytes(&sealed),
		    &got);
		if (!failmalloc_disarm())
			break;
		if (rv == CKR_OK)
			assert_true(bytes_equal(blob_bytes(&got), text));
	}
	assert_int_equal(rv, CKR_OK);
	assert_true(bytes_equal(blob_bytes(&got), text));
	assert_true(tokens_count(&softhsm) - before < 8);
	blob_reset(&point);
	blob_reset(&sealed);
	blob_reset(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_softhsm),
		cmocka_unit_test(test_nss),
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
