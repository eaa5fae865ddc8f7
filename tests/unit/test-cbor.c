/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/cbor.h"
#include "tests/support/vectors.h"

/* ---- RFC 8949 appendix A: one item each, of definite length */

static const struct {
	const char *hex;
	enum cbor_kind kind;
	uint64_t value; /* integers, tags, counts, simple values, lengths */
	double number;
	bool longer; /* the head could be shorter */
} examples[] = {
	{ "00", CBOR_KIND_UINT, 0, 0, false },
	{ "01", CBOR_KIND_UINT, 1, 0, false },
	{ "0a", CBOR_KIND_UINT, 10, 0, false },
	{ "17", CBOR_KIND_UINT, 23, 0, false },
	{ "1818", CBOR_KIND_UINT, 24, 0, false },
	{ "1819", CBOR_KIND_UINT, 25, 0, false },
	{ "1864", CBOR_KIND_UINT, 100, 0, false },
	{ "1903e8", CBOR_KIND_UINT, 1000, 0, false },
	{ "1a000f4240", CBOR_KIND_UINT, 1000000, 0, false },
	{ "1b000000e8d4a51000", CBOR_KIND_UINT, 1000000000000, 0, false },
	{ "1bffffffffffffffff", CBOR_KIND_UINT, UINT64_MAX, 0, false },
	{ "c249010000000000000000", CBOR_KIND_TAG, 2, 0, false },
	{ "3bffffffffffffffff", CBOR_KIND_NINT, UINT64_MAX, 0, false },
	{ "c349010000000000000000", CBOR_KIND_TAG, 3, 0, false },
	{ "20", CBOR_KIND_NINT, 0, 0, false },
	{ "29", CBOR_KIND_NINT, 9, 0, false },
	{ "3863", CBOR_KIND_NINT, 99, 0, false },
	{ "3903e7", CBOR_KIND_NINT, 999, 0, false },
	{ "f90000", CBOR_KIND_FLOAT, 0, 0.0, false },
	{ "f98000", CBOR_KIND_FLOAT, 0, -0.0, false },
	{ "f93c00", CBOR_KIND_FLOAT, 0, 1.0, false },
	{ "fb3ff199999999999a", CBOR_KIND_FLOAT, 0, 1.1, false },
	{ "f93e00", CBOR_KIND_FLOAT, 0, 1.5, false },
	{ "f97bff", CBOR_KIND_FLOAT, 0, 65504.0, false },
	{ "fa47c35000", CBOR_KIND_FLOAT, 0, 100000.0, false },
	{ "fa7f7fffff", CBOR_KIND_FLOAT, 0, 3.4028234663852886e+38, false },
	{ "fb7e37e43c8800759c", CBOR_KIND_FLOAT, 0, 1.0e+300, false },
	{ "f90001", CBOR_KIND_FLOAT, 0, 5.960464477539063e-8, false },
	{ "f90400", CBOR_KIND_FLOAT, 0, 0.00006103515625, false },
	{ "f9c400", CBOR_KIND_FLOAT, 0, -4.0, false },
	{ "fbc010666666666666", CBOR_KIND_FLOAT, 0, -4.1, false },
	{ "f97c00", CBOR_KIND_FLOAT, 0, INFINITY, false },
	{ "f97e00", CBOR_KIND_FLOAT, 0, NAN, false },
	{ "f9fc00", CBOR_KIND_FLOAT, 0, -INFINITY, false },
	{ "fa7f800000", CBOR_KIND_FLOAT, 0, INFINITY, true },
	{ "fa7fc00000", CBOR_KIND_FLOAT, 0, NAN, true },
	{ "faff800000", CBOR_KIND_FLOAT, 0, -INFINITY, true },
	{ "fb7ff0000000000000", CBOR_KIND_FLOAT, 0, INFINITY, true },
	{ "fb7ff8000000000000", CBOR_KIND_FLOAT, 0, NAN, true },
	{ "fbfff0000000000000", CBOR_KIND_FLOAT, 0, -INFINITY, true },
	{ "f4", CBOR_KIND_BOOL, 0, 0, false },
	{ "f5", CBOR_KIND_BOOL, 1, 0, false },
	{ "f6", CBOR_KIND_NULL, 0, 0, false },
	{ "f7", CBOR_KIND_UNDEFINED, 0, 0, false },
	{ "f0", CBOR_KIND_SIMPLE, 16, 0, false },
	{ "f8ff", CBOR_KIND_SIMPLE, 255, 0, false },
	{ "c074323031332d30332d32315432303a30343a30305a", CBOR_KIND_TAG, 0, 0,
	    false },
	{ "c11a514b67b0", CBOR_KIND_TAG, 1, 0, false },
	{ "c1fb41d452d9ec200000", CBOR_KIND_TAG, 1, 0, false },
	{ "d74401020304", CBOR_KIND_TAG, 23, 0, false },
	{ "d818456449455446", CBOR_KIND_TAG, 24, 0, false },
	{ "d82076687474703a2f2f7777772e6578616d706c652e636f6d", CBOR_KIND_TAG,
	    32, 0, false },
	{ "40", CBOR_KIND_BSTR, 0, 0, false },
	{ "4401020304", CBOR_KIND_BSTR, 4, 0, false },
	{ "60", CBOR_KIND_TSTR, 0, 0, false },
	{ "6161", CBOR_KIND_TSTR, 1, 0, false },
	{ "6449455446", CBOR_KIND_TSTR, 4, 0, false },
	{ "62225c", CBOR_KIND_TSTR, 2, 0, false },
	{ "62c3bc", CBOR_KIND_TSTR, 2, 0, false },
	{ "63e6b0b4", CBOR_KIND_TSTR, 3, 0, false },
	{ "64f0908591", CBOR_KIND_TSTR, 4, 0, false },
	{ "80", CBOR_KIND_ARRAY, 0, 0, false },
	{ "83010203", CBOR_KIND_ARRAY, 3, 0, false },
	{ "8301820203820405", CBOR_KIND_ARRAY, 3, 0, false },
	{ "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
	    CBOR_KIND_ARRAY, 25, 0, false },
	{ "a0", CBOR_KIND_MAP, 0, 0, false },
	{ "a201020304", CBOR_KIND_MAP, 2, 0, false },
	{ "a26161016162820203", CBOR_KIND_MAP, 2, 0, false },
	{ "826161a161626163", CBOR_KIND_ARRAY, 2, 0, false },
	{ "a56161614161626142616361436164614461656145", CBOR_KIND_MAP, 5, 0,
	    false },
	/* Not of appendix A: forms that are longer than need be. */
	{ "1800", CBOR_KIND_UINT, 0, 0, true },
	{ "1817", CBOR_KIND_UINT, 23, 0, true },
	{ "1900ff", CBOR_KIND_UINT, 255, 0, true },
	{ "190100", CBOR_KIND_UINT, 256, 0, false },
	{ "1a0000ffff", CBOR_KIND_UINT, 65535, 0, true },
	{ "1a00010000", CBOR_KIND_UINT, 65536, 0, false },
	{ "1b00000000ffffffff", CBOR_KIND_UINT, 0xffffffff, 0, true },
	{ "1b0000000100000000", CBOR_KIND_UINT, 0x100000000, 0, false },
	{ "3800", CBOR_KIND_NINT, 0, 0, true },
	{ "3b0000000000000000", CBOR_KIND_NINT, 0, 0, true },
	{ "580101", CBOR_KIND_BSTR, 1, 0, true },
	{ "5a0000000101", CBOR_KIND_BSTR, 1, 0, true },
	{ "78026162", CBOR_KIND_TSTR, 2, 0, true },
	{ "7b0000000000000000", CBOR_KIND_TSTR, 0, 0, true },
	{ "980101", CBOR_KIND_ARRAY, 1, 0, true },
	{ "9a00000000", CBOR_KIND_ARRAY, 0, 0, true },
	{ "b90000", CBOR_KIND_MAP, 0, 0, true },
	{ "d80100", CBOR_KIND_TAG, 1, 0, true },
	{ "d90400f6", CBOR_KIND_TAG, 1024, 0, false },
	{ "f97e01", CBOR_KIND_FLOAT, 0, NAN, true },
	{ "fa3fc00000", CBOR_KIND_FLOAT, 0, 1.5, true },
	{ "fb3ff8000000000000", CBOR_KIND_FLOAT, 0, 1.5, true },
	{ "fb40f86a0000000000", CBOR_KIND_FLOAT, 0, 100000.0, true },
	/* What libcbor 0.8 does not know. */
	{ "c600", CBOR_KIND_TAG, 6, 0, false },
	{ "d2f6", CBOR_KIND_TAG, 18, 0, false },
	{ "d1f6", CBOR_KIND_TAG, 17, 0, false },
	{ "d400", CBOR_KIND_TAG, 20, 0, false },
	{ "e0", CBOR_KIND_SIMPLE, 0, 0, false },
	{ "f3", CBOR_KIND_SIMPLE, 19, 0, false },
	{ "f820", CBOR_KIND_SIMPLE, 32, 0, false },
};

