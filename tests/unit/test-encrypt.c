/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/session/encrypt.h"
#include "mdoc/session/message.h"
#include "tests/support/vectors.h"

struct rig {
	struct aead *aead;
	struct encrypt from, to;
};

static void
rig_init(struct rig *g, enum encrypt_sender sender)
{
	uint8_t key[AEAD_KEY_LEN];

	memset(key, 0x42, sizeof(key));
	g->aead = aead_new();
	assert_non_null(g->aead);
	g->from = ENCRYPT_INIT(sender);
	g->to = ENCRYPT_INIT(sender);
	assert_true(blob_set(&g->from.key, bytes_of(key, sizeof(key))));
	assert_true(blob_set(&g->to.key, bytes_of(key, sizeof(key))));
}

static void
rig_end(struct rig *g)
{
	encrypt_reset(&g->from);
	encrypt_reset(&g->to);
	aead_free(&g->aead);
}

/* Message and plaintext as published, both ways. */
static void
annex_d(enum encrypt_sender sender, const char *key, const char *message,
    const char *plain)
{
	struct blob in = BLOB_INIT, want = BLOB_INIT, out = BLOB_INIT;
	struct aead *aead = aead_new();
	struct encrypt e = ENCRYPT_INIT(sender);
	struct cbor_reader r;
	struct message m;

	VECTORS_OR_SKIP(message, &in);
	VECTORS_OR_SKIP(plain, &want);
	assert_true(vectors_read_key(key, &e.key));
	cbor_reader_init(&r, blob_bytes(&in));
	assert_true(message_read(&r, &m));
	assert_non_null(blob_extend(&out, m.data.len));

	assert_int_equal(encrypt_open(&e, aead, m.data, out.ptr), ENCRYPT_OK);
	assert_int_equal(m.data.len, want.len + AEAD_TAG_LEN);
	assert_memory_equal(out.ptr, want.ptr, want.len);
	/* The same message again is a replay: the counter has moved on. */
	assert_int_equal(encrypt_open(&e, aead, m.data, out.ptr),
	    ENCRYPT_FAILED);

	e.counter = 0;
	assert_int_equal(encrypt_seal(&e, aead, blob_bytes(&want), out.ptr),
	    ENCRYPT_OK);
	assert_memory_equal(out.ptr, m.data.ptr, m.data.len);
	encrypt_reset(&e);
	assert_null(e.key.ptr);
	aead_free(&aead);
	blob_reset(&in);
	blob_reset(&want);
	blob_reset(&out);
}

static void
test_annex_d(void **state)
{
	(void)state;
	annex_d(ENCRYPT_READER, "SKReader", "annexD/session_establishment.hex",
	    "annexD/device_request.hex");
	annex_d(ENCRYPT_DEVICE, "SKDevice", "annexD/session_data.hex",
	    "annexD/device_response.hex");
}

/* Identifier and counter are where the standard has them. */
static void
test_nonce(void **state)
{
	uint8_t sealed[1 + AEAD_TAG_LEN], want[1 + AEAD_TAG_LEN];
	uint8_t nonce[AEAD_NONCE_LEN] = { 0 };
	struct rig g;

	(void)state;
	for (int sender = ENCRYPT_READER; sender <= ENCRYPT_DEVICE; sender++) {
		rig_init(&g, (enum encrypt_sender)sender);
		g.from.counter = 0x01020303;
		assert_int_equal(encrypt_seal(&g.from, g.aead, bytes_of("x", 1),
				     sealed),
		    ENCRYPT_OK);
		nonce[7] = (uint8_t)sender;
		memcpy(nonce + 8, "\x01\x02\x03\x04", 4);
		assert_true(aead_seal(g.aead, blob_bytes(&g.from.key), nonce,
		    bytes_of("x", 1), want));
		assert_memory_equal(sealed, want, sizeof(want));
		rig_end(&g);
	}
}

static void
test_many(void **state)
{
	uint8_t text[16] = { 0 }, sealed[sizeof(text) + AEAD_TAG_LEN];
	uint8_t before[sizeof(sealed)] = { 0 }, opened[sizeof(text)];
	struct rig g;

	(void)state;
	rig_init(&g, ENCRYPT_DEVICE);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(encrypt_seal(&g.from, g.aead,
				     bytes_of(text, sizeof(text)), sealed),
		    ENCRYPT_OK);
		/* One plaintext, never one ciphertext. */
		assert_memory_not_equal(sealed, before, sizeof(sealed));
		memcpy(before, sealed, sizeof(sealed));
		assert_int_equal(encrypt_open(&g.to, g.aead,
				     bytes_of(sealed, sizeof(sealed)), opened),
		    ENCRYPT_OK);
		assert_memory_equal(opened, text, sizeof(text));
	}
	assert_int_equal(g.from.counter, 1000);
	assert_int_equal(g.to.counter, 1000);
	rig_end(&g);
}

static void
test_exhausted(void **state)
{
	uint8_t sealed[1 + AEAD_TAG_LEN], opened[1];
	struct rig g;

	(void)state;
	rig_init(&g, ENCRYPT_READER);
	g.from.counter = g.to.counter = UINT32_MAX - 1;
	assert_int_equal(encrypt_seal(&g.from, g.aead, bytes_of("x", 1),
			     sealed),
	    ENCRYPT_OK);
	assert_int_equal(encrypt_open(&g.to, g.aead,
			     bytes_of(sealed, sizeof(sealed)), opened),
	    ENCRYPT_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(encrypt_seal(&g.from, g.aead, bytes_of("x", 1),
				     sealed),
		    ENCRYPT_EXHAUSTED);
		assert_int_equal(encrypt_open(&g.to, g.aead,
				     bytes_of(sealed, sizeof(sealed)), opened),
		    ENCRYPT_EXHAUSTED);
		assert_int_equal(g.from.counter, UINT32_MAX);
	}
	rig_end(&g);
}

static void
test_bad(void **state)
{
	uint8_t sealed[4 + AEAD_TAG_LEN], opened[4];
	struct rig g;

	(void)state;
	rig_init(&g, ENCRYPT_READER);
	assert_int_equal(encrypt_seal(&g.from, g.aead, bytes_of("text", 4),
			     sealed),
	    ENCRYPT_OK);
	for (size_t i = 0; i < sizeof(sealed) * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
		g.to.counter = 0;
		assert_int_equal(encrypt_open(&g.to, g.aead,
				     bytes_of(sealed, sizeof(sealed)), opened),
		    ENCRYPT_FAILED);
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* Shorter than a tag */
	for (size_t n = 0; n < sizeof(sealed); n++) {
		g.to.counter = 0;
		assert_int_equal(encrypt_open(&g.to, g.aead,
				     bytes_of(sealed, n), opened),
		    ENCRYPT_FAILED);
	}
	/* The other direction's identifier */
	g.to.counter = 0;
	g.to.sender = ENCRYPT_DEVICE;
	assert_int_equal(encrypt_open(&g.to, g.aead,
			     bytes_of(sealed, sizeof(sealed)), opened),
	    ENCRYPT_FAILED);
	g.to.counter = 0;
	g.to.sender = ENCRYPT_READER;
	assert_int_equal(encrypt_open(&g.to, g.aead,
			     bytes_of(sealed, sizeof(sealed)), opened),
	    ENCRYPT_OK);
	rig_end(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_nonce),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
