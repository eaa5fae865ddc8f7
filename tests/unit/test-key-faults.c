/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys in a token whose calls fail, one after the other: the error says so,
 * nothing is left behind, and the next try works.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/key-token.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/softhsm.h"
#include <mdoc/cert.h>

#define PIN "?pin-value=1234"
#define DEV "pkcs11:token=faults;object=dev" PIN
#define NEW "pkcs11:token=faults;object=new" PIN

static struct softhsm hsm;
static mdoc_ctx *c;
static mdoc_key *dev;
static struct p11token *token; /* with the double under it */

static int
setup(void **state)
{
	(void)state;
	if (softhsm_module() == NULL)
		return 0;
	if (!softhsm_new(&hsm, "faults") || mdoc_ctx_new(&c) != MDOC_OK ||
	    mdoc_ctx_set_module(c, hsm.module) != MDOC_OK ||
	    mdoc_key_create(c, DEV, "P-256",
		MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE, &dev) != MDOC_OK)
		return -1;
	token = key_token_of(dev)->token;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_key_free(&dev);
	mdoc_ctx_free(&c);
	return 0;
}

static CK_FUNCTION_LIST *real;

static int
under(void **state)
{
	(void)state;
	if (c == NULL)
		return 0;
	real = token->t.f;
	token->t.f = p11_double_over(real);
	return 0;
}

static int
away(void **state)
{
	(void)state;
	if (c != NULL)
		token->t.f = real;
	return 0;
}

static void
need_softhsm(void)
{
	if (c == NULL) {
		print_message("# skipped: SoftHSMv2 is not here\n");
		skip();
	}
}

/* Of what there is in the token. */
static CK_ULONG
count_objects(void)
{
	struct token t = token->t;
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = 0;

	/* In a session of its own: theirs may be in the middle of something. */
	t.f = real;
	assert_int_equal(t.f->C_OpenSession(t.slot, CKF_SERIAL_SESSION, NULL,
			     NULL, &t.session),
	    CKR_OK);
	assert_int_equal(token_find(&t, NULL, 0, found, 64, &n), CKR_OK);
	assert_int_equal(t.f->C_CloseSession(t.session), CKR_OK);
	return n;
}

/*
 * Calls fn with the first, second, ... call of the token answering rv, until
 * it does without. Each failure has a text that names the answer.
 */
static void
sweep(int (*fn)(void), CK_RV rv, const char *name)
{
	CK_ULONG before = count_objects();
	const char *failed;
	unsigned n;
	int r;

	for (n = 1;; n++) {
		assert_true(n < 200);
		p11_double_fail(n, rv);
		r = fn();
		failed = p11_double_failed();
		p11_double_fail(0, CKR_OK);
		if (failed == NULL)
			break;
		/* Some answers are not needed: an attribute that is not
		 * there, an object that cannot be destroyed. */
		if (r != MDOC_OK && r != MDOC_E_MEMORY &&
		    strstr(mdoc_ctx_error(c), name) == NULL)
			fail_msg("call %u, %s: %d \"%s\"", n, failed, r,
			    mdoc_ctx_error(c));
		if (strcmp(failed, "C_DestroyObject") != 0)
			assert_int_equal(count_objects(), before);
		before = count_objects();
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 2);
}

static int
do_sign(void)
{
	struct bytes part = bytes_str("x");
	uint8_t sig[CURVE_MAX_SIG];
	size_t len;

	return key_sign_raw(dev, &part, 1, sig, &len);
}

static int
do_open(void)
{
	mdoc_key *key = NULL;
	int r;

	/* The token that is looked up is the same one, with its double. */
	token->t.f = real;
	r = mdoc_key_open(c, DEV, &key);
	token->t.f = p11_double_over(real);
	mdoc_key_free(&key);
	return r;
}

/* As mdoc_key_open does after the search. */
static int
do_load(void)
{
	struct p11uri u;
	mdoc_key *key = NULL;
	int r;

	if ((r = p11uri_parse(c, DEV, &u)) != MDOC_OK)
		return r;
	r = key_token_new(c, token, key_token_of(dev)->handle, &u, &key);
	assert_true(r == MDOC_OK ? key != NULL : key == NULL);
	mdoc_key_free(&key);
	p11uri_reset(&u);
	return r;
}

static int
do_derive(void)
{
	static const uint8_t salt[32] = { 1 };
	struct blob x = BLOB_INIT, y = BLOB_INIT;
	mdoc_buf buf = MDOC_BUF_INIT;
	struct cbor_reader reader;
	struct cose_key peer;
	int r;

	expect_ok(c, mdoc_key_cose(dev, &buf));
	cbor_reader_init(&reader, bytes_of(buf.ptr, buf.len));
	assert_true(cose_key_read(&reader, false, &peer));
	r = key_derive2(dev, &peer, salt, "SKReader", "SKDevice", &x, &y);
	/* Both or none. */
	assert_int_equal(x.len, r == MDOC_OK ? 32 : 0);
	assert_int_equal(y.len, x.len);
	blob_reset(&x);
	blob_reset(&y);
	mdoc_buf_reset(&buf);
	return r;
}

