/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"

static void
test_new(void **state)
{
	mdoc_ctx *c = NULL;
	unsigned long n;
	int r;

	(void)state;
	assert_int_equal(mdoc_ctx_new(NULL), MDOC_E_ARGUMENT);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_ctx_new(&c);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(c);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 4);
	assert_string_equal(mdoc_ctx_error(c), "");
	mdoc_ctx_free(&c);
	assert_null(c);
	mdoc_ctx_free(&c);
	mdoc_ctx_free(NULL);
}

static void
test_texts(void **state)
{
	char big[3000];

	(void)state;
	for (int code = 0; code >= MDOC_E_INTERNAL; code--)
		assert_string_not_equal(mdoc_strerror(code), "unknown error");
	assert_string_equal(mdoc_strerror(7), "unknown error");
	assert_string_equal(mdoc_strerror(-99), "unknown error");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	{
		mdoc_ctx *c = NULL;

		assert_int_equal(mdoc_ctx_new(&c), MDOC_OK);
		assert_int_equal(ctx_fail(c, MDOC_E_KEY, "%d and %s", 7,
				     "seven"),
		    MDOC_E_KEY);
		assert_string_equal(mdoc_ctx_error(c), "7 and seven");
		/* The old text inside the new one */
		(void)ctx_fail(c, MDOC_E_KEY, "file: %s", mdoc_ctx_error(c));
		assert_string_equal(mdoc_ctx_error(c), "file: 7 and seven");
		(void)ctx_fail(c, MDOC_E_KEY, "%s", big);
		assert_true(strlen(mdoc_ctx_error(c)) < sizeof(c->error));
		mdoc_ctx_free(&c);
	}
}

static void
test_cbor(void **state)
{
	static const struct {
		enum cbor_error error;
		int code;
	} list[] = {
		{ CBOR_E_TRUNCATED, MDOC_E_CBOR },
		{ CBOR_E_DUPLICATE, MDOC_E_CBOR },
		{ CBOR_E_TYPE, MDOC_E_STRUCTURE },
		{ CBOR_E_RANGE, MDOC_E_STRUCTURE },
		{ CBOR_E_MISSING, MDOC_E_STRUCTURE },
		{ CBOR_E_MEMORY, MDOC_E_MEMORY },
	};
	struct cbor_reader r;
	mdoc_ctx *c = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&c), MDOC_OK);
	for (size_t i = 0; i < nitems(list); i++) {
		cbor_reader_init(&r, bytes_of("x", 1));
		cbor_fail(&r, list[i].error, 17, "docType: text string");
		expect_error(c, ctx_fail_cbor(c, &r, "request"), list[i].code,
		    "at offset 17 (expected docType: text string)");
		assert_non_null(strstr(mdoc_ctx_error(c),
		    cbor_error_name(list[i].error)));
	}
	cbor_reader_init(&r, bytes_of("x", 1));
	cbor_fail(&r, CBOR_E_TRUNCATED, 3, NULL);
	expect_error(c, ctx_fail_cbor(c, &r, "request"), MDOC_E_CBOR,
	    "request: truncated at offset 3");
	mdoc_ctx_free(&c);
}

static int64_t
fixed(void *arg)
{
	return *(int64_t *)arg;
}

static int
broken(void *arg, unsigned char *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	return -1;
}

static int
sevens(void *arg, unsigned char *buf, size_t len)
{
	(void)arg;
	memset(buf, 7, len);
	return MDOC_OK;
}

static void
test_injected(void **state)
{
	int64_t when = 1234567;
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	mdoc_ctx *c = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&c), MDOC_OK);
	assert_true(mdoc_ctx_now(c) >= (int64_t)time(NULL) - 5);
	mdoc_ctx_set_clock(c, fixed, &when);
	assert_true(mdoc_ctx_now(c) == when);
	mdoc_ctx_set_clock(c, NULL, NULL);
	assert_true(mdoc_ctx_now(c) > when);

	expect_ok(c, ctx_random(c, a, sizeof(a)));
	expect_ok(c, ctx_random(c, b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_false(ctx_has_insecure_random(c));
	mdoc_ctx_set_insecure_random(c, sevens, NULL);
	assert_true(ctx_has_insecure_random(c));
	expect_ok(c, ctx_random(c, a, sizeof(a)));
	assert_int_equal(a[31], 7);
	mdoc_ctx_set_insecure_random(c, broken, NULL);
	expect_error(c, ctx_random(c, a, sizeof(a)), MDOC_E_CRYPTO, "random");
	mdoc_ctx_set_insecure_random(c, NULL, NULL);
	expect_ok(c, ctx_random(c, a, sizeof(a)));

	expect_error(c, mdoc_ctx_set_module(c, ""), MDOC_E_ARGUMENT, "empty");
	expect_ok(c, mdoc_ctx_set_module(c, "/a/b.so"));
	expect_ok(c, mdoc_ctx_set_module(c, NULL));
	assert_null(c->module_path);
	for (const char *p = "ABCDS"; *p != '\0'; p++)
		expect_ok(c, mdoc_ctx_set_minimum_path(c, *p));
	expect_error(c, mdoc_ctx_set_minimum_path(c, '\0'), MDOC_E_ARGUMENT,
	    "A, B, C, D or S");
	expect_error(c, mdoc_ctx_set_minimum_path(c, 'M'), MDOC_E_ARGUMENT,
	    "A, B, C, D or S");
	assert_int_equal(c->minimum_path, 'S');
	mdoc_ctx_free(&c);
}

static void
test_buf(void **state)
{
	struct blob b = BLOB_INIT;
	mdoc_buf buf = MDOC_BUF_INIT;

	(void)state;
	assert_true(blob_set(&b, bytes_str("one")));
	buf_take_blob(&buf, &b);
	assert_null(b.ptr);
	assert_int_equal(buf.len, 3);
	assert_true(blob_set(&b, bytes_str("other")));
	buf_take_blob(&buf, &b);
	assert_memory_equal(buf.ptr, "other", 5);
	mdoc_buf_reset(&buf);
	assert_null(buf.ptr);
	assert_int_equal(buf.len + buf.cap, 0);
	mdoc_buf_reset(&buf);
	mdoc_buf_reset(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_cbor),
		cmocka_unit_test(test_injected),
		cmocka_unit_test(test_buf),
	};

	return cmocka_run_group_tests_name("ctx", tests, NULL, NULL);
}
