/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/bytes.h"

static void
test_equal(void **state)
{
	(void)state;
	assert_true(bytes_equal(BYTES_NULL, bytes_of("", 0)));
	assert_true(bytes_is_null(BYTES_NULL));
	assert_false(bytes_is_null(bytes_of("", 0)));
	assert_true(bytes_equal_str(bytes_of("abc", 2), "ab"));
	assert_false(bytes_equal_str(bytes_of("abc", 3), "ab"));
	assert_false(bytes_equal_str(bytes_of("abd", 3), "abc"));
	assert_true(bytes_equal_secret(bytes_str("abc"), bytes_str("abc")));
	assert_false(bytes_equal_secret(bytes_str("abc"), bytes_str("abd")));
	assert_false(bytes_equal_secret(bytes_str("abc"), bytes_str("ab")));
	assert_true(bytes_equal_secret(BYTES_NULL, BYTES_NULL));
}

static void
test_compare(void **state)
{
	(void)state;
	assert_int_equal(bytes_compare(BYTES_NULL, BYTES_NULL), 0);
	assert_int_equal(bytes_compare(bytes_str("ab"), bytes_str("ab")), 0);
	assert_true(bytes_compare(bytes_str("ab"), bytes_str("b")) < 0);
	assert_true(bytes_compare(bytes_str("b"), bytes_str("ab")) > 0);
	assert_true(bytes_compare(bytes_str("a"), bytes_str("ab")) < 0);
	assert_true(bytes_compare(bytes_str("ab"), bytes_str("a")) > 0);
	assert_true(bytes_compare(BYTES_NULL, bytes_str("a")) < 0);
	assert_true(bytes_compare(bytes_str("\x7f"), bytes_str("\xff")) < 0);
}

static void
test_cursor(void **state)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 0xff, 0xfe };
	struct bytes b = bytes_of(data, sizeof(data)), part, before;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	(void)state;
	assert_true(bytes_take_u8(&b, &u8));
	assert_int_equal(u8, 1);
	assert_true(bytes_take_be16(&b, &u16));
	assert_int_equal(u16, 0x0203);
	assert_true(bytes_take_be32(&b, &u32));
	assert_int_equal(u32, 0x04050607);
	before = b;
	u32 = 77;
	assert_false(bytes_take_be32(&b, &u32));
	assert_int_equal(u32, 77);
	assert_false(bytes_take(&b, 3, &part));
	assert_false(bytes_skip(&b, 3));
	assert_ptr_equal(b.ptr, before.ptr);
	assert_int_equal(b.len, 2);
	assert_true(bytes_take(&b, 1, &part));
	assert_ptr_equal(part.ptr, data + 7);
	assert_int_equal(part.len, 1);
	u16 = 7;
	assert_false(bytes_take_be16(&b, &u16));
	assert_int_equal(u16, 7);
	assert_true(bytes_skip(&b, 1));
	assert_int_equal(b.len, 0);
	assert_false(bytes_take_u8(&b, &u8));
	assert_int_equal(u8, 1);
	assert_true(bytes_skip(&b, 0));
	assert_true(bytes_take(&b, 0, &part));
	b = BYTES_NULL;
	assert_true(bytes_skip(&b, 0));
	assert_true(bytes_is_null(b));
	b = bytes_of("\xff\xff\xff\xff", 4);
	assert_true(bytes_take_be32(&b, &u32));
	assert_int_equal(u32, 0xffffffff);
}

