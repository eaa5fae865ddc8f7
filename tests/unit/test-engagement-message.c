/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mdoc/mdoc.h>

static mdoc_ctx *ctx;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&ctx);
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&ctx);
	return 0;
}

static void
test_there_and_back(void **state)
{
	mdoc_buf message = MDOC_BUF_INIT, back = MDOC_BUF_INIT;
	mdoc_session *s;
	mdoc_bytes e;

	(void)state;
	assert_int_equal(mdoc_session_new_device(ctx, NULL, &s), MDOC_OK);
	e = mdoc_session_engagement(s);
	assert_int_equal(mdoc_engagement_message(ctx, e, &message), MDOC_OK);
	assert_int_equal(message.len, e.len + 1 + 22 + 2 + 2);
	assert_int_equal(mdoc_engagement_from_message(ctx,
			     (mdoc_bytes){ message.ptr, message.len }, &back),
	    MDOC_OK);
	assert_int_equal(back.len, e.len);
	assert_memory_equal(back.ptr, e.ptr, e.len);
	/* cut anywhere: refused, and what was there is kept */
	for (size_t n = 0; n < message.len; n++) {
		int r = mdoc_engagement_from_message(ctx,
		    (mdoc_bytes){ message.ptr, n }, &back);

		assert_int_not_equal(r, MDOC_OK);
		assert_int_equal(back.len, e.len);
	}
	mdoc_session_free(&s);
	mdoc_buf_reset(&message);
	mdoc_buf_reset(&back);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *message;
		size_t len;
		int error;
		const char *text;
	} bad[] = {
		{ "\xa0", 1, MDOC_E_STRUCTURE, "deviceEngagementBytes" },
		{ "\x80", 1, MDOC_E_STRUCTURE, "" },
		{ "\xa1\x75"
		  "deviceEngagementBytes\x40",
		    24, MDOC_E_STRUCTURE, "#6.24" },
		{ "\xa1\x75"
		  "deviceEngagementBytes\xd8\x18\x41\xa0",
		    27, MDOC_E_STRUCTURE, "offset" },
	};

	mdoc_buf back = MDOC_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		mdoc_bytes in = { (const unsigned char *)bad[i].message,
			bad[i].len };

		assert_int_equal(mdoc_engagement_from_message(ctx, in, &back),
		    bad[i].error);
		assert_non_null(strstr(mdoc_ctx_error(ctx), bad[i].text));
		assert_null(back.ptr);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("engagement-message", tests, setup,
	    teardown);
}