static bool
same_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
test_examples(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(examples); i++) {
		struct cbor_reader r;
		struct cbor_item item, peeked;
		struct bytes span;

		vectors_hex(examples[i].hex, &b);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(cbor_peek(&r, &peeked));
		assert_int_equal(cbor_offset(&r), 0);
		assert_true(cbor_next(&r, &item));
		assert_int_equal(item.kind, peeked.kind);
		assert_int_equal(item.kind, examples[i].kind);
		assert_int_equal(item.value, examples[i].value);
		assert_true(same_number(item.number, examples[i].number));
		assert_int_equal(item.preferred, !examples[i].longer);
		assert_false(item.indefinite);
		assert_int_equal(item.offset, 0);
		if (item.kind == CBOR_KIND_BSTR ||
		    item.kind == CBOR_KIND_TSTR) {
			assert_int_equal(item.str.len, item.value);
			assert_ptr_equal(item.str.ptr, b.ptr + item.head_len);
		} else {
			assert_true(bytes_is_null(item.str));
		}
		assert_int_equal(cbor_offset(&r), item.head_len + item.str.len);
		assert_int_equal(cbor_check(blob_bytes(&b), NULL), CBOR_OK);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(cbor_skip(&r, &span));
		assert_true(bytes_equal(span, blob_bytes(&b)));
	}
	blob_reset(&b);
}

