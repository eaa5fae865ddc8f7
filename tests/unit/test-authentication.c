/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/authentication.h"
#include "tests/support/vectors.h"

static void
join(const struct bytes *parts, size_t n, struct blob *ret)
{
	blob_clear(ret);
	for (size_t i = 0; i < n; i++)
		assert_true(blob_append_bytes(ret, parts[i]));
}

static void
assert_bytes(const struct blob *have, struct bytes want)
{
	assert_int_equal(have->len, want.len);
	assert_memory_equal(have->ptr, want.ptr, want.len);
}

/* Content of the one tag 24 that a blob holds. */
static struct bytes
untag(const struct blob *b)
{
	struct cbor_reader r;
	struct bytes content = BYTES_NULL;

	cbor_reader_init(&r, blob_bytes(b));
	assert_true(cbor_get_tag24(&r, &content, NULL));
	assert_true(cbor_finish(&r));
	return content;
}

static const uint8_t es256[] = { 0xa1, 0x01, 0x26 };
static const uint8_t hmac256[] = { 0xa1, 0x01, 0x05 };
static const uint8_t no_name_spaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

static void
test_annex_d_device(void **state)
{
	struct blob transcript = BLOB_INIT, want = BLOB_INIT, have = BLOB_INIT;
	struct authentication a;
	const struct bytes *parts;
	size_t n;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &transcript);
	VECTORS_OR_SKIP("annexD/device_authentication_bytes.hex", &want);
	authentication_device(&a, untag(&transcript),
	    bytes_str("org.iso.18013.5.1.mDL"),
	    bytes_of(no_name_spaces, sizeof(no_name_spaces)));
	parts = authentication_parts(&a, &n);
	join(parts, n, &have);
	assert_bytes(&have, blob_bytes(&want));
	assert_int_equal(a.payload_len, want.len);

	VECTORS_OR_SKIP("annexD/device_mac_structure.hex", &want);
	parts = authentication_cose(&a, "MAC0",
	    bytes_of(hmac256, sizeof(hmac256)), &n);
	join(parts, n, &have);
	assert_bytes(&have, blob_bytes(&want));
	blob_reset(&transcript);
	blob_reset(&want);
	blob_reset(&have);
}

static void
test_annex_d_reader(void **state)
{
	struct blob transcript = BLOB_INIT, want = BLOB_INIT, have = BLOB_INIT;
	struct blob sig = BLOB_INIT;
	struct authentication a;
	struct cbor_reader r;
	struct bytes items = BYTES_NULL;
	const struct bytes *parts;
	size_t n;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &transcript);
	VECTORS_OR_SKIP("annexD/reader_authentication_bytes.hex", &want);
	/* The items are the last element of what is wanted. */
	cbor_reader_init(&r, untag(&want));
	assert_true(cbor_enter_array_of(&r, 3));
	assert_true(cbor_skip(&r, NULL));
	assert_true(cbor_skip(&r, NULL));
	assert_true(cbor_skip(&r, &items));
	authentication_reader(&a, untag(&transcript), items);
	parts = authentication_parts(&a, &n);
	join(parts, n, &have);
	assert_bytes(&have, blob_bytes(&want));

	VECTORS_OR_SKIP("annexD/reader_auth_sig_structure.hex", &sig);
	parts = authentication_cose(&a, "Signature1",
	    bytes_of(es256, sizeof(es256)), &n);
	join(parts, n, &have);
	assert_bytes(&have, blob_bytes(&sig));
	blob_reset(&transcript);
	blob_reset(&want);
	blob_reset(&have);
	blob_reset(&sig);
}

static void
test_payload(void **state)
{
	static const uint8_t want[] = "\x84\x6aSignature1\x43\xa1\x01\x26\x40"
				      "\x43\xd8\x18\x40";
	static const uint8_t payload[] = { 0xd8, 0x18, 0x40 };
	struct authentication a;
	struct blob have = BLOB_INIT;
	const struct bytes *parts;
	size_t n;

	(void)state;
	authentication_payload(&a, bytes_of(payload, sizeof(payload)));
	parts = authentication_cose(&a, "Signature1",
	    bytes_of(es256, sizeof(es256)), &n);
	join(parts, n, &have);
	assert_bytes(&have, bytes_of(want, sizeof(want) - 1));
	parts = authentication_parts(&a, &n);
	assert_int_equal(n, 1);
	assert_ptr_equal(parts[0].ptr, payload);
	blob_reset(&have);
}

/* Long docTypes and many items move every head; the result stays CBOR. */
static void
test_lengths(void **state)
{
	static const uint8_t null_item[] = { 0xf6 },
			     tag24[] = "\xd8\x18\x41\xa0";
	static const size_t lens[] = { 0, 1, 23, 24, 255, 256, 3000 };
	struct bytes items[AUTHENTICATION_MAX_DOCS + 1];
	struct authentication a;
	struct blob have = BLOB_INIT, text = BLOB_INIT;
	const struct bytes *parts;
	struct cbor_reader r;
	struct bytes got = BYTES_NULL;
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(lens); i++) {
		blob_clear(&text);
		memset(blob_extend(&text, lens[i] + 1), 'x', lens[i]);
		authentication_device(&a, bytes_of(null_item, 1),
		    bytes_of(text.ptr, lens[i]), bytes_of(tag24, 4));
		parts = authentication_parts(&a, &n);
		join(parts, n, &have);
		assert_int_equal(a.payload_len, have.len);
		cbor_reader_init(&r, untag(&have));
		assert_true(cbor_enter_array_of(&r, 4));
		assert_true(cbor_skip(&r, NULL));
		assert_true(cbor_skip(&r, NULL));
		assert_true(cbor_get_tstr(&r, &got));
		assert_int_equal(got.len, lens[i]);
		assert_true(cbor_get_tag24(&r, NULL, NULL));
		assert_true(cbor_finish(&r));
	}
	for (size_t i = 0; i < nitems(items); i++)
		items[i] = bytes_of(tag24, 4);
	assert_false(authentication_reader_all(&a, bytes_of(null_item, 1),
	    items, nitems(items), BYTES_NULL));
	assert_true(authentication_reader_all(&a, bytes_of(null_item, 1), items,
	    AUTHENTICATION_MAX_DOCS, BYTES_NULL));
	parts = authentication_parts(&a, &n);
	join(parts, n, &have);
	assert_int_equal(cbor_check(untag(&have), NULL), CBOR_OK);
	assert_true(authentication_reader_all(&a, bytes_of(null_item, 1), items,
	    1, items[0]));
	parts = authentication_parts(&a, &n);
	join(parts, n, &have);
	assert_int_equal(cbor_check(untag(&have), NULL), CBOR_OK);
	blob_reset(&have);
	blob_reset(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d_device),
		cmocka_unit_test(test_annex_d_reader),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
