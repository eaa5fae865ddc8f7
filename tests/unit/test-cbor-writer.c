/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/cbor.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static void
assert_hex(const struct blob *b, const char *hex)
{
	struct blob want = BLOB_INIT;

	vectors_hex(hex, &want);
	assert_int_equal(b->len, want.len);
	if (want.len > 0)
		assert_memory_equal(b->ptr, want.ptr, want.len);
	blob_reset(&want);
}

static const struct {
	uint64_t n;
	const char *hex; /* as an unsigned integer */
} heads[] = {
	{ 0, "00" },
	{ 1, "01" },
	{ 23, "17" },
	{ 24, "1818" },
	{ 255, "18ff" },
	{ 256, "190100" },
	{ 65535, "19ffff" },
	{ 65536, "1a00010000" },
	{ 0xffffffff, "1affffffff" },
	{ 0x100000000, "1b0000000100000000" },
	{ UINT64_MAX, "1bffffffffffffffff" },
};

static void
test_heads(void **state)
{
	void (*const puts[])(struct cbor_writer *, uint64_t) = { cbor_put_uint,
		cbor_put_bstr_head, cbor_put_array, cbor_put_map,
		cbor_put_tag };
	static const uint8_t majors[] = { 0, 2, 4, 5, 6 };
	struct blob b = BLOB_INIT, want = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	for (size_t i = 0; i < nitems(heads); i++) {
		vectors_hex(heads[i].hex, &want);
		assert_int_equal(cbor_head_len(heads[i].n), want.len);
		for (size_t k = 0; k < nitems(puts); k++) {
			blob_clear(&b);
			cbor_writer_init(&w, &b);
			puts[k](&w, heads[i].n);
			assert_int_equal(w.error, CBOR_OK);
			assert_int_equal(w.len, want.len);
			assert_int_equal(b.len, want.len);
			assert_int_equal(b.ptr[0],
			    want.ptr[0] | majors[k] << 5);
			assert_memory_equal(b.ptr + 1, want.ptr + 1,
			    want.len - 1);
		}
	}
	blob_reset(&want);
	blob_reset(&b);
}

static void
test_ints(void **state)
{
	static const struct {
		int64_t v;
		const char *hex;
	} cases[] = {
		{ 0, "00" },
		{ 1000, "1903e8" },
		{ -1, "20" },
		{ -24, "37" },
		{ -25, "3818" },
		{ -500, "3901f3" },
		{ INT64_MAX, "1b7fffffffffffffff" },
		{ INT64_MIN, "3b7fffffffffffffff" },
	};
	struct blob b = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_int(&w, cases[i].v);
		assert_hex(&b, cases[i].hex);
	}
	blob_reset(&b);
}

static void
test_others(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	cbor_writer_init(&w, &b);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "a");
	cbor_put_array(&w, 3);
	cbor_put_bool(&w, true);
	cbor_put_bool(&w, false);
	cbor_put_null(&w);
	cbor_put_tstr(&w, bytes_str("bc"));
	cbor_put_tag24(&w, bytes_of("\x82\x01\x02", 3));
	assert_int_equal(w.error, CBOR_OK);
	assert_hex(&b, "a2 6161 83f5f4f6 626263 d81843820102");
	assert_int_equal(w.len, b.len);
	assert_int_equal(cbor_check(blob_bytes(&b), NULL), CBOR_OK);
	/* Behind what is in the blob already. */
	cbor_writer_init(&w, &b);
	cbor_put_bstr(&w, bytes_of("\x01\x02", 2));
	cbor_put_bstr(&w, BYTES_NULL);
	cbor_put_tstr(&w, BYTES_NULL);
	cbor_put_bstr_head(&w, 2);
	cbor_put_raw(&w, bytes_of("\xf7\xf7", 2));
	cbor_put_raw(&w, BYTES_NULL);
	assert_int_equal(w.len, 8);
	assert_hex(&b,
	    "a2 6161 83f5f4f6 626263 d81843820102 420102 40 60 42f7f7");
	blob_reset(&b);
}

