/* SPDX-License-Identifier: BSD-3-Clause */
/* mdoc/inspect/value.c; what the texts are is in test-value.c. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mdoc/mdoc.h>

static void
test_text_and_json(void **state)
{
	static const unsigned char value[] = { 0x82, 0x61, 'a', 0x41, 0xff };
	static const unsigned char twice[] = { 0xa2, 1, 2, 1, 3 };
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	assert_int_equal(mdoc_value_text(ctx,
			     (mdoc_bytes){ value, sizeof value }, 8, &out),
	    MDOC_OK);
	assert_int_equal(out.len, strlen("[\"a\", h'ff']"));
	assert_memory_equal(out.ptr, "[\"a\", h'ff']", out.len);
	assert_int_equal(mdoc_value_json(ctx,
			     (mdoc_bytes){ value, sizeof value }, &out),
	    MDOC_OK);
	assert_int_equal(out.len, strlen("[\"a\", \"_w\"]"));
	assert_memory_equal(out.ptr, "[\"a\", \"_w\"]", out.len);
	/* Refused, and what was there stays. */
	assert_int_equal(mdoc_value_json(ctx,
			     (mdoc_bytes){ twice, sizeof twice }, &out),
	    MDOC_E_CBOR);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "duplicate"));
	assert_int_equal(mdoc_value_json(ctx, (mdoc_bytes){ value, 2 }, &out),
	    MDOC_E_CBOR);
	assert_memory_equal(out.ptr, "[\"a\", \"_w\"]", out.len);
	mdoc_buf_reset(&out);
	mdoc_ctx_free(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_json),
	};

	return cmocka_run_group_tests_name("value-text", tests, NULL, NULL);
}
