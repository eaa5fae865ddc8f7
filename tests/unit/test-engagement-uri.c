/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include <mdoc/session.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

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

/* device_engagement_qr, as another base64url encoder has it */
static const char text[] =
    "mdoc:owBjMS4wAYIB2BhYS6QBAiABIVggWojRgrzl9C76WZQ_MzWdLoqWj_KJ2T5fpES2"
    "JDQxZ_4iWCCxboz4WN3HaQQHumHUwzgjeoz8895qpnL8YKVXqjL8ZwKBgwIBowD0AfUL"
    "UEXv73QrLEg3qaOw4dBaaRc";

static void
test_annex_d(void **state)
{
	struct blob engagement = BLOB_INIT;
	mdoc_buf uri = MDOC_BUF_INIT, back = MDOC_BUF_INIT;
	char capitals[400];

	(void)state;
	VECTORS_OR_SKIP("annexD/device_engagement_qr.hex", &engagement);
	assert_int_equal(mdoc_engagement_uri(ctx,
			     to_public(blob_bytes(&engagement)), &uri),
	    MDOC_OK);
	assert_string_equal((const char *)uri.ptr, text);
	assert_int_equal(uri.len, strlen(text));
	assert_int_equal(mdoc_engagement_from_uri(ctx, (const char *)uri.ptr,
			     &back),
	    MDOC_OK);
	assert_int_equal(back.len, engagement.len);
	assert_memory_equal(back.ptr, engagement.ptr, back.len);

	assert_true(uri.len < sizeof(capitals));
	memcpy(capitals, uri.ptr, uri.len + 1);
	memcpy(capitals, "MDOC:", 5);
	assert_int_equal(mdoc_engagement_from_uri(ctx, capitals, &back),
	    MDOC_OK);
	assert_memory_equal(back.ptr, engagement.ptr, back.len);

	/* Shortened anywhere, it is refused and back stays what it was. */
	for (size_t n = 0; n < uri.len; n++) {
		memcpy(capitals, uri.ptr, n);
		capitals[n] = '\0';
		assert_int_not_equal(mdoc_engagement_from_uri(ctx, capitals,
					 &back),
		    MDOC_OK);
		assert_int_equal(back.len, engagement.len);
	}
	mdoc_buf_reset(&uri);
	mdoc_buf_reset(&back);
	blob_reset(&engagement);
}

static void
test_bad(void **state)
{
	static const struct {
		const char *uri;
		int code;
		const char *why;
	} bad[] = {
		{ "", MDOC_E_ARGUMENT, "does not start with" },
		{ "mdoc", MDOC_E_ARGUMENT, "does not start with" },
		{ "https://x", MDOC_E_ARGUMENT, "does not start with" },
		{ "mdoc:", MDOC_E_ARGUMENT, "0 characters" },
		{ "mdoc://oA", MDOC_E_ARGUMENT, "ReaderEngagement" },
		{ "mdoc:o A", MDOC_E_ARGUMENT, "not base64url" },
		{ "mdoc:o", MDOC_E_ARGUMENT, "not base64url" },
		{ "mdoc:oA", MDOC_E_STRUCTURE, "DeviceEngagement" },
		{ "mdoc:ow", MDOC_E_CBOR, "DeviceEngagement" },
	};

	const mdoc_bytes cbor = { (const uint8_t *)"\xa0", 1 };
	mdoc_buf out = MDOC_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(mdoc_engagement_from_uri(ctx, bad[i].uri,
				     &out),
		    bad[i].code);
		assert_non_null(strstr(mdoc_ctx_error(ctx), bad[i].why));
	}
	assert_int_equal(mdoc_engagement_uri(ctx, cbor, &out),
	    MDOC_E_STRUCTURE);
	assert_null(out.ptr);
}

static void
test_memory(void **state)
{
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_session *s = NULL;
	mdoc_bytes e;

	(void)state;
	assert_int_equal(mdoc_session_new_device(ctx, NULL, &s), MDOC_OK);
	e = mdoc_session_engagement(s);
	failmalloc_arm(1);
	assert_int_equal(mdoc_engagement_uri(ctx, e, &out), MDOC_E_MEMORY);
	assert_true(failmalloc_disarm());
	failmalloc_arm(1);
	assert_int_equal(mdoc_engagement_from_uri(ctx, text, &out),
	    MDOC_E_MEMORY);
	assert_true(failmalloc_disarm());
	assert_null(out.ptr);
	mdoc_session_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
