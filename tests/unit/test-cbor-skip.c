/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/cbor.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

/* ---- errors: of a strict and of a lenient reader, with their offsets */

static const struct {
	const char *hex;
	enum cbor_error strict;
	size_t strict_at;
	enum cbor_error lenient;
	size_t lenient_at;
} failures[] = {
	{ "", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	/* RFC 8949 appendix A, the indefinite part */
	{ "5f42010243030405ff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "7f657374726561646d696e67ff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "9fff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "9f018202039f0405ffff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "9f01820203820405ff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "83018202039f0405ff", CBOR_E_INDEFINITE, 5, CBOR_OK, 0 },
	{ "83019f0203ff820405", CBOR_E_INDEFINITE, 2, CBOR_OK, 0 },
	{ "bf61610161629f0203ffff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "826161bf61626163ff", CBOR_E_INDEFINITE, 3, CBOR_OK, 0 },
	{ "bf6346756ef563416d7421ff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "5fff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "bfff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	{ "a1015f4101ff", CBOR_E_INDEFINITE, 2, CBOR_OK, 0 },
	{ "bf5f4101ff02ff", CBOR_E_INDEFINITE, 0, CBOR_OK, 0 },
	/* RFC 8949 appendix F: the input ends in a head */
	{ "18", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "19", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "1a", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "1b", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "1901", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "1a0102", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "1b01020304050607", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "38", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "58", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "78", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "98", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "9a01ff00", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "b8", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "d8", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "f8", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "f900", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "fa0000", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "fb000000", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	/* ... in a string */
	{ "41", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "61", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "5affffffff00", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "5bffffffffffffffff010203", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED,
	    0 },
	{ "7affffffff00", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "7b7fffffffffffffff010203", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED,
	    0 },
	{ "8258030102", CBOR_E_TRUNCATED, 1, CBOR_E_TRUNCATED, 1 },
	{ "5903e80102", CBOR_E_TRUNCATED, 0, CBOR_E_TRUNCATED, 0 },
	{ "8241016201", CBOR_E_TRUNCATED, 3, CBOR_E_TRUNCATED, 3 },
	/* ... in an array or a map: there are fewer bytes than items */
	{ "81", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "818181818181818181", CBOR_E_ITEMS, 8, CBOR_E_ITEMS, 8 },
	{ "8200", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "a1", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "a20102", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "a100", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "a2000000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "8241aa", CBOR_E_TRUNCATED, 3, CBOR_E_TRUNCATED, 3 },
	{ "9affffffff0000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "9bffffffffffffffff0000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "bb8000000000000000000000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "bbffffffffffffffff000000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "9903e800", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "b8ff0000", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	/* The case that makes cbor_load ask for 50 GB. */
	{ "82bababababababa2e", CBOR_E_ITEMS, 1, CBOR_E_ITEMS, 1 },
	/* ... after a tag */
	{ "c0", CBOR_E_TRUNCATED, 1, CBOR_E_TRUNCATED, 1 },
	{ "d818", CBOR_E_TRUNCATED, 2, CBOR_E_TRUNCATED, 2 },
	/* ... in something indefinite */
	{ "5f4100", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 3 },
	{ "7f6100", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 3 },
	{ "9f", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 1 },
	{ "9f0102", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 3 },
	{ "bf", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 1 },
	{ "bf01020102", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 5 },
	{ "819f", CBOR_E_INDEFINITE, 1, CBOR_E_TRUNCATED, 2 },
	{ "9f8000", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 3 },
	{ "9f9f9f9f9fffffffff", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 9 },
	{ "9f819f819f9fffffff", CBOR_E_INDEFINITE, 0, CBOR_E_TRUNCATED, 9 },
	/* reserved additional information */
	{ "1c", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "1d", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "1e", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "1f", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "3c", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "3f", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "5c", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "7d", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "9e", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "bc", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "dc", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "df", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "fc", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "fd", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "fe", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "83001c00", CBOR_E_MALFORMED, 2, CBOR_E_MALFORMED, 2 },
	/* simple values in two bytes that have one */
	{ "f800", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "f801", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "f818", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "f81f", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	/* chunks of another type, or indefinite themselves */
	{ "5f00ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5f21ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5f6100ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5f80ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5fa0ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5fc000ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5fe0ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "7f4100ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "5f410000ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 3 },
	{ "5f5f4100ffff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	{ "7f7f6100ffff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 1 },
	/* a break where nothing indefinite is open */
	{ "ff", CBOR_E_MALFORMED, 0, CBOR_E_MALFORMED, 0 },
	{ "81ff", CBOR_E_MALFORMED, 1, CBOR_E_MALFORMED, 1 },
	{ "8200ff", CBOR_E_MALFORMED, 2, CBOR_E_MALFORMED, 2 },
	{ "a1ff00", CBOR_E_MALFORMED, 1, CBOR_E_MALFORMED, 1 },
	{ "a100ff", CBOR_E_MALFORMED, 2, CBOR_E_MALFORMED, 2 },
	{ "a1ff", CBOR_E_ITEMS, 0, CBOR_E_ITEMS, 0 },
	{ "c0ff", CBOR_E_MALFORMED, 1, CBOR_E_MALFORMED, 1 },
	{ "9f81ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 2 },
	{ "9f829f819f9fffffffff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 9 },
	{ "9fc0ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 2 },
	/* ... between key and value */
	{ "bf00ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 2 },
	{ "bf000000ff", CBOR_E_INDEFINITE, 0, CBOR_E_MALFORMED, 4 },
	/* text: the first ill-formed sequence */
	{ "61ff", CBOR_E_UTF8, 1, CBOR_E_UTF8, 1 },
	{ "6461c3bcc3", CBOR_E_UTF8, 4, CBOR_E_UTF8, 4 },
	{ "8263eda08000", CBOR_E_UTF8, 2, CBOR_E_UTF8, 2 },
	{ "62c0af", CBOR_E_UTF8, 1, CBOR_E_UTF8, 1 },
	{ "79000361ff61", CBOR_E_UTF8, 4, CBOR_E_UTF8, 4 },
	{ "7a0000000361ff61", CBOR_E_UTF8, 6, CBOR_E_UTF8, 6 },
	{ "7a0000000361c3bc", CBOR_OK, 0, CBOR_OK, 0 },
	{ "7f61ffff", CBOR_E_INDEFINITE, 0, CBOR_E_UTF8, 2 },
	/* a character may not be spread over two chunks */
	{ "7f61c361bcff", CBOR_E_INDEFINITE, 0, CBOR_E_UTF8, 2 },
	/* keys */
	{ "a2010001 00", CBOR_E_DUPLICATE, 3, CBOR_OK, 0 },
	{ "82a0a2616100616100", CBOR_E_DUPLICATE, 6, CBOR_OK, 0 },
	/* more than one item */
	{ "0000", CBOR_E_TRAILING, 1, CBOR_OK, 0 },
	{ "8000", CBOR_E_TRAILING, 1, CBOR_OK, 0 },
	{ "830102030000", CBOR_E_TRAILING, 4, CBOR_OK, 0 },
	{ "80ff", CBOR_E_TRAILING, 1, CBOR_OK, 0 },
};

static void
test_failures(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(failures); i++) {
		enum cbor_error e;
		struct cbor_reader r;
		size_t at = 0;
		struct bytes span = BYTES_NULL;
		bool good;

		vectors_hex(failures[i].hex, &b);
		e = cbor_check(blob_bytes(&b), &at);
		if (e != failures[i].strict || at != failures[i].strict_at)
			fail_msg("%s: %s at %zu", failures[i].hex,
			    cbor_error_name(e), at);
		assert_int_equal(cbor_check(blob_bytes(&b), NULL), e);

		cbor_reader_init(&r, blob_bytes(&b));
		r.lenient = true;
		good = cbor_skip(&r, &span);
		if (r.error != failures[i].lenient ||
		    r.error_offset != failures[i].lenient_at)
			fail_msg("%s, lenient: %s at %zu", failures[i].hex,
			    cbor_error_name(r.error), r.error_offset);
		assert_int_equal(good, r.error == CBOR_OK);
		assert_int_equal(bytes_is_null(span), !good);
	}
	blob_reset(&b);
}

/* ---- limits */

static void
test_too_long(void **state)
{
	uint8_t *p = calloc(1, CBOR_MAX_SIZE + 1);
	struct cbor_reader r;
	struct cbor_item item;
	size_t at = 0;

	(void)state;
	assert_non_null(p);
	/* A string that fills the limit, to the byte. */
	p[0] = 0x5a;
	p[2] = 0xff;
	p[3] = 0xff;
	p[4] = 0xfb;
	assert_int_equal(cbor_check(bytes_of(p, CBOR_MAX_SIZE), &at), CBOR_OK);
	p[4] = 0xfc;
	assert_int_equal(cbor_check(bytes_of(p, CBOR_MAX_SIZE + 1), &at),
	    CBOR_E_SIZE);
	assert_int_equal(at, CBOR_MAX_SIZE);
	cbor_reader_init(&r, bytes_of(p, CBOR_MAX_SIZE + 1));
	assert_false(cbor_next(&r, &item));
	assert_false(cbor_finish(&r));
	free(p);
}

/* The items of a whole message are counted, in however many arrays. */
static void
test_too_many(void **state)
{
	uint8_t *p = calloc(1, CBOR_MAX_ITEMS + 32);
	size_t at = 0;

	(void)state;
	assert_non_null(p);
	p[0] = 0x9a; /* the array and 2^20 - 1 elements */
	p[2] = 0x0f;
	p[3] = p[4] = 0xff;
	assert_int_equal(cbor_check(bytes_of(p, 5 + CBOR_MAX_ITEMS - 1), &at),
	    CBOR_OK);
	p[2] = 0x10; /* one more */
	p[3] = p[4] = 0;
	assert_int_equal(cbor_check(bytes_of(p, 5 + CBOR_MAX_ITEMS), &at),
	    CBOR_E_ITEMS);
	assert_int_equal(at, 0);
	/* [[2^19 elements], [2^19 - 4 elements], 0]: one more than allowed */
	memset(p, 0, CBOR_MAX_ITEMS + 32);
	p[0] = 0x83;
	p[1] = 0x9a;
	p[3] = 0x08;
	p[6 + (1 << 19)] = 0x9a;
	p[6 + (1 << 19) + 2] = 0x07;
	p[6 + (1 << 19) + 3] = 0xff;
	p[6 + (1 << 19) + 4] = 0xfd;
	assert_int_equal(cbor_check(bytes_of(p, 11 + (1 << 20) - 3 + 1), &at),
	    CBOR_E_ITEMS);
	assert_int_equal(at, 11 + (1 << 20) - 3);
	p[6 + (1 << 19) + 4] = 0xfc;
	assert_int_equal(cbor_check(bytes_of(p, 11 + (1 << 20) - 4 + 1), &at),
	    CBOR_OK);
	free(p);
}

/* ---- each place where a message may be cut */

/* A bit of everything; arrays and maps of all lengths of head. */
static const char document[] =
    "a4"
    "6776657273696f6e63312e30" /* "version": "1.0" */
    "69646f63756d656e7473"     /* "documents": */
    "82a1187b1903e8"           /*   [{123: 1000}, */
    "d81845840102f6f5"         /*    24(<<[1, 2, null, true]>>)] */
    "26"                       /* -7: */
    "98195818000102030405060708090a0b0c0d0e0f1011121314151617"
    "1a000f42403903e7f93e00fa47c35000fb3ff199999999999af7f8ff" /* 7 */
    "000102030405060708090a0b0c0d0e0f10"                       /* 17 */
    "18ff"                                                     /* 255: */
    "b901"
    "00";

struct document {
	struct blob bytes;
	struct cbor_item heads[600];
	size_t count;
};

static void
document_make(struct document *d)
{
	struct cbor_writer w;
	struct cbor_reader r;

	*d = (struct document){ 0 };
	vectors_hex(document, &d->bytes);
	cbor_writer_init(&w, &d->bytes);
	/* The 256 pairs of the last map. */
	for (int i = 0; i < 256; i++) {
		cbor_put_int(&w, i);
		if (i % 2)
			cbor_put_str(&w, "text");
		else
			cbor_put_int(&w, -i * 1000);
	}
	assert_int_equal(w.error, CBOR_OK);
	cbor_reader_init(&r, blob_bytes(&d->bytes));
	while (!cbor_at_end(&r)) {
		assert_true(d->count < nitems(d->heads));
		assert_true(cbor_next(&r, &d->heads[d->count++]));
	}
	assert_int_equal(cbor_check(blob_bytes(&d->bytes), NULL), CBOR_OK);
}

/* What is wrong with the first n bytes, by the list of all heads. */
static enum cbor_error
cut_error(const struct document *d, size_t n, size_t *ret_at)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct cbor_item *head = &d->heads[i];
		size_t end = head->offset + head->head_len + head->str.len;
		uint64_t need = 0;

		*ret_at = head->offset;
		if (n < end)
			return CBOR_E_TRUNCATED;
		if (head->kind == CBOR_KIND_ARRAY)
			need = head->value;
		else if (head->kind == CBOR_KIND_MAP)
			need = 2 * head->value;
		if (n - end < need)
			return CBOR_E_ITEMS;
	}
	return CBOR_OK;
}

static void
test_cut(void **state)
{
	static struct document d;
	enum cbor_error e, want;
	size_t at, want_at;

	(void)state;
	document_make(&d);
	for (size_t n = 0; n < d.bytes.len; n++) {
		/* Exactly n bytes, for valgrind and ASan to watch over. */
		uint8_t *p = malloc(n > 0 ? n : 1);

		assert_non_null(p);
		memcpy(p, d.bytes.ptr, n);
		want = cut_error(&d, n, &want_at);
		assert_true(want != CBOR_OK);
		e = cbor_check(bytes_of(p, n), &at);
		if (e != want || at != want_at)
			fail_msg("cut at %zu: %s at %zu, not %s at %zu", n,
			    cbor_error_name(e), at, cbor_error_name(want),
			    want_at);
		free(p);
	}
	blob_reset(&d.bytes);
}

/* Reading allocates nothing, whatever it meets. */
static void
test_no_allocation(void **state)
{
	static struct document d;
	struct blob b = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	document_make(&d);
	cbor_writer_init(&w, &b);
	cbor_put_map(&w, 5000);
	for (int i = 0; i < 5000; i++) {
		cbor_put_int(&w, i * 7919 % 5003);
		cbor_put_null(&w);
	}
	failmalloc_arm(0);
	assert_int_equal(cbor_check(blob_bytes(&d.bytes), NULL), CBOR_OK);
	assert_int_equal(cbor_check(blob_bytes(&b), NULL), CBOR_OK);
	assert_int_equal(failmalloc_count(), 0);
	blob_reset(&b);
	blob_reset(&d.bytes);
}

/* ---- depth */

/* depth bytes that open something, and a null that fills all of it. */
static enum cbor_error
check_depth(const char *opener, size_t depth, size_t *ret_at)
{
	struct blob b = BLOB_INIT, one = BLOB_INIT;
	enum cbor_error e;

	vectors_hex(opener, &one);
	for (size_t i = 0; i < depth; i++)
		assert_true(blob_append_bytes(&b, blob_bytes(&one)));
	assert_true(blob_append_u8(&b, 0xf6));
	*ret_at = 0;
	e = cbor_check(blob_bytes(&b), ret_at);
	blob_reset(&one);
	blob_reset(&b);
	return e;
}

static void
test_depth(void **state)
{
	/* array, map at the value, tag, tag and array, tag in two bytes */
	static const struct {
		const char *opener;
		size_t levels;
	} cases[] = {
		{ "81", 1 },
		{ "a100", 1 },
		{ "c1", 1 },
		{ "d81881", 2 },
		{ "a10081", 2 },
	};

	size_t at, len;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		size_t most = CBOR_MAX_DEPTH / cases[i].levels;

		len = strlen(cases[i].opener) / 2;
		assert_int_equal(check_depth(cases[i].opener, most, &at),
		    CBOR_OK);
		assert_int_equal(check_depth(cases[i].opener, most + 1, &at),
		    CBOR_E_DEPTH);
		assert_int_equal(at, most * len);
		assert_int_equal(check_depth(cases[i].opener, 10000, &at),
		    CBOR_E_DEPTH);
		assert_int_equal(at, most * len);
	}
	/* In a key, where a million levels would be as many frames. */
	assert_int_equal(check_depth("a1", 100000, &at), CBOR_E_DEPTH);
	assert_int_equal(at, CBOR_MAX_DEPTH);
}

/* What is closed no longer counts. */
static void
test_depth_is_given_back(void **state)
{
	static const char *const siblings[] = {
		"8181818100",
		"a100a100a100a1008100",
		"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c100",
		"c1c181c1c181c1c100",
		"c181c181c1818180",
		"c1c1c140",
		"a181818100c181818100",
	};
	struct blob b = BLOB_INIT, one = BLOB_INIT;
	struct cbor_reader r;

	(void)state;
	for (size_t i = 0; i < nitems(siblings); i++) {
		vectors_hex(siblings[i], &one);
		vectors_hex("9903e8", &b);
		for (int n = 0; n < 1000; n++)
			assert_true(blob_append_bytes(&b, blob_bytes(&one)));
		assert_int_equal(cbor_check(blob_bytes(&b), NULL), CBOR_OK);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(cbor_skip(&r, NULL));
		assert_int_equal(r.depth, 0);
	}
	blob_reset(&one);
	blob_reset(&b);
}

/* Depth of indefinite items, which only a lenient reader opens. */
static void
test_depth_lenient(void **state)
{
	uint8_t p[CBOR_MAX_DEPTH + 1];
	struct cbor_reader r;

	(void)state;
	memset(p, 0x9f, sizeof(p));
	cbor_reader_init(&r, bytes_of(p, sizeof(p)));
	r.lenient = true;
	assert_false(cbor_skip(&r, NULL));
	assert_int_equal(r.error, CBOR_E_DEPTH);
	assert_int_equal(r.error_offset, CBOR_MAX_DEPTH);
}

/* ---- what is skipped, and where the reader stands afterwards */

static void
test_skip(void **state)
{
	struct blob b = BLOB_INIT;
	struct bytes span = BYTES_NULL;
	struct cbor_reader r;

	(void)state;
	vectors_hex("01 4161 8201a0 c1c101 d81841a0 a101820203 80 f93c00", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	static const size_t ends[] = { 1, 3, 6, 9, 13, 18, 19, 22 };
	for (size_t i = 0, start = 0; i < nitems(ends); i++) {
		assert_true(cbor_skip(&r, i % 2 ? &span : NULL));
		assert_int_equal(cbor_offset(&r), ends[i]);
		if (i % 2) {
			assert_ptr_equal(span.ptr, b.ptr + start);
			assert_int_equal(span.len, ends[i] - start);
		}
		start = ends[i];
	}
	assert_true(cbor_finish(&r));
	assert_false(cbor_skip(&r, &span));
	assert_int_equal(r.error, CBOR_E_TRUNCATED);
	assert_int_equal(r.error_offset, 22);
	blob_reset(&b);
}

/* Keys of all kinds are keys: integers and strings by what they are. */
static void
test_keys(void **state)
{
	static const struct {
		const char *hex;
		enum cbor_error e;
		size_t at;
	} cases[] = {
		{ "a2 01 00 02 00", CBOR_OK, 0 },
		{ "a2 02 00 01 00", CBOR_OK, 0 },
		{ "a2 01 00 1801 00", CBOR_E_DUPLICATE, 3 },
		{ "a2 1b0000000000000001 00 01 00", CBOR_E_DUPLICATE, 11 },
		{ "a2 20 00 3800 00", CBOR_E_DUPLICATE, 3 },
		{ "a2 00 00 20 00", CBOR_OK, 0 },
		{ "a2 20 00 00 00", CBOR_OK, 0 },
		{ "a2 6161 00 4161 00", CBOR_OK, 0 },
		{ "a2 6161 00 780161 00", CBOR_E_DUPLICATE, 4 },
		{ "a2 40 00 5a00000000 00", CBOR_E_DUPLICATE, 3 },
		{ "a2 40 00 60 00", CBOR_OK, 0 },
		{ "a2 f4 00 f5 00", CBOR_OK, 0 },
		{ "a2 f5 00 f4 00", CBOR_OK, 0 },
		{ "a2 f5 00 f5 00", CBOR_E_DUPLICATE, 3 },
		{ "a3 f5 00 f4 00 f5 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 f6 00 f6 00", CBOR_E_DUPLICATE, 3 },
		{ "a2 f820 00 f820 00", CBOR_E_DUPLICATE, 4 },
		/* any other key by its bytes */
		{ "a2 f93c00 00 fa3f800000 00", CBOR_OK, 0 },
		{ "a2 f93c00 00 f93c00 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 80 00 80 00", CBOR_E_DUPLICATE, 3 },
		{ "a2 8101 00 8102 00", CBOR_OK, 0 },
		{ "a2 8102 00 8101 00", CBOR_OK, 0 },
		{ "a2 8101 00 8101 00", CBOR_E_DUPLICATE, 4 },
		{ "a2 c101 00 c101 00", CBOR_E_DUPLICATE, 4 },
		{ "a2 c101 00 c201 00", CBOR_OK, 0 },
		{ "a3 c201 00 8102 00 c201 00", CBOR_E_DUPLICATE, 7 },
		{ "a2 c18101 00 c18101 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 a10102 00 a10102 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 a10102 00 a10103 00", CBOR_OK, 0 },
		/* in a key, in a value, and after what is nested */
		{ "a1 a2 01 00 01 00 00", CBOR_E_DUPLICATE, 4 },
		{ "a1 00 a2 01 00 01 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 01 a1 01 00 01 00", CBOR_E_DUPLICATE, 5 },
		{ "a2 02 a1 01 00 01 00", CBOR_OK, 0 },
		/* unsorted maps in unsorted maps: the inner one comes first */
		{ "a3 03 00 01 a3 02 00 01 00 02 00 01 00", CBOR_E_DUPLICATE,
		    9 },
		{ "a3 03 00 01 a3 03 00 02 00 01 00 03 00", CBOR_E_DUPLICATE,
		    11 },
		{ "a3 03 00 01 a3 03 00 02 00 01 00 02 00", CBOR_OK, 0 },
		/* the first of several second keys */
		{ "a5 05 00 01 00 03 00 01 00 03 00", CBOR_E_DUPLICATE, 7 },
	};
	struct blob b = BLOB_INIT;
	enum cbor_error e;
	size_t at;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		at = 0;
		vectors_hex(cases[i].hex, &b);
		e = cbor_check(blob_bytes(&b), &at);
		if (e != cases[i].e || at != cases[i].at)
			fail_msg("%s: %s at %zu", cases[i].hex,
			    cbor_error_name(e), at);
	}
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_is_given_back),
		cmocka_unit_test(test_depth_lenient),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
