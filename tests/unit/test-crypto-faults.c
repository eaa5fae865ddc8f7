/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The crypto library without memory, one allocation after the other: what is
 * wrong is never taken for right, nothing crashes, and all works afterwards.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <mdoc/cert.h>

#include "mdoc/crypto/aead.h"
#include "mdoc/crypto/key.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/expect.h"

/* Allocations of the crypto library until one fails; 0: none does. */
static unsigned long left;
static bool failed;

static bool
must_fail(void)
{
	if (left == 0 || --left != 0)
		return false;
	failed = true;
	return true;
}

static void *
take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : malloc(n);
}

static void *
retake(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_fail() ? NULL : realloc(p, n);
}

static void
give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static mdoc_ctx *c;
static mdoc_key *key, *ed, *ca_key;
static struct bytes part;
static uint8_t good[CURVE_MAX_SIG], bad[CURVE_MAX_SIG], good_ed[CURVE_MAX_SIG];
static size_t len, ed_len;
static mdoc_buf pem, root;

static int
setup(void **state)
{
	mdoc_cert_params p = { .size = sizeof(p),
		.profile = MDOC_CERT_READER_CA,
		.subject = "CN=x" };

	(void)state;
	part = bytes_str("message");
	if (mdoc_ctx_new(&c) != MDOC_OK ||
	    mdoc_key_generate(c, "P-256", &key) != MDOC_OK ||
	    mdoc_key_generate(c, "P-256", &ca_key) != MDOC_OK ||
	    mdoc_key_generate(c, "Ed25519", &ed) != MDOC_OK ||
	    key_sign_raw(key, &part, 1, good, &len) != MDOC_OK ||
	    key_sign_raw(ed, &part, 1, good_ed, &ed_len) != MDOC_OK ||
	    mdoc_key_pem(key, &pem) != MDOC_OK ||
	    mdoc_cert_create(c, &p, ca_key, ca_key, (mdoc_bytes){ NULL, 0 },
		&root) != MDOC_OK)
		return -1;
	memcpy(bad, good, len);
	bad[10] ^= 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_key_free(&key);
	mdoc_key_free(&ca_key);
	mdoc_key_free(&ed);
	mdoc_buf_reset(&pem);
	mdoc_buf_reset(&root);
	mdoc_ctx_free(&c);
	return 0;
}

/* fn says whether it reached its aim; it checks what must hold anyway. */
static void
sweep(bool (*fn)(void))
{
	unsigned long n;
	bool reached = false;

	for (n = 1; n < 5000; n++) {
		failed = false;
		left = n;
		reached = fn();
		left = 0;
		ERR_clear_error();
		if (!failed)
			break;
	}
	assert_true(reached && n > 2);
	assert_true(fn());
}

static bool
verify(void)
{
	struct sigver_input in = { COSE_ALG_ES256, &part, 1,
		bytes_of(bad, len) };
	enum sigver_result r;

	assert_int_not_equal(sigver_cose(c->sigver, c->hasher, key_curve(key),
				 key_point(key), &in),
	    SIGVER_GOOD);
	in.signature = bytes_of(good, len);
	assert_int_not_equal(sigver_cose(c->sigver, c->hasher,
				 key_curve(ca_key), key_point(ca_key), &in),
	    SIGVER_GOOD);
	r = sigver_cose(c->sigver, c->hasher, key_curve(key), key_point(key),
	    &in);
	return r == SIGVER_GOOD;
}

static bool
verify_ed(void)
{
	struct sigver_input in = { COSE_ALG_EDDSA, &part, 1,
		bytes_of(good_ed, ed_len) };
	enum sigver_result r;

	good_ed[3] ^= 1;
	assert_int_not_equal(sigver_cose(c->sigver, c->hasher, key_curve(ed),
				 key_point(ed), &in),
	    SIGVER_GOOD);
	good_ed[3] ^= 1;
	r = sigver_cose(c->sigver, c->hasher, key_curve(ed), key_point(ed),
	    &in);
	return r == SIGVER_GOOD;
}

static bool
keep(void)
{
	struct sigver_input in = { COSE_ALG_ES256, &part, 1,
		bytes_of(bad, len) };
	struct pubkey *k =
	    pubkey_new(c->sigver, key_curve(key), key_point(key));
	bool ok;

	if (k == NULL)
		return false;
	assert_int_not_equal(sigver_cose_key(c->sigver, c->hasher, k, &in),
	    SIGVER_GOOD);
	in.signature = bytes_of(good, len);
	ok = sigver_cose_key(c->sigver, c->hasher, k, &in) == SIGVER_GOOD;
	pubkey_free(&k);
	return ok;
}