static const struct {
	const char *text;
	size_t len;
	size_t bad; /* SIZE_MAX: none */
} utf8_cases[] = {
	{ "", 0, SIZE_MAX },
	{ "a", 1, SIZE_MAX },
	{ "\0", 1, SIZE_MAX },
	{ "ab\x80", 3, 2 },
	{ "abcd", 4, SIZE_MAX },
	{ "abc\xff", 4, 3 },
	{ "abcdefg", 7, SIZE_MAX },
	{ "abcdefgh", 8, SIZE_MAX },
	{ "abcdefgh\xc3\xbc", 10, SIZE_MAX },
	{ "abcdefghijklmnop", 16, SIZE_MAX },
	{ "abcdefgh\x80ijklmnop", 17, 8 },
	{ "abcdefghijklmnopqrstu\x80", 22, 21 },
	{ "\xc2\x80", 2, SIZE_MAX },
	{ "\xdf\xbf", 2, SIZE_MAX },
	{ "\xe0\xa0\x80", 3, SIZE_MAX },
	{ "\xed\x9f\xbf", 3, SIZE_MAX },
	{ "\xee\x80\x80", 3, SIZE_MAX },
	{ "\xef\xbf\xbf", 3, SIZE_MAX },
	{ "\xf0\x90\x80\x80", 4, SIZE_MAX },
	{ "\xf4\x8f\xbf\xbf", 4, SIZE_MAX },
	/* a continuation without its start, bytes that never occur */
	{ "\x80", 1, 0 },
	{ "\xbf", 1, 0 },
	{ "\xfe", 1, 0 },
	{ "\xff", 1, 0 },
	{ "\xf5\x80\x80\x80", 4, 0 },
	/* overlong */
	{ "\xc0\xaf", 2, 0 },
	{ "\xc1\xbf", 2, 0 },
	{ "\xe0\x9f\xbf", 3, 0 },
	{ "\xf0\x8f\xbf\xbf", 4, 0 },
	/* surrogates */
	{ "\xed\xa0\x80", 3, 0 },
	{ "\xed\xbf\xbf", 3, 0 },
	/* above U+10FFFF */
	{ "\xf4\x90\x80\x80", 4, 0 },
	/* cut off */
	{ "a\xc3", 2, 1 },
	{ "\xe2\x82", 2, 0 },
	{ "\xf0\x9f\x98", 3, 0 },
	/* the third or fourth byte is none */
	{ "\xc3(", 2, 0 },
	{ "\xe2\x82(", 3, 0 },
	{ "\xf0\x9f(\x80", 4, 0 },
	{ "\xf0\x9f\x98(", 4, 0 },
	{ "\xc3\xbc\xc3\xbc\xc3", 5, 4 },
};

static void
test_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(utf8_cases); i++) {
		struct bytes b =
		    bytes_of(utf8_cases[i].text, utf8_cases[i].len);
		size_t bad = SIZE_MAX;

		assert_int_equal(bytes_is_utf8(b, &bad),
		    utf8_cases[i].bad == SIZE_MAX);
		assert_int_equal(bad, utf8_cases[i].bad);
		assert_int_equal(bytes_is_utf8(b, NULL),
		    utf8_cases[i].bad == SIZE_MAX);
	}
	assert_true(bytes_is_utf8(BYTES_NULL, NULL));
}

/* A bad byte at any place of a text of any length up to 40. */
static void
test_utf8_places(void **state)
{
	uint8_t text[40];
	size_t bad;

	(void)state;
	for (size_t len = 1; len <= sizeof(text); len++) {
		for (size_t i = 0; i < len; i++) {
			memset(text, 'x', sizeof(text));
			text[i] = 0x80;
			assert_false(bytes_is_utf8(bytes_of(text, len), &bad));
			assert_int_equal(bad, i);
		}
		text[len - 1] = 'x';
		assert_true(bytes_is_utf8(bytes_of(text, len), NULL));
	}
}

static void
test_hex(void **state)
{
	uint8_t out[16];
	char text[9];
	size_t n = 99;

	(void)state;
	bytes_to_hex(bytes_of("\x00\xa5\xff\x10", 4), text);
	assert_string_equal(text, "00a5ff10");
	bytes_to_hex(BYTES_NULL, text);
	assert_string_equal(text, "");
	assert_true(bytes_from_hex(bytes_str("00a5 Ff\r\n1\t0"), out, &n));
	assert_int_equal(n, 4);
	assert_memory_equal(out, "\x00\xa5\xff\x10", 4);
	assert_true(bytes_from_hex(bytes_str(" \n"), out, &n));
	assert_int_equal(n, 0);
	n = 99;
	assert_false(bytes_from_hex(bytes_str("0"), out, &n));
	assert_false(bytes_from_hex(bytes_str("000"), out, &n));
	assert_false(bytes_from_hex(bytes_str("0g"), out, &n));
	assert_false(bytes_from_hex(bytes_str("0x00"), out, &n));
	assert_false(bytes_from_hex(bytes_str("00:11"), out, &n));
	assert_false(bytes_from_hex(bytes_of("00\0", 3), out, &n));
	assert_false(bytes_from_hex(bytes_str("/0"), out, &n));
	assert_false(bytes_from_hex(bytes_str(":0"), out, &n));
	assert_false(bytes_from_hex(bytes_str("@0"), out, &n));
	assert_false(bytes_from_hex(bytes_str("G0"), out, &n));
	assert_false(bytes_from_hex(bytes_str("`0"), out, &n));
	assert_int_equal(n, 99);
}

/* RFC 4648 section 10, and the two characters in which the alphabets differ. */
static const struct {
	const char *plain;
	const char *base64;
	const char *base64url;
} base64_cases[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	{ "\xff\xef", "/+8=", "_-8" },
};

