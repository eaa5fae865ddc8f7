/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/der.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static void
test_read(void **state)
{
	static const char *const bad[] = {
		"",
		"30",
		"3001",
		"300200",
		"3f0100",
		"1f0100", /* tag 31 */
		"3080",
		"30800000", /* indefinite */
		"308100",
		"30817f", /* not shortest */
		"308200ff",
		"3084000000010a",
		"30840000000100", /* too long */
		"30850000000000",
		"3083",
	};
	struct blob in = BLOB_INIT;
	struct bytes left, before;
	struct der d = { .tag = 0x77 };

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		vectors_hex(bad[i], &in);
		before = left = blob_bytes(&in);
		assert_false(der_next(&left, &d));
		assert_true(left.ptr == before.ptr && left.len == before.len);
		assert_int_equal(d.tag, 0x77);
	}
	vectors_hex("0201050500", &in);
	left = blob_bytes(&in);
	assert_true(der_next(&left, &d));
	assert_int_equal(d.tag, DER_INTEGER);
	assert_int_equal(d.content.len, 1);
	assert_int_equal(d.whole.len, 3);
	before = left;
	assert_false(der_take(&left, DER_INTEGER, &d.content));
	assert_ptr_equal(left.ptr, before.ptr);
	assert_true(der_take(&left, DER_NULL, &d.content));
	assert_int_equal(left.len, 0);
	assert_int_equal(d.content.len, 0);
	blob_reset(&in);
}

static void
test_integers(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: refused */
	} list[] = {
		{ "020100", "00" },
		{ "02017f", "7f" },
		{ "02020080", "80" },
		{ "0200", NULL },
		{ "020180", NULL },   /* negative */
		{ "0202007f", NULL }, /* not shortest */
		{ "02020000", NULL },
		{ "030100", NULL },
	};
	struct blob in = BLOB_INIT, want = BLOB_INIT;
	struct bytes left, v;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		vectors_hex(list[i].in, &in);
		left = blob_bytes(&in);
		if (list[i].out == NULL) {
			assert_false(der_take_uint(&left, &v));
			assert_int_equal(left.len, in.len);
			continue;
		}
		vectors_hex(list[i].out, &want);
		assert_true(der_take_uint(&left, &v));
		assert_true(bytes_equal(v, blob_bytes(&want)));
	}
	vectors_hex("030200ff", &in);
	left = blob_bytes(&in);
	assert_true(der_take_bits(&left, &v));
	assert_int_equal(v.len, 1);
	vectors_hex("030201fe", &in); /* an unused bit */
	left = blob_bytes(&in);
	assert_false(der_take_bits(&left, &v));
	vectors_hex("0300", &in);
	left = blob_bytes(&in);
	assert_false(der_take_bits(&left, &v));
	blob_reset(&in);
	blob_reset(&want);
}

/* Around each border of the length's form. */
static void
test_write(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536,
		70000 };
	struct blob out = BLOB_INIT;
	struct der_writer w = { &out, false };
	struct bytes left, inner;
	uint8_t *content = calloc(1, 70000);
	size_t outer;

	(void)state;
	assert_non_null(content);
	for (size_t i = 0; i < nitems(sizes); i++) {
		blob_clear(&out);
		outer = der_begin(&w, DER_SEQUENCE);
		der_put(&w, DER_OCTET_STRING, bytes_of(content, sizes[i]));
		der_end(&w, outer);
		assert_false(w.failed);
		left = blob_bytes(&out);
		assert_true(der_take(&left, DER_SEQUENCE, &inner));
		assert_int_equal(left.len, 0);
		assert_true(der_take(&inner, DER_OCTET_STRING, &left));
		assert_int_equal(left.len, sizes[i]);
		assert_int_equal(inner.len, 0);
	}
	blob_clear(&out);
	der_put_uint(&w, bytes_of("\x00\x00\x80", 3));
	der_put_uint(&w, bytes_of("\x00", 1));
	der_put_bits(&w, bytes_of("\xaa", 1));
	assert_int_equal(out.len, 11);
	assert_memory_equal(out.ptr,
	    "\x02\x02\x00\x80\x02\x01\x00\x03\x02\x00\xaa", 11);
	blob_reset(&out);
	free(content);
}

static void
test_memory(void **state)
{
	unsigned long n;
	uint8_t big[300] = { 0 };

	(void)state;
	for (n = 1;; n++) {
		struct blob out = BLOB_INIT;
		struct der_writer w = { &out, false };
		size_t outer;

		failmalloc_arm(n);
		outer = der_begin(&w, DER_SEQUENCE);
		der_put(&w, DER_OCTET_STRING, bytes_of(big, sizeof(big)));
		der_put_uint(&w, bytes_of(big, 1));
		der_put_bits(&w, bytes_of(big, sizeof(big)));
		der_end(&w, outer);
		blob_reset(&out);
		if (!failmalloc_disarm()) {
			assert_false(w.failed);
			break;
		}
		assert_true(w.failed);
	}
	assert_true(n > 2);
}

static void
test_signatures(void **state)
{
	uint8_t raw[132], back[132], der[DER_MAX_SIG];
	struct blob in = BLOB_INIT;
	size_t len;

	(void)state;
	/* Leading zeros go and come back; a high bit gets a zero. */
	for (size_t n = 1; n <= 66; n++) {
		memset(raw, 0, sizeof(raw));
		raw[n - 1] = 0x7f;
		raw[n] = 0xff;
		assert_true(der_sig_from_raw(bytes_of(raw, 2 * n), der, &len));
		assert_true(len <= DER_MAX_SIG);
		assert_true(der_sig_to_raw(bytes_of(der, len), n, back));
		assert_memory_equal(raw, back, 2 * n);
	}
	memset(raw, 0xff, sizeof(raw));
	assert_true(der_sig_from_raw(bytes_of(raw, 132), der, &len));
	assert_int_equal(len, 141);
	/* Too long for the field, odd, empty, too long at all. */
	assert_false(der_sig_to_raw(bytes_of(der, len), 65, back));
	assert_false(der_sig_from_raw(bytes_of(raw, 63), der, &len));
	assert_false(der_sig_from_raw(bytes_of(raw, 0), der, &len));
	assert_false(der_sig_from_raw(bytes_of(back, 134), der, &len));
	vectors_hex("300602010102010100", &in); /* a byte behind it */
	assert_false(der_sig_to_raw(blob_bytes(&in), 32, back));
	vectors_hex("3009020101020101020101", &in); /* a third number */
	assert_false(der_sig_to_raw(blob_bytes(&in), 32, back));
	vectors_hex("30060201ff020101", &in); /* negative */
	assert_false(der_sig_to_raw(blob_bytes(&in), 32, back));
	blob_reset(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