/* ---- getters */

/* A reader of a literal; the bytes live until the next call. */
static void
reader_of(struct cbor_reader *r, struct blob *b, const char *hex)
{
	vectors_hex(hex, b);
	cbor_reader_init(r, blob_bytes(b));
}

static void
test_getters(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct bytes s, whole;
	uint64_t u;
	int64_t i;
	bool v;

	(void)state;
	reader_of(&r, &b,
	    "1903e8 3903e7 07 1b7fffffffffffffff 3b7fffffffffffffff"
	    "43010203 63616263 f4 f5 f6 d90400 d81842 0102");
	assert_true(cbor_get_uint(&r, &u));
	assert_int_equal(u, 1000);
	assert_true(cbor_get_int(&r, &i));
	assert_int_equal(i, -1000);
	assert_true(cbor_get_int(&r, &i));
	assert_int_equal(i, 7);
	assert_true(cbor_get_int(&r, &i));
	assert_true(i == INT64_MAX);
	assert_true(cbor_get_int(&r, &i));
	assert_true(i == INT64_MIN);
	assert_true(cbor_get_bstr(&r, &s));
	assert_true(bytes_equal(s, bytes_of("\1\2\3", 3)));
	assert_ptr_equal(s.ptr, r.ptr - 3);
	assert_true(cbor_get_tstr(&r, &s));
	assert_true(bytes_equal_str(s, "abc"));
	assert_true(cbor_get_bool(&r, &v));
	assert_false(v);
	assert_true(cbor_get_bool(&r, &v));
	assert_true(v);
	assert_true(cbor_get_null(&r));
	assert_true(cbor_get_tag(&r, &u));
	assert_int_equal(u, 1024);
	assert_true(cbor_get_tag24(&r, &s, &whole));
	assert_true(bytes_equal(s, bytes_of("\1\2", 2)));
	assert_true(bytes_equal(whole, bytes_of("\xd8\x18\x42\1\2", 5)));
	assert_true(cbor_at_end(&r));
	assert_true(cbor_finish(&r));
	assert_int_equal(r.depth, 0);
	reader_of(&r, &b, "d81840 d8185801ff");
	assert_true(cbor_get_tag24(&r, NULL, NULL));
	assert_true(cbor_get_tag24(&r, NULL, &whole));
	assert_int_equal(whole.len, 5);
	blob_reset(&b);
}

