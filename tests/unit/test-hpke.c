/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/hpke-vectors.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/hpke.h"
#include "vendor-ext/pkcs11-3.h"

static struct hasher *hasher;
static struct token softhsm;
static struct token nss;
static bool have_nss;

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

#define NSS_OR_SKIP()                                                        \
	do {                                                                 \
		if (!have_nss) {                                             \
			print_message("# skipped: NSS softokn is absent\n"); \
			skip();                                              \
		}                                                            \
	} while (0)

/* The recipient of the vector in a token; is_session: with a public half. */
static struct hpke_input
input_of(const struct token *t, const struct hpke_vector *v)
{
	struct softhsm_key key = { .d = blob_bytes(&v->d),
		.point = blob_bytes(&v->public_key) };
	struct hpke_input in = { .public_key = blob_bytes(&v->public_key),
		.enc = blob_bytes(&v->enc),
		.info = blob_bytes(&v->info),
		.aad = blob_bytes(&v->aad) };

	assert_int_equal(softhsm_import(t->f, t->session, &key, &in.key, NULL),
	    CKR_OK);
	return in;
}

static void
assert_opens(const struct token *t, const struct hpke_vector *v,
    struct hpke_input *in, enum agree_path wanted)
{
	enum agree_path path = AGREE_PATH_UNKNOWN;
	CK_ULONG before = tokens_count(t);
	struct blob plain = BLOB_INIT;

	in->path = &path;
	assert_int_equal(hpke_open(t, hasher, in, blob_bytes(&v->ciphertext),
			     &plain),
	    CKR_OK);
	assert_int_equal(path, wanted);
	assert_int_equal(plain.len, v->plain.len);
	assert_memory_equal(plain.ptr, v->plain.ptr, plain.len);
	blob_reset(&plain);
	assert_int_equal(tokens_count(t), before);
}

static void
assert_vector(const struct token *t, const struct hpke_vector *v,
    enum agree_path path)
{
	struct hpke_input in = input_of(t, v);

	assert_opens(t, v, &in, path);
	assert_int_equal(t->f->C_DestroyObject(t->session, in.key), CKR_OK);
}

static void
test_rfc9180(void **state)
{
	struct hpke_vector v;

	(void)state;
	hpke_vector_rfc9180(&v);
	assert_vector(&softhsm, &v, AGREE_PATH_C);
	hpke_vector_reset(&v);
}

static void
test_rfc9180_nss(void **state)
{
	struct hpke_vector v;

	(void)state;
	NSS_OR_SKIP();
	hpke_vector_rfc9180(&v);
	assert_vector(&nss, &v, AGREE_PATH_A);
	hpke_vector_reset(&v);
}

static void
test_annex_c(void **state)
{
	struct hpke_vector v;

	(void)state;
	if (!hpke_vector_annex_c(&v)) {
		print_message("# skipped: P11_MDOC_VECTORS is not there\n");
		skip();
	}
	assert_vector(&softhsm, &v, AGREE_PATH_C);
	if (have_nss)
		assert_vector(&nss, &v, AGREE_PATH_A);
	hpke_vector_reset(&v);
}