static void
test_sign(void **state)
{
	(void)state;
	need_softhsm();
	sweep(do_sign, CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR");
	sweep(do_derive, CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR");
	sweep(do_load, CKR_DEVICE_ERROR, "");
	assert_int_equal(do_open(), MDOC_OK);
}

/* The code that callers get for what the token answers. */
static void
test_codes(void **state)
{
	static const struct {
		CK_RV rv;
		int code;
	} list[] = {
		{ CKR_HOST_MEMORY, MDOC_E_MEMORY },
		{ CKR_MECHANISM_INVALID, MDOC_E_UNSUPPORTED },
		{ CKR_KEY_FUNCTION_NOT_PERMITTED, MDOC_E_KEY },
		{ CKR_PIN_EXPIRED, MDOC_E_LOGIN },
		{ CKR_DEVICE_ERROR, MDOC_E_TOKEN },
		{ CKR_GENERAL_ERROR, MDOC_E_TOKEN },
	};

	(void)state;
	need_softhsm();
	for (size_t i = 0; i < nitems(list); i++) {
		p11_double_fail(1, list[i].rv);
		expect_error(c, do_sign(), list[i].code,
		    token_rv_name(list[i].rv));
		assert_non_null(strstr(mdoc_ctx_error(c), "\"faults\""));
	}
	p11_double_fail(0, CKR_OK);
	assert_int_equal(do_sign(), MDOC_OK);
}

/* A handle that the token does not know any more: one search, one more try. */
static void
test_stale(void **state)
{
	static const CK_RV stale[] = { CKR_KEY_HANDLE_INVALID,
		CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_HANDLE_INVALID,
		CKR_SESSION_CLOSED, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT,
		CKR_USER_NOT_LOGGED_IN };

	(void)state;
	need_softhsm();
	for (size_t i = 0; i < nitems(stale); i++) {
		p11_double_fail(1, stale[i]);
		expect_ok(c, do_sign());
		assert_string_equal(p11_double_failed(), "C_SignInit");
	}
	/* For good: an error, not a loop. */
	p11_double_fail(0, CKR_OK);
	p11_double_answer("C_SignInit", CKR_KEY_HANDLE_INVALID);
	expect_error(c, do_sign(), MDOC_E_TOKEN, "CKR_KEY_HANDLE_INVALID");
	assert_true(p11_double_calls() < 40);
	p11_double_clear();
	expect_ok(c, do_sign());
}

/* ---- making: p11token_get finds the token whose double is in place */

static int
do_create(void)
{
	mdoc_key *key = NULL;
	int r;

	r = mdoc_key_create(c, NEW, "P-256", MDOC_KEY_USE_SIGN, &key);
	if (r == MDOC_OK)
		expect_ok(c, mdoc_key_delete(c, NEW));
	assert_true(r == MDOC_OK ? key != NULL : key == NULL);
	mdoc_key_free(&key);
	return r;
}

static mdoc_key *memory;

static int
do_import(void)
{
	mdoc_key *key = NULL;
	int r;

	r = mdoc_key_import(c, NEW, memory, MDOC_KEY_USE_SIGN, &key);
	if (r == MDOC_OK)
		expect_ok(c, mdoc_key_delete(c, NEW));
	mdoc_key_free(&key);
	return r;
}

/*
 * The search compares function lists: the module's list itself must be the
 * double's. So its members are exchanged, and put back.
 */
static void
sweep_making(int (*fn)(void), const char *const *functions, size_t n)
{
	CK_FUNCTION_LIST saved = *real;
	CK_FUNCTION_LIST *twin = p11_double_over(&saved);
	CK_ULONG before = count_objects();
	int r;

	token->t.f = real;
	for (size_t i = 0; i < n; i++) {
		*real = *twin;
		p11_double_clear();
		p11_double_answer(functions[i], CKR_DEVICE_ERROR);
		r = fn();
		p11_double_clear();
		*real = saved;
		assert_int_not_equal(r, MDOC_OK);
		assert_non_null(strstr(mdoc_ctx_error(c), "CKR_DEVICE_ERROR"));
		assert_int_equal(count_objects(), before);
	}
	expect_ok(c, fn());
	assert_int_equal(count_objects(), before);
	token->t.f = p11_double_over(real);
}

static void
test_making(void **state)
{
	static const char *const create[] = { "C_FindObjectsInit",
		"C_SetAttributeValue", "C_GetAttributeValue" };
	static const char *const import[] = { "C_FindObjectsInit",
		"C_CreateObject", "C_GetAttributeValue" };

	(void)state;
	need_softhsm();
	expect_ok(c, mdoc_key_generate(c, "P-256", &memory));
	sweep_making(do_create, create, nitems(create));
	sweep_making(do_import, import, nitems(import));
	mdoc_key_free(&memory);
}

static void
test_memory(void **state)
{
	CK_ULONG before;
	unsigned long n;
	int r;

	(void)state;
	need_softhsm();
	token->t.f = real;
	before = count_objects();
	for (n = 1;; n++) {
		mdoc_key *key = NULL;
		bool failed;

		failmalloc_arm(n);
		r = mdoc_key_create(c, NEW, "P-256", MDOC_KEY_USE_SIGN, &key);
		failed = failmalloc_disarm();
		mdoc_key_free(&key);
		if (r == MDOC_OK)
			expect_ok(c, mdoc_key_delete(c, NEW));
		assert_int_equal(count_objects(), before);
		if (!failed)
			break;
		/* What only makes a message longer may do without. */
		if (r != MDOC_OK)
			assert_int_equal(r, MDOC_E_MEMORY);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 10);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = do_open();
		token->t.f = real;
		if (!failmalloc_disarm())
			break;
	}
	assert_int_equal(r, MDOC_OK);
	token->t.f = p11_double_over(real);
}

#define T(f) cmocka_unit_test_setup_teardown(f, under, away)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_sign),
		T(test_codes),
		T(test_stale),
		T(test_making),
		T(test_memory),
	};

	return cmocka_run_group_tests_name("key-faults", tests, setup,
	    teardown);
}