enum getter {
	GET_UINT,
	GET_INT,
	GET_BSTR,
	GET_TSTR,
	GET_BOOL,
	GET_NULL,
	GET_TAG,
	GET_TAG24,
	GET_ARRAY,
	GET_ARRAY_OF_2,
	GET_MAP,
	GET_COUNT
};

/* Whatever fails leaves its outputs alone. */
static bool
get(struct cbor_reader *r, enum getter getter)
{
	struct bytes s = BYTES_NULL, whole = BYTES_NULL;
	struct cbor_map m;
	uint64_t u = 99;
	int64_t i = 99;
	bool v = true, good = false;

	switch (getter) {
	case GET_UINT:
		good = cbor_get_uint(r, &u);
		break;
	case GET_INT:
		good = cbor_get_int(r, &i);
		break;
	case GET_BSTR:
		good = cbor_get_bstr(r, &s);
		break;
	case GET_TSTR:
		good = cbor_get_tstr(r, &s);
		break;
	case GET_BOOL:
		good = cbor_get_bool(r, &v);
		break;
	case GET_NULL:
		good = cbor_get_null(r);
		break;
	case GET_TAG:
		good = cbor_get_tag(r, &u);
		break;
	case GET_TAG24:
		good = cbor_get_tag24(r, &s, &whole);
		break;
	case GET_ARRAY:
		good = cbor_enter_array(r, &u);
		break;
	case GET_ARRAY_OF_2:
		good = cbor_enter_array_of(r, 2);
		break;
	case GET_MAP:
		good = cbor_enter_map(r, &m);
		break;
	case GET_COUNT:
	default:
		fail();
	}
	if (!good) {
		assert_int_equal(u, 99);
		assert_int_equal(i, 99);
		assert_true(v);
		assert_true(bytes_is_null(s) && bytes_is_null(whole));
	}
	return good;
}

static void
test_wrong_type(void **state)
{
	/* The getters that take it; all others say CBOR_E_TYPE. */
	static const struct {
		const char *hex;
		unsigned takers;
	} cases[] = {
		{ "01", 1 << GET_UINT | 1 << GET_INT },
		{ "1903e8", 1 << GET_UINT | 1 << GET_INT },
		{ "20", 1 << GET_INT },
		{ "40", 1 << GET_BSTR },
		{ "60", 1 << GET_TSTR },
		{ "f4", 1 << GET_BOOL },
		{ "f6", 1 << GET_NULL },
		{ "f7", 0 },
		{ "f0", 0 },
		{ "f93c00", 0 },
		{ "c100", 1 << GET_TAG },
		{ "820000", 1 << GET_ARRAY | 1 << GET_ARRAY_OF_2 },
		{ "a0", 1 << GET_MAP },
	};
	struct blob b = BLOB_INIT;
	struct cbor_reader r;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		for (unsigned g = 0; g < GET_COUNT; g++) {
			bool want = (cases[i].takers & 1U << g) != 0;

			reader_of(&r, &b, "f6");
			assert_true(blob_append(&b, "", 0));
			vectors_hex(cases[i].hex, &b);
			cbor_reader_init(&r, blob_bytes(&b));
			assert_int_equal(get(&r, (enum getter)g), want);
			assert_int_equal(r.error, want ? CBOR_OK : CBOR_E_TYPE);
			assert_int_equal(r.error_offset, 0);
			assert_null(r.error_what);
		}
	}
	/* At the end of the input there is no type at all. */
	for (unsigned g = 0; g < GET_COUNT; g++) {
		cbor_reader_init(&r, BYTES_NULL);
		assert_false(get(&r, (enum getter)g));
		assert_int_equal(r.error, CBOR_E_TRUNCATED);
		assert_int_equal(r.error_offset, 0);
	}
	blob_reset(&b);
}