/* What a token refuses decides the path, and minimum-path where it ends. */
static void
test_refusals(void **state)
{
	enum agree_path path = AGREE_PATH_UNKNOWN;
	struct blob plain = BLOB_INIT;
	struct token t = softhsm;
	struct hpke_vector v;
	struct hpke_input in;

	(void)state;
	hpke_vector_rfc9180(&v);
	in = input_of(&softhsm, &v);
	in.path = &path;
	for (in.weakest = AGREE_PATH_A; in.weakest <= AGREE_PATH_B;
	     in.weakest++)
		assert_int_equal(hpke_open(&t, hasher, &in,
				     blob_bytes(&v.ciphertext), &plain),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(path, AGREE_PATH_UNKNOWN);
	t.f = p11_double_over(t.f);
	p11_double_answer("C_DigestKey", CKR_KEY_INDIGESTIBLE);
	in.weakest = AGREE_PATH_C;
	assert_int_equal(hpke_open(&t, hasher, &in, blob_bytes(&v.ciphertext),
			     &plain),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	in.weakest = AGREE_PATH_UNKNOWN;
	assert_opens(&t, &v, &in, AGREE_PATH_D);
	assert_null(plain.ptr);
	hpke_vector_reset(&v);
}

/* Each thing that paths A and B need. */
static void
test_refusals_nss(void **state)
{
	static const struct {
		CK_MECHANISM_TYPE mechanism;
		enum agree_path path;
	} steps[] = {
		{ CKM_HKDF_DERIVE, AGREE_PATH_B },
		{ CKM_SP800_108_FEEDBACK_KDF, AGREE_PATH_C },
		{ CKM_SHA256, AGREE_PATH_D },
	};

	static const CK_MECHANISM_TYPE needed[] = {
		CKM_CONCATENATE_DATA_AND_BASE, CKM_AES_GCM
	};
	struct token t = nss;
	struct hpke_vector v;
	struct hpke_input in;

	(void)state;
	NSS_OR_SKIP();
	hpke_vector_rfc9180(&v);
	in = input_of(&nss, &v);
	t.f = p11_double_over(t.f);
	for (size_t i = 0; i < nitems(steps); i++) {
		p11_double_refuse(steps[i].mechanism, CKR_MECHANISM_INVALID);
		assert_opens(&t, &v, &in, steps[i].path);
	}
	p11_double_clear();
	for (size_t i = 0; i < nitems(needed); i++) {
		p11_double_refuse(needed[i], CKR_MECHANISM_INVALID);
		assert_opens(&t, &v, &in, AGREE_PATH_C);
		p11_double_clear();
	}
	p11_double_answer("C_CreateObject", CKR_ATTRIBUTE_VALUE_INVALID);
	assert_opens(&t, &v, &in, AGREE_PATH_B);
	p11_double_clear();
	/* A fault is no reason to do less. */
	p11_double_refuse(CKM_AES_GCM, CKR_DEVICE_ERROR);
	struct blob plain = BLOB_INIT;
	assert_int_equal(hpke_open(&t, hasher, &in, blob_bytes(&v.ciphertext),
			     &plain),
	    CKR_DEVICE_ERROR);
	p11_double_clear();
	assert_int_equal(nss.f->C_DestroyObject(nss.session, in.key), CKR_OK);
	hpke_vector_reset(&v);
}

/* Every byte that matters, and every length. */
static void
check_bad(const struct token *t, enum agree_path path)
{
	struct blob plain = BLOB_INIT;
	struct hpke_vector v;
	struct hpke_input in;
	CK_ULONG before;
	struct bytes ct;

	hpke_vector_rfc9180(&v);
	in = input_of(t, &v);
	before = tokens_count(t);
	ct = blob_bytes(&v.ciphertext);
	for (size_t n = 0; n < ct.len; n++)
		assert_int_equal(hpke_open(t, hasher, &in, bytes_of(ct.ptr, n),
				     &plain),
		    n < HPKE_TAG_LEN ? CKR_ENCRYPTED_DATA_LEN_RANGE
				     : CKR_ENCRYPTED_DATA_INVALID);
	for (size_t i = 0; i < ct.len; i++) {
		v.ciphertext.ptr[i] ^= 1;
		assert_int_equal(hpke_open(t, hasher, &in, ct, &plain),
		    CKR_ENCRYPTED_DATA_INVALID);
		v.ciphertext.ptr[i] ^= 1;
	}
	v.aad.ptr[0] ^= 1;
	assert_int_equal(hpke_open(t, hasher, &in, ct, &plain),
	    CKR_ENCRYPTED_DATA_INVALID);
	v.aad.ptr[0] ^= 1;
	in.aad = BYTES_NULL;
	assert_int_equal(hpke_open(t, hasher, &in, ct, &plain),
	    CKR_ENCRYPTED_DATA_INVALID);
	in.aad = blob_bytes(&v.aad);
	in.info = BYTES_NULL;
	assert_int_equal(hpke_open(t, hasher, &in, ct, &plain),
	    CKR_ENCRYPTED_DATA_INVALID);
	in.info = blob_bytes(&v.info);
	/* Another recipient */
	in.public_key = in.enc;
	assert_int_equal(hpke_open(t, hasher, &in, ct, &plain),
	    CKR_ENCRYPTED_DATA_INVALID);
	in.public_key = blob_bytes(&v.public_key);
	assert_opens(t, &v, &in, path);
	assert_null(plain.ptr);
	assert_int_equal(tokens_count(t), before);
	assert_int_equal(t->f->C_DestroyObject(t->session, in.key), CKR_OK);
	hpke_vector_reset(&v);
}

/* A bad point is not shown to the token. */
static void
test_bad_point(void **state)
{
	struct blob plain = BLOB_INIT;
	struct token t = softhsm;
	struct hpke_vector v;
	struct hpke_input in;
	struct bytes ct;

	(void)state;
	hpke_vector_rfc9180(&v);
	in = input_of(&softhsm, &v);
	ct = blob_bytes(&v.ciphertext);
	t.f = p11_double_over(softhsm.f);
	p11_double_answer("C_DeriveKey", CKR_DEVICE_ERROR);
	assert_int_equal(hpke_open(&t, hasher, &in, ct, &plain),
	    CKR_DEVICE_ERROR);
	v.enc.ptr[64] ^= 1;
	assert_int_equal(hpke_open(&t, hasher, &in, ct, &plain),
	    CKR_DOMAIN_PARAMS_INVALID);
	v.enc.ptr[64] ^= 1;
	v.public_key.ptr[64] ^= 1;
	assert_int_equal(hpke_open(&t, hasher, &in, ct, &plain),
	    CKR_DOMAIN_PARAMS_INVALID);
	assert_null(plain.ptr);
	hpke_vector_reset(&v);
}

static void
test_bad(void **state)
{
	(void)state;
	check_bad(&softhsm, AGREE_PATH_C);
}

static void
test_bad_nss(void **state)
{
	struct token t = nss;

	(void)state;
	NSS_OR_SKIP();
	check_bad(&nss, AGREE_PATH_A);
	t.f = p11_double_over(nss.f);
	p11_double_refuse(CKM_HKDF_DERIVE, CKR_MECHANISM_INVALID);
	check_bad(&t, AGREE_PATH_B);
}

/* Nothing but associated data */
static void
test_empty(void **state)
{
	struct hpke_vector v;

	(void)state;
	hpke_vector_rfc9180(&v);
	hpke_vector_seal(&v, BYTES_NULL);
	assert_vector(&softhsm, &v, AGREE_PATH_C);
	if (have_nss)
		assert_vector(&nss, &v, AGREE_PATH_A);
	hpke_vector_reset(&v);
}

/* refused: a mechanism that the token then lacks; 0: none */
static void
check_faults(const struct token *real, enum agree_path weakest,
    CK_MECHANISM_TYPE refused)
{
	static const CK_RV faults[] = { CKR_DEVICE_REMOVED,
		CKR_SESSION_HANDLE_INVALID, CKR_HOST_MEMORY };
	struct blob plain = BLOB_INIT;
	struct token t = *real;
	struct hpke_vector v;
	struct hpke_input in;
	CK_ULONG before;

	hpke_vector_rfc9180(&v);
	in = input_of(real, &v);
	in.weakest = weakest;
	t.f = p11_double_over(real->f);
	if (refused != 0)
		p11_double_refuse(refused, CKR_MECHANISM_INVALID);
	before = tokens_count(real);
	for (unsigned long n = 1;; n++) {
		CK_RV fault = faults[n % nitems(faults)];
		const char *failed;
		CK_RV rv;

		assert_int_equal(tokens_session(real, &t.session), CKR_OK);
		p11_double_fail(n, fault);
		rv = hpke_open(&t, hasher, &in, blob_bytes(&v.ciphertext),
		    &plain);
		failed = p11_double_failed();
		real->f->C_CloseSession(t.session);
		assert_int_equal(tokens_count(real), before);
		if (failed == NULL || strcmp(failed, "C_DestroyObject") == 0) {
			assert_int_equal(rv, CKR_OK);
			blob_reset(&plain);
		} else {
			assert_int_equal(rv, fault);
			assert_null(plain.ptr);
		}
		if (failed == NULL)
			break;
	}
	hpke_vector_reset(&v);
}

static void
test_faults(void **state)
{
	(void)state;
	check_faults(&softhsm, AGREE_PATH_UNKNOWN, 0);
	if (have_nss) {
		check_faults(&nss, AGREE_PATH_A, 0);
		check_faults(&nss, AGREE_PATH_B, CKM_HKDF_DERIVE);
	}
}

static void
test_memory(void **state)
{
	struct hpke_vector v;
	struct hpke_input in;

	(void)state;
	hpke_vector_rfc9180(&v);
	in = input_of(&softhsm, &v);
	for (unsigned long n = 1;; n++) {
		struct blob plain = BLOB_INIT;
		CK_RV rv;

		failmalloc_arm(n);
		rv = hpke_open(&softhsm, hasher, &in, blob_bytes(&v.ciphertext),
		    &plain);
		if (!failmalloc_disarm()) {
			assert_int_equal(rv, CKR_OK);
			blob_reset(&plain);
			break;
		}
		assert_int_equal(rv, CKR_HOST_MEMORY);
		assert_null(plain.ptr);
	}
	hpke_vector_reset(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc9180),
		cmocka_unit_test(test_rfc9180_nss),
		cmocka_unit_test(test_annex_c),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusals_nss),
		cmocka_unit_test(test_bad_point),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_nss),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
