/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include <mdoc/session.h>

#include "mdoc/session/transcript.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"
#include "vendor-ext/tbs.h"

static mdoc_ctx *ctx;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&ctx) == MDOC_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&ctx);
	return 0;
}

/* From the parts of the published transcript to its bytes. */
static void
test_annex_d(void **state)
{
	struct blob want = BLOB_INIT, hs = BLOB_INIT, hr = BLOB_INIT;
	mdoc_buf have = MDOC_BUF_INIT;
	struct tbs_transcript t;
	mdoc_bytes parts[2];

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &want);
	VECTORS_OR_SKIP("annexD/nfc_handover_select.hex", &hs);
	VECTORS_OR_SKIP("annexD/nfc_handover_request.hex", &hr);
	assert_true(tbs_transcript_read(blob_bytes(&want), &t, NULL));
	parts[0] = to_public(blob_bytes(&hs));
	parts[1] = to_public(blob_bytes(&hr));
	assert_int_equal(mdoc_transcript_make(ctx, to_public(t.engagement),
			     to_public(t.ereader_key), "nfc", parts, 2, &have),
	    MDOC_OK);
	assert_int_equal(have.len, want.len);
	assert_memory_equal(have.ptr, want.ptr, want.len);
	mdoc_buf_reset(&have);
	blob_reset(&want);
	blob_reset(&hs);
	blob_reset(&hr);
}

static void
test_qr(void **state)
{
	static const char hex[] = "d81850"
				  "83"
				  "d81843a10001"
				  "d81843a10203"
				  "f6";
	const mdoc_bytes engagement = { (const uint8_t *)"\xa1\x00\x01", 3 };
	const mdoc_bytes key = { (const uint8_t *)"\xa1\x02\x03", 3 };
	mdoc_buf have = MDOC_BUF_INIT, again = MDOC_BUF_INIT;
	struct blob want = BLOB_INIT;

	(void)state;
	vectors_hex(hex, &want);
	want.ptr[2] = (uint8_t)(0x40 + want.len - 3);
	assert_int_equal(mdoc_transcript_qr(ctx, engagement, key, &have),
	    MDOC_OK);
	assert_int_equal(have.len, want.len);
	assert_memory_equal(have.ptr, want.ptr, want.len);
	assert_int_equal(mdoc_transcript_make(ctx, engagement, key, "qr", NULL,
			     0, &again),
	    MDOC_OK);
	assert_int_equal(again.len, want.len);
	assert_memory_equal(again.ptr, want.ptr, want.len);
	mdoc_buf_reset(&have);
	mdoc_buf_reset(&again);
	blob_reset(&want);
}

/* EReaderKeyBytes go in as they came, whatever the form of their heads. */
static void
test_as_received(void **state)
{
	struct transcript_input in = {
		.engagement = bytes_of("\xa0", 1),
		.ereader_key = bytes_of("\xd8\x18\x58\x01\xa0", 5),
		.handover = handover_find("qr"),
	};
	struct blob out = BLOB_INIT;

	(void)state;
	assert_true(transcript_write(&in, &out));
	assert_int_equal(out.len, 14);
	assert_memory_equal(out.ptr,
	    "\xd8\x18\x4b\x83\xd8\x18\x41\xa0\xd8\x18\x58\x01\xa0\xf6", 14);
	blob_reset(&out);
}

static void
test_bad(void **state)
{
	const mdoc_bytes good = { (const uint8_t *)"\xa0", 1 };
	const mdoc_bytes bad = { (const uint8_t *)"\xa1\x00", 2 };
	const mdoc_bytes two = { (const uint8_t *)"\xa0\xa0", 2 };
	const mdoc_bytes parts[3] = { good, good, good };
	mdoc_buf out = MDOC_BUF_INIT;

	(void)state;
	assert_int_equal(mdoc_transcript_qr(ctx, bad, good, &out), MDOC_E_CBOR);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "DeviceEngagement"));
	assert_non_null(strstr(mdoc_ctx_error(ctx), "at offset "));
	assert_int_equal(mdoc_transcript_qr(ctx, good, two, &out), MDOC_E_CBOR);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "EReaderKey"));
	assert_int_equal(mdoc_transcript_make(ctx, good, good, "ble", NULL, 0,
			     &out),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "\"ble\" is not known"));
	assert_int_equal(mdoc_transcript_make(ctx, good, good, NULL, NULL, 0,
			     &out),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transcript_make(ctx, good, good, "qr", parts, 1,
			     &out),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transcript_make(ctx, good, good, "nfc", NULL, 0,
			     &out),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transcript_make(ctx, good, good, "nfc", parts, 3,
			     &out),
	    MDOC_E_ARGUMENT);
	assert_null(out.ptr);
}

static void
test_memory(void **state)
{
	const mdoc_bytes good = { (const uint8_t *)"\xa0", 1 };
	mdoc_buf out = MDOC_BUF_INIT;
	unsigned long n;
	int r;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_transcript_qr(ctx, good, good, &out);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(out.ptr);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 1);
	mdoc_buf_reset(&out);
}

static void
test_salt(void **state)
{
	uint8_t salt[TRANSCRIPT_SALT_LEN];
	struct blob want = BLOB_INIT;

	(void)state;
	assert_int_equal(transcript_salt(ctx, bytes_str("abc"), salt), MDOC_OK);
	vectors_hex("ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad",
	    &want);
	assert_memory_equal(salt, want.ptr, sizeof(salt));
	blob_reset(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_qr),
		cmocka_unit_test(test_as_received),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_salt),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