static void
test_wrong_value(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct bytes s;
	int64_t i;

	(void)state;
	reader_of(&r, &b, "001b8000000000000000");
	assert_true(cbor_get_int(&r, &i));
	assert_false(cbor_get_int(&r, &i));
	assert_int_equal(r.error, CBOR_E_RANGE);
	assert_int_equal(r.error_offset, 1);
	reader_of(&r, &b, "3b8000000000000000");
	assert_false(cbor_get_int(&r, &i));
	assert_int_equal(r.error, CBOR_E_RANGE);
	reader_of(&r, &b, "83000000");
	assert_false(cbor_enter_array_of(&r, 2));
	assert_int_equal(r.error, CBOR_E_RANGE);
	assert_int_equal(r.error_offset, 0);
	/* Not tag 24, and tag 24 around no byte string. */
	reader_of(&r, &b, "00d81740");
	assert_true(cbor_skip(&r, NULL));
	assert_false(cbor_get_tag24(&r, &s, NULL));
	assert_int_equal(r.error, CBOR_E_TYPE);
	assert_int_equal(r.error_offset, 1);
	reader_of(&r, &b, "d81860");
	assert_false(cbor_get_tag24(&r, &s, NULL));
	assert_int_equal(r.error, CBOR_E_TYPE);
	assert_int_equal(r.error_offset, 2);
	blob_reset(&b);
}

/* The getters want a length, also of a lenient reader. */
static void
test_lenient_getters(void **state)
{
	static const struct {
		const char *hex;
		enum getter getter;
	} cases[] = {
		{ "5f4101ff", GET_BSTR },
		{ "7f6161ff", GET_TSTR },
		{ "d8185f4101ff", GET_TAG24 },
		{ "9f01ff", GET_ARRAY },
		{ "9f0101ff", GET_ARRAY_OF_2 },
		{ "bf0101ff", GET_MAP },
	};
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_item item;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		reader_of(&r, &b, cases[i].hex);
		r.lenient = true;
		assert_false(get(&r, cases[i].getter));
		assert_int_equal(r.error, CBOR_E_INDEFINITE);
		assert_int_equal(r.error_offset,
		    cases[i].getter == GET_TAG24 ? 2 : 0);
	}
	reader_of(&r, &b, "9f01ff");
	r.lenient = true;
	assert_true(cbor_next(&r, &item));
	assert_int_equal(item.kind, CBOR_KIND_ARRAY);
	assert_true(item.indefinite);
	assert_int_equal(item.value, 0);
	assert_false(item.preferred);
	assert_true(cbor_next(&r, &item));
	assert_true(cbor_next(&r, &item));
	assert_int_equal(item.kind, CBOR_KIND_BREAK);
	assert_false(item.indefinite);
	blob_reset(&b);
}

/* ---- errors stick */

