/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/key.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/vectors.h"

static mdoc_ctx *c;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&c);
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	return 0;
}

static void
cose_of(const mdoc_key *key, mdoc_buf *buf, struct cose_key *ret)
{
	struct cbor_reader r;

	assert_int_equal(mdoc_key_cose(key, buf), MDOC_OK);
	cbor_reader_init(&r, bytes_of(buf->ptr, buf->len));
	assert_true(cose_key_read(&r, false, ret));
}

/* What each curve of the table can do, with keys made here. */
static void
test_curves(void **state)
{
	static const uint8_t salt[32] = { 7 };
	const struct bytes parts[] = { bytes_str("pay"), bytes_str("load") };
	const struct curve *curve;
	uint8_t sig[CURVE_MAX_SIG];
	struct blob x = BLOB_INIT, y = BLOB_INIT, z = BLOB_INIT;
	mdoc_buf buf = MDOC_BUF_INIT;
	struct sigver_input in;
	struct cose_key peer;
	mdoc_key *a = NULL, *b = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; (curve = curve_at(i)) != NULL; i++) {
		assert_int_equal(mdoc_key_generate(c, curve->name, &a),
		    MDOC_OK);
		assert_int_equal(mdoc_key_generate(c, curve->name, &b),
		    MDOC_OK);
		assert_string_equal(mdoc_key_curve(a), curve->name);
		assert_true(mdoc_key_is_private(a));
		assert_null(mdoc_key_uri(a));
		assert_int_equal(mdoc_key_id(a).len, 20);
		assert_false(mdoc_key_equal(a, b));
		assert_int_equal(key_alg(a), curve->alg);
		if (curve->alg != 0) {
			assert_int_equal(key_sign_raw(a, parts, 2, sig, &len),
			    MDOC_OK);
			assert_int_equal(len, curve->sig_len);
			in = (struct sigver_input){ curve->alg, parts, 2,
				bytes_of(sig, len) };
			assert_int_equal(sigver_cose(c->sigver, c->hasher,
					     curve, key_point(a), &in),
			    SIGVER_GOOD);
			assert_int_equal(sigver_cose(c->sigver, c->hasher,
					     curve, key_point(b), &in),
			    SIGVER_BAD);
		} else {
			assert_int_equal(key_sign_raw(a, parts, 2, sig, &len),
			    MDOC_E_KEY);
		}
		if (curve->kind != CURVE_EDWARDS) {
			cose_of(b, &buf, &peer);
			assert_int_equal(key_derive2(a, &peer, salt, "SKReader",
					     "SKDevice", &x, &y),
			    MDOC_OK);
			cose_of(a, &buf, &peer);
			assert_int_equal(key_derive(b, &peer, salt, "SKReader",
					     &z),
			    MDOC_OK);
			assert_int_equal(x.len, 32);
			assert_true(bytes_equal(blob_bytes(&x),
			    blob_bytes(&z)));
			assert_false(bytes_equal(blob_bytes(&x),
			    blob_bytes(&y)));
		} else {
			cose_of(b, &buf, &peer);
			assert_int_equal(key_derive(a, &peer, salt, "SKReader",
					     &z),
			    MDOC_E_KEY);
		}
		mdoc_key_free(&a);
		mdoc_key_free(&b);
	}
	blob_reset(&x);
	blob_reset(&y);
	blob_reset(&z);
	mdoc_buf_reset(&buf);
}

/* A key of Annex D from its private part. */
static mdoc_key *
annexd_key(const char *name)
{
	struct blob d = BLOB_INIT;
	mdoc_key *key = NULL;

	if (vectors_folder() == NULL)
		skip();
	assert_true(vectors_read_key(name, &d));
	assert_int_equal(key_memory_from_private(c,
			     curve_by_name(bytes_str("P-256")), blob_bytes(&d),
			     BYTES_NULL, &key),
	    MDOC_OK);
	blob_reset(&d);
	return key;
}

static void
expect_key(const char *name, const struct blob *got)
{
	struct blob want = BLOB_INIT;

	assert_true(vectors_read_key(name, &want));
	assert_true(bytes_equal(blob_bytes(got), blob_bytes(&want)));
	blob_reset(&want);
}