static void
test_base64(void **state)
{
	char text[16];
	uint8_t out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < nitems(base64_cases); i++) {
		struct bytes plain = bytes_str(base64_cases[i].plain);
		struct bytes std = bytes_str(base64_cases[i].base64);
		struct bytes url = bytes_str(base64_cases[i].base64url);

		bytes_to_base64(plain, text);
		assert_string_equal(text, base64_cases[i].base64);
		bytes_to_base64url(plain, text);
		assert_string_equal(text, base64_cases[i].base64url);
		n = 99;
		assert_true(bytes_from_base64(std, out, &n));
		assert_true(bytes_equal(bytes_of(out, n), plain));
		n = 99;
		assert_true(bytes_from_base64url(url, out, &n));
		assert_true(bytes_equal(bytes_of(out, n), plain));
	}
	/* Padding is optional in base64url. */
	assert_true(bytes_from_base64url(bytes_str("Zg=="), out, &n));
	assert_int_equal(n, 1);
	assert_true(bytes_from_base64url(bytes_str("_-8="), out, &n));
	assert_int_equal(n, 2);
}

static void
test_base64_bad(void **state)
{
	static const char *const neither[] = {
		"A",          /* a rest of one digit */
		"AAAAA",      /* the same */
		"=",          /* padding of nothing */
		"==",         /* the same */
		"====",       /* the same */
		"A===",       /* too much */
		"AAA==",      /* too much */
		"Zg=",        /* too little */
		"Zm9v=",      /* where none belongs */
		"Zm9v====",   /* the same */
		"Zg==Zg==",   /* in the middle */
		"Z=g=",       /* the same */
		"Zh==",       /* bits beyond the byte */
		"Zm9=",       /* the same */
		"Zm9 v",      /* blanks */
		"Zm9v\n",     /* the same */
		"Zm9,",       /* no digit */
		"Zm9.",       /* the same */
		"Zm9@",       /* the same */
		"Zm9[",       /* the same */
		"Zm9`",       /* the same */
		"Zm9{",       /* the same */
		"Zm9:",       /* the same */
		"\xc3\xbcZg", /* the same */
	};
	uint8_t out[16];
	size_t n = 99;

	(void)state;
	for (size_t i = 0; i < nitems(neither); i++) {
		struct bytes b = bytes_str(neither[i]);

		assert_false(bytes_from_base64(b, out, &n));
		assert_false(bytes_from_base64url(b, out, &n));
	}
	assert_false(bytes_from_base64(bytes_str("-_-_"), out, &n));
	assert_false(bytes_from_base64url(bytes_str("+/+/"), out, &n));
	/* Padding is not optional in base64. */
	assert_false(bytes_from_base64(bytes_str("Zg"), out, &n));
	assert_false(bytes_from_base64(bytes_str("Zm8"), out, &n));
	/* Bits beyond the byte, without padding. */
	assert_false(bytes_from_base64url(bytes_str("Zh"), out, &n));
	assert_false(bytes_from_base64url(bytes_of("Zg\0\0", 4), out, &n));
	assert_int_equal(n, 99);
}

static void
test_in_place(void **state)
{
	uint8_t hex[] = "00 11 22", base64[] = "Zm9vYmFy";
	size_t n;

	(void)state;
	assert_true(bytes_from_hex(bytes_of(hex, 8), hex, &n));
	assert_true(bytes_equal(bytes_of(hex, n), bytes_of("\0\x11\x22", 3)));
	assert_true(bytes_from_base64(bytes_of(base64, 8), base64, &n));
	assert_true(bytes_equal_str(bytes_of(base64, n), "foobar"));
}

static void
test_text_round_trip(void **state)
{
	uint8_t in[300], out[400];
	char text[601];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t len = 0; len <= sizeof(in); len++) {
		struct bytes b = bytes_of(in, len);

		bytes_to_hex(b, text);
		assert_int_equal(strlen(text), 2 * len);
		assert_true(bytes_from_hex(bytes_str(text), out, &n));
		assert_true(bytes_equal(bytes_of(out, n), b));
		bytes_to_base64(b, text);
		assert_int_equal(strlen(text), (len + 2) / 3 * 4);
		assert_true(bytes_from_base64(bytes_str(text), out, &n));
		assert_true(bytes_equal(bytes_of(out, n), b));
		bytes_to_base64url(b, text);
		assert_int_equal(strlen(text), (len * 4 + 2) / 3);
		assert_true(bytes_from_base64url(bytes_str(text), out, &n));
		assert_true(bytes_equal(bytes_of(out, n), b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_places),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_bad),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_text_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