static const struct {
	double v;
	const char *hex;
} floats[] = {
	{ 0.0, "f90000" },
	{ -0.0, "f98000" },
	{ 1.0, "f93c00" },
	{ 1.5, "f93e00" },
	{ -4.0, "f9c400" },
	{ 65504.0, "f97bff" },     /* the greatest half */
	{ 65505.0, "fa477fe100" }, /* more bits than a half has */
	{ 65520.0, "fa477ff000" }, /* the same */
	{ 65536.0, "fa47800000" }, /* beyond the range of a half */
	{ 100000.0, "fa47c35000" },
	{ 5.960464477539063e-8, "f90001" },      /* 2^-24, the least half */
	{ 2.9802322387695312e-8, "fa33000000" }, /* 2^-25 */
	{ 8.940696716308594e-8, "fa33c00000" },  /* 1.5 * 2^-24 */
	{ 0.00006103515625, "f90400" },          /* 2^-14, the least normal */
	{ 0x1.ff8p-15, "f903ff" },               /* below it, all ten bits */
	{ 0x1.ffcp-15, "fa387fe000" },           /* one bit more */
	{ 1.0009765625, "f93c01" },
	{ 1.00048828125, "fa3f801000" },
	{ 3.4028234663852886e+38, "fa7f7fffff" }, /* the greatest single */
	{ 3.4028234663852889e+38, "fb47efffffe0000001" },
	{ -3.4028234663852889e+38, "fbc7efffffe0000001" },
	{ 1.401298464324817e-45, "fa00000001" }, /* 2^-149 */
	{ 7.006492321624085e-46, "fb3690000000000000" },
	{ 5e-324, "fb0000000000000001" },
	{ 1.1, "fb3ff199999999999a" },
	{ -4.1, "fbc010666666666666" },
	{ 1.0e+300, "fb7e37e43c8800759c" },
	{ DBL_MAX, "fb7fefffffffffffff" },
	{ INFINITY, "f97c00" },
	{ -INFINITY, "f9fc00" },
	{ NAN, "f97e00" },
};

static void
test_floats(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	struct cbor_reader r;
	struct cbor_item item;

	(void)state;
	for (size_t i = 0; i < nitems(floats); i++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_double(&w, floats[i].v);
		assert_hex(&b, floats[i].hex);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(cbor_next(&r, &item));
		assert_true(item.preferred);
		if (isnan(floats[i].v))
			assert_true(isnan(item.number));
		else
			assert_memory_equal(&item.number, &floats[i].v,
			    sizeof(double));
	}
	blob_reset(&b);
}

/* Every half there is comes back as it was, but for the NaNs. */
static void
test_all_halves(void **state)
{
	uint8_t in[3] = { 0xf9 }, out[9];
	struct cbor_reader r;
	struct cbor_item item;
	struct cbor_writer w;

	(void)state;
	for (unsigned h = 0; h <= 0xffff; h++) {
		in[1] = (uint8_t)(h >> 8);
		in[2] = (uint8_t)h;
		cbor_reader_init(&r, bytes_of(in, sizeof(in)));
		assert_true(cbor_next(&r, &item));
		cbor_writer_fixed(&w, out, sizeof(out));
		cbor_put_double(&w, item.number);
		assert_int_equal(w.len, 3);
		if (isnan(item.number)) {
			assert_memory_equal(out, "\xf9\x7e\x00", 3);
			assert_int_equal(item.preferred, h == 0x7e00);
		} else {
			assert_memory_equal(out, in, 3);
			assert_true(item.preferred);
		}
	}
}

static void
put_all(struct cbor_writer *w)
{
	cbor_put_array(w, 4);
	cbor_put_str(w, "a text of some length, longer than what fits a head");
	cbor_put_double(w, 1.1);
	cbor_put_tag24(w, bytes_of("\xf6", 1));
	cbor_put_uint(w, 1000);
}

/* A buffer of each size: all or an error, and never a byte too far. */
static void
test_fixed(void **state)
{
	uint8_t buf[128];
	struct cbor_writer w;
	size_t all;

	(void)state;
	cbor_writer_fixed(&w, buf, sizeof(buf));
	put_all(&w);
	assert_int_equal(w.error, CBOR_OK);
	all = w.len;
	assert_int_equal(cbor_check(bytes_of(buf, all), NULL), CBOR_OK);
	for (size_t cap = 0; cap <= all; cap++) {
		memset(buf, 0xee, sizeof(buf));
		cbor_writer_fixed(&w, buf, cap);
		put_all(&w);
		assert_int_equal(w.error, cap < all ? CBOR_E_MEMORY : CBOR_OK);
		assert_true(w.len <= cap);
		for (size_t i = cap; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xee);
	}
	/* Nothing is written after an error, even if it would fit. */
	cbor_writer_fixed(&w, buf, 4);
	cbor_put_str(&w, "abcd");
	assert_int_equal(w.error, CBOR_E_MEMORY);
	assert_true(w.len <= 1);
	all = w.len;
	cbor_put_null(&w);
	assert_int_equal(w.len, all);
	cbor_writer_fixed(&w, NULL, 0);
	cbor_put_null(&w);
	assert_int_equal(w.error, CBOR_E_MEMORY);
}

/* Each allocation fails once; the error stays until the end. */
static void
test_no_memory(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	unsigned long n;

	(void)state;
	for (n = 1;; n++) {
		cbor_writer_init(&w, &b);
		failmalloc_arm(n);
		for (int i = 0; i < 100; i++)
			put_all(&w);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(w.error, CBOR_E_MEMORY);
		assert_int_equal(w.len, b.len);
		blob_reset(&b);
	}
	assert_true(n > 5);
	assert_int_equal(w.error, CBOR_OK);
	assert_int_equal(w.len, b.len);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_ints),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_all_halves),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
