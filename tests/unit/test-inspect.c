/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include <mdoc/inspect.h>

#include "tests/support/diag.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static const enum mdoc_inspect_format formats[] = { MDOC_INSPECT_TREE,
	MDOC_INSPECT_DIAG, MDOC_INSPECT_JSON, MDOC_INSPECT_HEX };

/* The text, to be freed; NULL-terminated. */
static char *
inspect(mdoc_ctx *ctx, struct bytes in, enum mdoc_inspect_format format,
    size_t *ret_defects)
{
	mdoc_buf out = MDOC_BUF_INIT;
	char *text;

	if (mdoc_inspect(ctx, (mdoc_bytes){ in.ptr, in.len }, format, 16, &out,
		ret_defects) != MDOC_OK)
		fail_msg("%s", mdoc_ctx_error(ctx));
	text = strndup((const char *)out.ptr, out.len);
	assert_non_null(text);
	assert_int_equal(strlen(text), out.len);
	mdoc_buf_reset(&out);
	return text;
}

/* Whatever comes in, all four can be read by those who read them. */
static size_t
check(mdoc_ctx *ctx, struct bytes in)
{
	uint8_t *copy = malloc(in.len + 1);
	struct blob back = BLOB_INIT;
	size_t defects = SIZE_MAX, first = 0;
	json_error_t e;
	json_t *json;
	char *text;

	assert_non_null(copy);
	if (in.len > 0)
		memcpy(copy, in.ptr, in.len);
	for (size_t i = 0; i < nitems(formats); i++) {
		text =
		    inspect(ctx, bytes_of(copy, in.len), formats[i], &defects);
		if (i == 0)
			first = defects;
		assert_int_equal(defects, first);
		if (formats[i] == MDOC_INSPECT_DIAG &&
		    !diag_encode(text, &back, NULL))
			fail_msg("not notation: %s", text);
		if (formats[i] == MDOC_INSPECT_JSON) {
			json = json_loads(text,
			    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
			if (json == NULL)
				fail_msg("not JSON: %s", e.text);
			assert_int_equal(json_integer_value(json_object_get(
					     json, "defectCount")),
			    defects);
			json_decref(json);
		}
		assert_true(bytes_is_utf8(bytes_str(text), NULL));
		free(text);
	}
	blob_reset(&back);
	free(copy);
	return defects;
}

static void
test_truncation(void **state)
{
	struct blob b = BLOB_INIT;
	mdoc_ctx *ctx;
	char *text;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	diag("{\"version\": \"1.0\", \"documents\": [24(<<{1: h'0102', 2: "
	     "1.5}>>)], \"status\": 0}",
	    &b);
	assert_int_equal(check(ctx, blob_bytes(&b)), 0);
	for (size_t i = 0; i < b.len; i++)
		assert_true(check(ctx, bytes_of(b.ptr, i)) > 0);
	text = inspect(ctx, blob_bytes(&b), MDOC_INSPECT_TREE, NULL);
	assert_non_null(strstr(text, "DeviceResponse"));
	free(text);
	blob_reset(&b);
	mdoc_ctx_free(&ctx);
}

/* The tree at each byte, all formats at some. */
static void
cut_everywhere(mdoc_ctx *ctx, struct bytes in)
{
	size_t defects;

	assert_int_equal(check(ctx, in), 0);
	for (size_t i = 0; i < in.len; i++) {
		free(inspect(ctx, bytes_of(in.ptr, i), MDOC_INSPECT_TREE,
		    &defects));
		assert_true(defects > 0);
		if (i % 61 == 0)
			assert_true(check(ctx, bytes_of(in.ptr, i)) > 0);
	}
}

static void
test_vectors(void **state)
{
	struct blob response = BLOB_INIT, request = BLOB_INIT;
	mdoc_ctx *ctx;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_response.hex", &response);
	VECTORS_OR_SKIP("annexD/device_request_extended_2nd_ed.hex", &request);
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	cut_everywhere(ctx, blob_bytes(&response));
	cut_everywhere(ctx, blob_bytes(&request));
	blob_reset(&response);
	blob_reset(&request);
	mdoc_ctx_free(&ctx);
}

static void
test_changes(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x1f, 0x20, 0x80, 0xff };
	struct blob b = BLOB_INIT;
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	diag("{\"documents\": [{\"issuerSigned\": {\"nameSpaces\": {\"n\": "
	     "[24(<<{\"digestID\": 1, \"random\": h'00010203', "
	     "\"elementIdentifier\": \"x\", \"elementValue\": "
	     "0(\"2020\")}>>)]}, "
	     "\"issuerAuth\": [<<{1: -7, 33: [h'30']}>>, {33: h'30'}, "
	     "<<24(<<{\"digestAlgorithm\": \"x\", \"valueDigests\": {}}>>)>>, "
	     "h'']}}], \"version\": \"1\", \"x\": [_ 1.1, (_ h'01')]}",
	    &b);
	for (size_t i = 0; i < b.len; i++) {
		for (size_t j = 0; j < nitems(changes); j++) {
			b.ptr[i] ^= changes[j];
			check(ctx, blob_bytes(&b));
			b.ptr[i] ^= changes[j];
		}
	}
	blob_reset(&b);
	mdoc_ctx_free(&ctx);
}

