/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A key in NSS softokn, which derives inside (path A): the device MAC is that
 * of memory, and a session key does not come out.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>

#include "mdoc/crypto/key-token.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/expect.h"
#include "tests/support/tokens.h"

static struct p11token token;
static mdoc_ctx *c;
static bool there;

static int
setup(void **state)
{
	(void)state;
	there = tokens_nss(&token.t);
	memcpy(token.label, "nss", 4);
	return mdoc_ctx_new(&c);
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	if (there)
		tokens_stop(&token.t);
	return 0;
}

static mdoc_key *
make_key(CK_BYTE number)
{
	CK_BYTE id[] = { 7, 7, number };
	CK_ATTRIBUTE a = { CKA_ID, id, sizeof(id) };
	CK_OBJECT_HANDLE private_, public_;
	mdoc_key *key = NULL;
	struct p11uri u;

	if (!there) {
		print_message("# skipped: NSS softokn is not here\n");
		skip();
	}
	assert_int_equal(tokens_generate(&token.t,
			     curve_by_name(bytes_str("P-256")), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(token.t.f->C_SetAttributeValue(token.t.session,
			     private_, &a, 1),
	    CKR_OK);
	assert_int_equal(token.t.f->C_SetAttributeValue(token.t.session,
			     public_, &a, 1),
	    CKR_OK);
	expect_ok(c, p11uri_parse(c, "pkcs11:", &u));
	expect_ok(c, key_token_new(c, &token, private_, &u, &key));
	p11uri_reset(&u);
	return key;
}

static void
cose_of(const mdoc_key *key, mdoc_buf *buf, struct cose_key *ret)
{
	struct cbor_reader r;

	expect_ok(c, mdoc_key_cose(key, buf));
	cbor_reader_init(&r, bytes_of(buf->ptr, buf->len));
	assert_true(cose_key_read(&r, false, ret));
}

static void
test_path_a(void **state)
{
	static const uint8_t salt[32] = { 3 };
	struct bytes part = bytes_str("payload");
	mdoc_key *key = make_key(1), *reader = NULL;
	mdoc_buf buf = MDOC_BUF_INIT, own = MDOC_BUF_INIT;
	struct blob x = BLOB_INIT;
	struct cose_key peer, device;
	uint8_t tag[32], again[32];
	char path = 0;

	(void)state;
	expect_ok(c, mdoc_key_generate(c, "P-256", &reader));
	cose_of(reader, &buf, &peer);
	cose_of(key, &own, &device);
	expect_ok(c, mdoc_ctx_set_minimum_path(c, 'A'));
	expect_ok(c, key_device_mac(key, &peer, salt, &part, 1, tag, &path));
	assert_int_equal(path, 'A');
	/* ECDH is the same from the other side. */
	expect_ok(c,
	    key_device_mac(reader, &device, salt, &part, 1, again, &path));
	assert_int_equal(path, 'M');
	assert_memory_equal(tag, again, 32);
	expect_ok(c, mdoc_key_path(key, &path));
	assert_int_equal(path, 'A');
	expect_error(c, key_derive(key, &peer, salt, "SKReader", &x),
	    MDOC_E_UNSUPPORTED, "keeps what it derives (path A)");
	assert_null(x.ptr);
	mdoc_key_free(&key);
	mdoc_key_free(&reader);
	mdoc_buf_reset(&buf);
	mdoc_buf_reset(&own);
}

static void
test_sign(void **state)
{
	struct bytes part = bytes_str("message");
	mdoc_key *key = make_key(2);
	uint8_t sig[CURVE_MAX_SIG];
	struct sigver_input in;
	size_t len;

	(void)state;
	expect_ok(c, key_sign_raw(key, &part, 1, sig, &len));
	in =
	    (struct sigver_input){ key_alg(key), &part, 1, bytes_of(sig, len) };
	assert_int_equal(sigver_cose(c->sigver, c->hasher, key_curve(key),
			     key_point(key), &in),
	    SIGVER_GOOD);
	mdoc_key_free(&key);
}

/* Two public keys of one id: none is taken. */
static void
test_ambiguous(void **state)
{
	CK_BYTE id[] = { 7, 7, 3 };
	CK_ATTRIBUTE a = { CKA_ID, id, sizeof(id) };
	CK_OBJECT_HANDLE private_, public_;
	mdoc_key *key = make_key(3), *again = NULL;
	struct p11uri u;

	(void)state;
	assert_int_equal(tokens_generate(&token.t, key_curve(key), &private_,
			     &public_),
	    CKR_OK);
	assert_int_equal(token.t.f->C_SetAttributeValue(token.t.session,
			     public_, &a, 1),
	    CKR_OK);
	expect_ok(c, p11uri_parse(c, "pkcs11:object=x", &u));
	expect_error(c,
	    key_token_new(c, &token, key_token_of(key)->handle, &u, &again),
	    MDOC_E_TOKEN, "several public keys");
	assert_null(again);
	p11uri_reset(&u);
	mdoc_key_free(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_a),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_ambiguous),
	};

	return cmocka_run_group_tests_name("key-nss", tests, setup, teardown);
}