static bool
context(void)
{
	mdoc_ctx *x = NULL;
	mdoc_key *k = NULL, *k2 = NULL;
	uint8_t sig[CURVE_MAX_SIG];
	size_t n;
	bool ok;

	if (mdoc_ctx_new(&x) != MDOC_OK)
		return false;
	ok = mdoc_key_generate(x, "P-384", &k) == MDOC_OK &&
	    mdoc_key_generate(x, "X25519", &k2) == MDOC_OK &&
	    key_sign_raw(k, &part, 1, sig, &n) == MDOC_OK;
	mdoc_key_free(&k);
	mdoc_key_free(&k2);
	mdoc_ctx_free(&x);
	return ok;
}

static bool
derive(void)
{
	static const uint8_t salt[32] = { 1 };
	struct blob x = BLOB_INIT, y = BLOB_INIT;
	mdoc_key *a = NULL, *b = NULL;
	mdoc_buf ca = MDOC_BUF_INIT, cb = MDOC_BUF_INIT;
	struct cose_key pa, pb;
	struct cbor_reader r;
	bool ok = false;

	if (mdoc_key_generate(c, "P-256", &a) != MDOC_OK ||
	    mdoc_key_generate(c, "P-256", &b) != MDOC_OK ||
	    mdoc_key_cose(a, &ca) != MDOC_OK ||
	    mdoc_key_cose(b, &cb) != MDOC_OK)
		goto out;
	cbor_reader_init(&r, bytes_of(ca.ptr, ca.len));
	assert_true(cose_key_read(&r, false, &pa));
	cbor_reader_init(&r, bytes_of(cb.ptr, cb.len));
	assert_true(cose_key_read(&r, false, &pb));
	if (key_derive(a, &pb, salt, "EMacKey", &x) != MDOC_OK ||
	    key_derive(b, &pa, salt, "EMacKey", &y) != MDOC_OK)
		goto out;
	assert_true(bytes_equal(blob_bytes(&x), blob_bytes(&y)));
	ok = true;
out:
	mdoc_key_free(&a);
	mdoc_key_free(&b);
	mdoc_buf_reset(&ca);
	mdoc_buf_reset(&cb);
	blob_reset(&x);
	blob_reset(&y);
	return ok;
}

static bool
decode(void)
{
	mdoc_key *k = NULL;
	bool ok;

	ok = mdoc_key_from_bytes(c, (mdoc_bytes){ pem.ptr, pem.len }, &k) ==
	    MDOC_OK;
	if (ok)
		assert_true(mdoc_key_equal(k, key));
	mdoc_key_free(&k);
	return ok;
}

static bool
certify(void)
{
	mdoc_cert_params p = { .size = sizeof(p),
		.profile = MDOC_CERT_READER,
		.subject = "CN=x",
		.crl_url = "https://x.example" };
	mdoc_buf der = MDOC_BUF_INIT;
	mdoc_report *report = NULL;
	bool ok = false;

	if (mdoc_cert_create(c, &p, key, ca_key,
		(mdoc_bytes){ root.ptr, root.len }, &der) == MDOC_OK &&
	    mdoc_cert_check(c, MDOC_CERT_READER,
		(mdoc_bytes){ der.ptr, der.len },
		(mdoc_bytes){ root.ptr, root.len }, 0, &report) == MDOC_OK)
		ok = mdoc_report_is_trusted(report);
	mdoc_report_free(&report);
	mdoc_buf_reset(&der);
	return ok;
}

static bool
seal(void)
{
	static const uint8_t k[AEAD_KEY_LEN], nonce[AEAD_NONCE_LEN];
	uint8_t sealed[23], out[7];
	struct aead *a = aead_new();
	bool ok;

	if (a == NULL)
		return false;
	ok = aead_seal(a, bytes_of(k, sizeof(k)), nonce, part, sealed);
	if (ok) {
		ok = aead_open(a, bytes_of(k, sizeof(k)), nonce,
		    bytes_of(sealed, sizeof(sealed)), out);
		if (ok)
			assert_memory_equal(out, part.ptr, sizeof(out));
		sealed[0] ^= 1;
		assert_false(aead_open(a, bytes_of(k, sizeof(k)), nonce,
		    bytes_of(sealed, sizeof(sealed)), out));
	}
	aead_free(&a);
	return ok;
}

#define TEST(f)                        \
	static void test_##f(void **s) \
	{                              \
		(void)s;               \
		sweep(f);              \
	}

/* clang-format off */
TEST(verify)
TEST(verify_ed)
TEST(keep)
TEST(context)
TEST(derive)
TEST(decode)
TEST(certify)
TEST(seal)

/* clang-format on */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_ed),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_certify),
		cmocka_unit_test(test_seal),
	};

	/* Before the library has allocated anything. */
	if (CRYPTO_set_mem_functions(take, retake, give) != 1)
		return 1;
	return cmocka_run_group_tests_name("crypto-faults", tests, setup,
	    teardown);
}