static void
test_certificate(void **state)
{
	struct blob b = BLOB_INIT;
	size_t defects;
	mdoc_ctx *ctx;
	char *text;

	(void)state;
	VECTORS_OR_SKIP("annexD/iaca_cert.hex", &b);
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	assert_int_equal(check(ctx, blob_bytes(&b)), 0);
	text = inspect(ctx, blob_bytes(&b), MDOC_INSPECT_TREE, &defects);
	assert_non_null(strstr(text, "subject = CN=utopia iaca,C=US\n"));
	assert_non_null(strstr(text, "use = CA, keyCertSign, cRLSign\n"));
	free(text);
	VECTORS_OR_SKIP("annexD/device_response.hex", &b);
	text = inspect(ctx, blob_bytes(&b), MDOC_INSPECT_TREE, &defects);
	assert_non_null(strstr(text,
	    "<certificate 499 B> CN=utopia ds,C=US; 2020-10-01 to 2021-10-01"));
	assert_non_null(strstr(text, "portrait = <bstr 1042 B JPEG>"));
	free(text);
	blob_reset(&b);
	mdoc_ctx_free(&ctx);
}

static void
test_arguments(void **state)
{
	mdoc_buf out = MDOC_BUF_INIT;
	size_t defects = 7;
	mdoc_ctx *ctx;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	assert_int_equal(mdoc_inspect(ctx, (mdoc_bytes){ NULL, 3 },
			     MDOC_INSPECT_TREE, 0, &out, &defects),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_inspect(ctx,
			     (mdoc_bytes){ (const unsigned char *)"", 1 },
			     (enum mdoc_inspect_format)9, 0, &out, &defects),
	    MDOC_E_ARGUMENT);
	assert_int_equal(defects, 7);
	assert_null(out.ptr);
	assert_int_equal(mdoc_inspect(ctx, (mdoc_bytes){ NULL, 0 },
			     MDOC_INSPECT_TREE, 0, &out, &defects),
	    MDOC_OK);
	assert_int_equal(defects, 1);
	mdoc_buf_reset(&out);
	mdoc_ctx_free(&ctx);
}

static void
test_no_memory(void **state)
{
	struct blob b = BLOB_INIT;
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_bytes in;
	mdoc_ctx *ctx;
	unsigned long n;
	int r;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	diag("[<<{1: -7, 33: h'30', 33: h'31'}>>, {33: h'3000'}, null, "
	     "h'00']",
	    &b);
	in = (mdoc_bytes){ b.ptr, b.len };
	for (size_t i = 0; i < nitems(formats); i++) {
		for (n = 1;; n++) {
			failmalloc_arm(n);
			r = mdoc_inspect(ctx, in, formats[i], 0, &out, NULL);
			if (!failmalloc_disarm())
				break;
			assert_int_equal(r, MDOC_E_MEMORY);
			assert_null(out.ptr);
		}
		assert_int_equal(r, MDOC_OK);
		assert_true(n > 3);
		mdoc_buf_reset(&out);
	}
	blob_reset(&b);
	mdoc_ctx_free(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