static void
test_sticky(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_item item;
	struct bytes s;

	(void)state;
	reader_of(&r, &b, "82 01 40");
	assert_true(cbor_expect(&r, "nothing yet"));
	assert_null(r.error_what);
	assert_true(cbor_enter_array_of(&r, 2));
	assert_false(cbor_get_bstr(&r, &s));
	assert_int_equal(r.error_offset, 1);
	for (unsigned g = 0; g < GET_COUNT; g++)
		assert_false(get(&r, (enum getter)g));
	assert_false(cbor_peek(&r, &item));
	assert_false(cbor_next(&r, &item));
	assert_false(cbor_skip(&r, &s));
	assert_false(cbor_finish(&r));
	assert_false(cbor_fail(&r, CBOR_E_MISSING, 77, "another"));
	assert_false(cbor_expect(&r, "first: byte string"));
	assert_false(cbor_expect(&r, "later"));
	assert_int_equal(r.error, CBOR_E_TYPE);
	assert_int_equal(r.error_offset, 1);
	assert_string_equal(r.error_what, "first: byte string");

	reader_of(&r, &b, "a0");
	assert_false(cbor_fail(&r, CBOR_E_MISSING, 0, "docType: missing"));
	assert_false(cbor_skip(&r, NULL));
	assert_int_equal(r.error, CBOR_E_MISSING);
	assert_string_equal(r.error_what, "docType: missing");

	reader_of(&r, &b, "0102");
	assert_true(cbor_next(&r, &item));
	assert_false(cbor_finish(&r));
	assert_int_equal(r.error, CBOR_E_TRAILING);
	assert_int_equal(r.error_offset, 1);
	assert_false(cbor_finish(&r));
	blob_reset(&b);
}

/* ---- readers in readers */

static void
test_nested(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r, in;
	struct bytes content;
	struct cbor_item item;
	uint64_t u;

	(void)state;
	/* [24(<<[1, "x", 24(<<false>>)]>>), 2] */
	reader_of(&r, &b, "82d818488301 6178 d81841f4 02");
	assert_true(cbor_enter_array_of(&r, 2));
	assert_true(cbor_get_tag24(&r, &content, NULL));
	assert_int_equal(content.len, 8);
	cbor_reader_nested(&in, &r, content);
	assert_int_equal(in.depth, 2);
	assert_int_equal(cbor_offset(&in), 4);
	assert_true(cbor_enter_array_of(&in, 3));
	assert_true(cbor_get_uint(&in, &u));
	assert_false(cbor_get_uint(&in, &u));
	assert_int_equal(in.error_offset, 6);
	assert_false(cbor_expect(&in, "second: unsigned integer"));
	assert_true(r.error == CBOR_OK);
	assert_false(cbor_reader_leave(&r, &in));
	assert_int_equal(r.error, CBOR_E_TYPE);
	assert_int_equal(r.error_offset, 6);
	assert_string_equal(r.error_what, "second: unsigned integer");
	assert_false(cbor_get_uint(&r, &u));
	/* A reader nested in one with an error has that error. */
	cbor_reader_nested(&in, &r, content);
	assert_false(cbor_next(&in, &item));
	assert_int_equal(in.error_offset, 6);

	/* Without an error: what it counted goes back. */
	reader_of(&r, &b, "82d818488301 6178 d81841f4 02");
	assert_true(cbor_enter_array_of(&r, 2));
	assert_true(cbor_get_tag24(&r, &content, NULL));
	cbor_reader_nested(&in, &r, content);
	assert_true(cbor_skip(&in, NULL) && cbor_finish(&in));
	assert_true(cbor_reader_leave(&r, &in));
	assert_int_equal(r.items_left, CBOR_MAX_ITEMS - 8);
	assert_true(cbor_get_uint(&r, &u));
	cbor_leave(&r);
	assert_int_equal(r.depth, 0);
	cbor_leave(&r);
	assert_int_equal(r.depth, 0);
	assert_true(cbor_finish(&r));

	/* The reader ends where the string does. */
	reader_of(&r, &b, "4182 0102");
	assert_true(cbor_get_bstr(&r, &content));
	cbor_reader_nested(&in, &r, content);
	assert_false(cbor_skip(&in, NULL));
	assert_int_equal(in.error, CBOR_E_ITEMS);
	assert_int_equal(in.error_offset, 1);
	/* An absent span is an empty one. */
	reader_of(&r, &b, "00");
	cbor_reader_nested(&in, &r, BYTES_NULL);
	assert_true(cbor_at_end(&in));
	assert_true(cbor_finish(&in));
	assert_true(cbor_reader_leave(&r, &in));
	blob_reset(&b);
}