static void
test_annexd(void **state)
{
	struct blob transcript = BLOB_INIT, auth = BLOB_INIT, mac = BLOB_INIT;
	struct blob x = BLOB_INIT, y = BLOB_INIT;
	mdoc_buf buf = MDOC_BUF_INIT;
	uint8_t salt[32], tag[32];
	mdoc_key *ereader, *edevice, *sdevice;
	struct cose_key peer;
	struct bytes part;
	char path = 0;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &transcript);
	VECTORS_OR_SKIP("annexD/device_authentication_bytes.hex", &auth);
	VECTORS_OR_SKIP("annexD/device_auth.hex", &mac);
	ereader = annexd_key("EReaderKey d");
	edevice = annexd_key("EDeviceKey d");
	sdevice = annexd_key("SDeviceKey d");
	part = blob_bytes(&transcript);
	assert_true(hasher_digest(c->hasher, HASH_SHA256, &part, 1, salt));

	cose_of(edevice, &buf, &peer);
	assert_int_equal(key_derive2(ereader, &peer, salt, "SKReader",
			     "SKDevice", &x, &y),
	    MDOC_OK);
	expect_key("SKReader", &x);
	expect_key("SKDevice", &y);

	cose_of(ereader, &buf, &peer);
	assert_int_equal(key_derive(sdevice, &peer, salt, "EMacKey", &x),
	    MDOC_OK);
	expect_key("EMacKey", &x);
	part = blob_bytes(&auth);
	assert_int_equal(key_device_mac(sdevice, &peer, salt, &part, 1, tag,
			     &path),
	    MDOC_OK);
	assert_int_equal(path, 'M');
	/* The tag ends deviceAuth. */
	assert_memory_equal(mac.ptr + mac.len - 32, tag, 32);
	mdoc_key_free(&ereader);
	mdoc_key_free(&edevice);
	mdoc_key_free(&sdevice);
	blob_reset(&transcript);
	blob_reset(&auth);
	blob_reset(&mac);
	blob_reset(&x);
	blob_reset(&y);
	mdoc_buf_reset(&buf);
}

static void
test_peer(void **state)
{
	static const uint8_t salt[32] = { 7 };
	uint8_t wrong[65];
	struct blob x = BLOB_INIT;
	mdoc_buf buf = MDOC_BUF_INIT;
	struct cose_key peer;
	mdoc_key *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(mdoc_key_generate(c, "P-256", &a), MDOC_OK);
	assert_int_equal(mdoc_key_generate(c, "P-384", &b), MDOC_OK);
	cose_of(b, &buf, &peer);
	assert_int_equal(key_derive(a, &peer, salt, "SKReader", &x),
	    MDOC_E_KEY);
	assert_non_null(strstr(mdoc_ctx_error(c), "P-384"));
	cose_of(a, &buf, &peer);
	memcpy(wrong, peer.y.ptr, 32);
	wrong[31] ^= 1;
	peer.y = bytes_of(wrong, 32);
	assert_int_equal(key_derive(a, &peer, salt, "SKReader", &x),
	    MDOC_E_KEY);
	assert_null(x.ptr);
	/* The kept peer object still works after that. */
	cose_of(a, &buf, &peer);
	assert_int_equal(key_derive(a, &peer, salt, "SKReader", &x), MDOC_OK);
	mdoc_key_free(&a);
	mdoc_key_free(&b);
	blob_reset(&x);
	mdoc_buf_reset(&buf);
}

static int
counting(void *arg, unsigned char *buf, size_t len)
{
	unsigned char *next = arg;

	memset(buf, 0, len);
	buf[len - 1] = (*next)++;
	return MDOC_OK;
}

static void
test_insecure_random(void **state)
{
	unsigned char next = 0;
	mdoc_key *a = NULL, *b = NULL;

	(void)state;
	mdoc_ctx_set_insecure_random(c, counting, &next);
	/* 0 is not a private key and is passed over; then 1: the base point */
	assert_int_equal(mdoc_key_generate(c, "P-256", &a), MDOC_OK);
	assert_int_equal(next, 2);
	assert_int_equal(key_point(a).ptr[1], 0x6b);
	assert_int_equal(mdoc_key_generate(c, "P-521", &b), MDOC_OK);
	assert_int_equal(next, 3);
	mdoc_ctx_set_insecure_random(c, NULL, NULL);
	mdoc_key_free(&a);
	mdoc_key_free(&b);
}

static void
test_errors(void **state)
{
	mdoc_key *a = NULL;

	(void)state;
	assert_int_equal(mdoc_key_generate(c, "P-255", &a), MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(c), "P-255"));
	assert_int_equal(mdoc_key_generate(c, NULL, &a), MDOC_E_ARGUMENT);
	assert_null(a);
	mdoc_key_free(&a);
	mdoc_key_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_annexd),
		cmocka_unit_test(test_peer),
		cmocka_unit_test(test_insecure_random),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("key", tests, setup, teardown);
}
