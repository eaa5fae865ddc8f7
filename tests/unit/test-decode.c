/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mdoc/inspect.h>

#include "tests/support/diag.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static mdoc_bytes
public_bytes(struct bytes b)
{
	return (mdoc_bytes){ b.ptr, b.len };
}

static void
check(mdoc_ctx *ctx, struct bytes in, const char *encoding, const char *want)
{
	struct blob bytes = BLOB_INIT;
	mdoc_buf out = MDOC_BUF_INIT;
	const char *got = NULL;

	if (mdoc_inspect_decode(ctx, public_bytes(in), &out, &got) != MDOC_OK)
		fail_msg("%.*s: %s", (int)(in.len & 0xff), (const char *)in.ptr,
		    mdoc_ctx_error(ctx));
	vectors_hex(want, &bytes);
	assert_string_equal(got, encoding);
	assert_true(bytes_equal(bytes_of(out.ptr, out.len),
	    blob_bytes(&bytes)));
	mdoc_buf_reset(&out);
	blob_reset(&bytes);
}

static void
test_texts(void **state)
{
	static const struct {
		const char *text;
		const char *encoding;
		const char *want;
	} texts[] = {
		{ "a1 01\r\n\t02 ", "hex", "a10102" },
		{ "A10102", "hex", "a10102" },
		{ "oQEC", "base64", "a10102" },
		{ "o\nQE\tC\r\n", "base64", "a10102" },
		{ "gvb1", "base64", "82f6f5" },
		{ "gQE=", "base64", "8101" },
		{ "gQE", "base64", "8101" },
		{ "Q_8", "base64url", "43ff" },
		{ "gvb7v_AAAAAAAAA=", "base64url", "82f6fbbff0000000000000" },
		{ "mdoc:oQEC", "mdoc URI", "a10102" },
		{ "MDOC:oQEC\n", "mdoc URI", "a10102" },
		{ "mdoc://oQEC", "mdoc URI", "a10102" },
		{ "mdoc:oQ\nEC", "mdoc URI", "a10102" },
		/* Hex and base64: hex comes first, if it makes an item. */
		{ "f6", "hex", "f6" },
		{ "82f600", "hex", "82f600" },
		/* Neither makes an item: hex, to show how it is broken. */
		{ "8200", "hex", "8200" },
		{ "18", "hex", "18" },
		/* A text string as it is, of which base64 makes nonsense. */
		{ "cabc", "CBOR", "63616263" },
		{ "ehello", "CBOR", "6568656c6c6f" },
	};

	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	for (size_t i = 0; i < nitems(texts); i++)
		check(ctx, bytes_str(texts[i].text), texts[i].encoding,
		    texts[i].want);
	mdoc_ctx_free(&ctx);
}

/* The same bytes in every encoding. */
static void
test_same(void **state)
{
	static const uint8_t binary[] = { 0x83, 0x00, 0xfb, 0xbf, 0xf0, 0, 0, 0,
		0, 0, 0, 0x43, 0xff, 0xfe, 0xfd };
	const struct bytes in = { binary, sizeof(binary) };
	char hex[2 * sizeof(binary) + 1];
	char text[2 * sizeof(binary) + 8] = "mdoc:";
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	bytes_to_hex(in, hex);
	check(ctx, in, "CBOR", hex);
	check(ctx, bytes_str(hex), "hex", hex);
	bytes_to_base64url(in, text + 5);
	check(ctx, bytes_str(text), "mdoc URI", hex);
	check(ctx, bytes_str(text + 5), "base64url", hex);
	bytes_to_base64(in, text);
	check(ctx, bytes_str(text), "base64", hex);
	mdoc_ctx_free(&ctx);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", " \n", "mdoc:", "mdoc://",
		"mdoc:***", "a1010", "no encoding!",
		"-----BEGIN CERTIFICATE-----\nMII" };
	mdoc_buf out = MDOC_BUF_INIT;
	const char *encoding = "untouched";
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	for (size_t i = 0; i < nitems(bad); i++) {
		if (mdoc_inspect_decode(ctx, public_bytes(bytes_str(bad[i])),
			&out, &encoding) == MDOC_OK)
			fail_msg("accepted: %s", bad[i]);
		assert_true(strlen(mdoc_ctx_error(ctx)) > 5);
		assert_null(out.ptr);
		assert_string_equal(encoding, "untouched");
	}
	assert_int_equal(mdoc_inspect_decode(ctx, (mdoc_bytes){ NULL, 1 }, &out,
			     NULL),
	    MDOC_E_ARGUMENT);
	mdoc_ctx_free(&ctx);
}

static const char pem[] = "text before\n"
			  "-----BEGIN CERTIFICATE-----\n"
			  "oQEC\n"
			  "-----END CERTIFICATE-----\n"
			  "-----BEGIN CERTIFICATE-----\n"
			  "AAAA\n"
			  "-----END CERTIFICATE-----\n";

static void
test_pem(void **state)
{
	struct blob b = BLOB_INIT;
	mdoc_buf out = MDOC_BUF_INIT;
	const char *encoding;
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	check(ctx, bytes_str(pem), "PEM", "a10102");
	if (vectors_folder() != NULL) {
		assert_true(vectors_read("annexD/iaca_cert.hex", &b));
		assert_int_equal(mdoc_inspect_decode(ctx,
				     public_bytes(blob_bytes(&b)), &out,
				     &encoding),
		    MDOC_OK);
		assert_string_equal(encoding, "DER");
		assert_int_equal(out.len, b.len);
	}
	mdoc_buf_reset(&out);
	blob_reset(&b);
	mdoc_ctx_free(&ctx);
}

static void
test_no_memory(void **state)
{
	static const char *const texts[] = { "oQEC", "a10102", "mdoc:oQEC",
		"gQE", pem, "\xa1\x01\x02" };
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_ctx *ctx;
	unsigned long n;
	int r;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	for (size_t i = 0; i < nitems(texts); i++) {
		for (n = 1;; n++) {
			failmalloc_arm(n);
			r = mdoc_inspect_decode(ctx,
			    public_bytes(bytes_str(texts[i])), &out, NULL);
			if (!failmalloc_disarm())
				break;
			/* Without memory for one encoding, not the next. */
			assert_int_equal(r, MDOC_E_MEMORY);
			assert_null(out.ptr);
		}
		assert_int_equal(r, MDOC_OK);
		mdoc_buf_reset(&out);
	}
	mdoc_ctx_free(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