/* Readers, open arrays and open maps count alike: 24 and no more. */
static void
test_depth(void **state)
{
	struct cbor_reader r[CBOR_MAX_DEPTH + 2];
	uint8_t arrays[CBOR_MAX_DEPTH + 1];
	struct bytes in;
	uint64_t n;

	(void)state;
	memset(arrays, 0x81, sizeof(arrays));
	in = bytes_of(arrays, sizeof(arrays));
	arrays[sizeof(arrays) - 1] = 0x80;
	cbor_reader_init(&r[0], in);
	for (int i = 0; i < CBOR_MAX_DEPTH; i++)
		assert_true(cbor_enter_array(&r[0], &n));
	assert_false(cbor_enter_array(&r[0], &n));
	assert_int_equal(r[0].error, CBOR_E_DEPTH);
	assert_int_equal(r[0].error_offset, CBOR_MAX_DEPTH);

	cbor_reader_init(&r[0], in);
	for (int i = 0; i < CBOR_MAX_DEPTH; i++) {
		cbor_reader_nested(&r[i + 1], &r[i], in);
		assert_int_equal(r[i + 1].error, CBOR_OK);
	}
	assert_false(cbor_enter_array(&r[CBOR_MAX_DEPTH], &n));
	assert_int_equal(r[CBOR_MAX_DEPTH].error, CBOR_E_DEPTH);
	assert_int_equal(r[CBOR_MAX_DEPTH].error_offset, 0);
	r[CBOR_MAX_DEPTH].error = CBOR_OK;
	cbor_reader_nested(&r[CBOR_MAX_DEPTH + 1], &r[CBOR_MAX_DEPTH],
	    bytes_of(arrays + 3, 1));
	assert_int_equal(r[CBOR_MAX_DEPTH + 1].error, CBOR_E_DEPTH);
	assert_int_equal(r[CBOR_MAX_DEPTH + 1].error_offset, 3);
	/* Skipping starts from the depth of the reader. */
	cbor_reader_init(&r[0], bytes_of(arrays + 1, CBOR_MAX_DEPTH));
	r[0].depth = 1;
	assert_false(cbor_skip(&r[0], NULL));
	assert_int_equal(r[0].error, CBOR_E_DEPTH);
	assert_int_equal(r[0].error_offset, CBOR_MAX_DEPTH - 1);
}

static void
test_names(void **state)
{
	(void)state;
	for (int e = CBOR_OK; e <= CBOR_E_MEMORY; e++) {
		const char *name = cbor_error_name((enum cbor_error)e);

		assert_true(strlen(name) > 0);
		assert_string_not_equal(name, "unknown");
		for (int other = CBOR_OK; other < e; other++)
			assert_string_not_equal(name,
			    cbor_error_name((enum cbor_error)other));
	}
	for (int k = CBOR_KIND_UINT; k <= CBOR_KIND_BREAK; k++) {
		const char *name = cbor_kind_name((enum cbor_kind)k);

		assert_true(strlen(name) > 0);
		assert_string_not_equal(name, "unknown");
	}
	assert_string_equal(cbor_error_name((enum cbor_error)(CBOR_E_MEMORY +
				1)),
	    "unknown");
	assert_string_equal(cbor_kind_name((enum cbor_kind)(CBOR_KIND_BREAK +
				1)),
	    "unknown");
	assert_string_equal(cbor_error_name(CBOR_E_TRUNCATED), "truncated");
	assert_string_equal(cbor_error_name(CBOR_E_DUPLICATE),
	    "duplicate map key");
	assert_string_equal(cbor_kind_name(CBOR_KIND_BSTR), "byte string");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_wrong_type),
		cmocka_unit_test(test_wrong_value),
		cmocka_unit_test(test_lenient_getters),
		cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
