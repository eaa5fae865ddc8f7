/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include <mdoc/request.h>

#include "mdoc/crypto/ctx.h"
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

struct seen {
	size_t n;
	size_t documents;
	size_t with_auth;
	size_t retained;
	struct blob names;
	int result; /* to give at the second element */
};

static int
note(void *arg, const mdoc_request_element *e)
{
	struct seen *s = arg;

	s->documents = e->document + 1;
	s->with_auth += e->reader_auth != 0;
	s->retained += e->intent_to_retain != 0;
	assert_true(blob_append_bytes(&s->names, from_public(e->element)));
	assert_true(blob_append_u8(&s->names, ' '));
	return ++s->n == 2 ? s->result : 0;
}

static void
test_annex_d(void **state)
{
	static const char names[] =
	    "family_name document_number driving_privileges issue_date "
	    "expiry_date portrait ";
	struct seen s = { .n = 0 };
	struct blob in = BLOB_INIT;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_request.hex", &in);
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_OK);
	assert_int_equal(s.n, 6);
	assert_int_equal(s.documents, 1);
	assert_int_equal(s.with_auth, 6);
	assert_true(bytes_equal_str(blob_bytes(&s.names), names));
	blob_reset(&s.names);

	/* Second edition: three documents */
	VECTORS_OR_SKIP("annexD/device_request_extended_2nd_ed.hex", &in);
	s = (struct seen){ .n = 0 };
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_OK);
	assert_int_equal(s.documents, 3);
	assert_true(s.n > 6);
	blob_reset(&s.names);
	blob_reset(&in);
}

/* {"version": "1.0", "docRequests": [{"itemsRequest": 24({"docType": "x",
 * "nameSpaces": {"n": {"a": true, "b": false, "c": true}}})}]} */
static const char small[] = "a26776657273696f6e63312e306b646f63526571756573"
			    "747381a16c6974656d7352657175657374d8185823"
			    "a267646f635479706561786a6e616d65537061636573a1"
			    "616ea36161f56162f46163f5";

static void
test_small(void **state)
{
	struct seen s = { .n = 0 };
	struct blob in = BLOB_INIT;

	(void)state;
	vectors_hex(small, &in);
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_OK);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.retained, 2);
	assert_int_equal(s.with_auth, 0);
	assert_true(bytes_equal_str(blob_bytes(&s.names), "a b c "));
	blob_reset(&s.names);
	blob_reset(&in);
}

static void
test_stop(void **state)
{
	struct seen s = { .result = MDOC_E_REFUSED };
	struct blob in = BLOB_INIT;

	(void)state;
	vectors_hex(small, &in);
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_E_REFUSED);
	assert_int_equal(s.n, 2);
	blob_reset(&s.names);
	blob_reset(&in);
}

/* What is wrong at the end is found before the first call. */
static void
test_bad(void **state)
{
	struct seen s = { .n = 0 };
	struct blob in = BLOB_INIT;

	(void)state;
	vectors_hex(small, &in);
	for (size_t n = 0; n < in.len; n++) {
		assert_int_equal(mdoc_request_read(ctx,
				     (mdoc_bytes){ in.ptr, n }, note, &s),
		    MDOC_E_CBOR);
		assert_non_null(strstr(mdoc_ctx_error(ctx), "DeviceRequest"));
		assert_non_null(strstr(mdoc_ctx_error(ctx), "at offset"));
	}
	in.ptr[in.len - 1] = 0xf6;
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_E_STRUCTURE);
	in.ptr[in.len - 1] = 0xf5;
	assert_true(blob_append_u8(&in, 0));
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     note, &s),
	    MDOC_E_CBOR);
	assert_int_equal(s.n, 0);
	blob_reset(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
