/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mdoc/model/item.h"
#include "mdoc/model/response.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"

#define RANDOM "h'000102030405060708090a0b0c0d0e0f'"
#define ID     "\"digestID\": 0"
#define SALT   "\"random\": " RANDOM
#define NAME   "\"elementIdentifier\": \"e\""
#define ITEM(id, name, value)                                                  \
	"24(<<{\"digestID\": " id ", " SALT ", \"elementIdentifier\": \"" name \
	"\", \"elementValue\": " value "}>>)"
#define AUTH "[<<{1: -7}>>, {33: h'30'}, h'd81840', h'00']"

static bool
read_item(struct cbor_reader *r)
{
	struct item item;

	return item_read(r, &item) && cbor_finish(r)
	    ? true
	    : cbor_expect(r, "trailing");
}

/* Everything in an IssuerSigned; errors of the walk end up in r. */
static bool
read_issuer_signed(struct cbor_reader *r)
{
	struct issuer_signed s;
	struct item_walk w;
	struct item item;

	if (!issuer_signed_read(r, &s) || !cbor_finish(r))
		return false;
	item_walk_start(&w, &s);
	while (item_walk_next(&w, &item))
		assert_true(item.random.len >= 16);
	return cbor_reader_leave(r, &w.r);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@{}", CBOR_E_TYPE, "IssuerSignedItemBytes" },
		{ "@25(h'')", CBOR_E_TYPE, "IssuerSignedItemBytes" },
		{ "24(<<@0>>)", CBOR_E_TYPE, "IssuerSignedItem: a map" },
		{ "24(<<@{}>>)", CBOR_E_MISSING, "IssuerSignedItem.digestID" },
		{ "24(<<@{" ID "}>>)", CBOR_E_MISSING,
		    "IssuerSignedItem.random: at least 16 bytes" },
		{ "24(<<@{" ID ", " SALT "}>>)", CBOR_E_MISSING,
		    "IssuerSignedItem.elementIdentifier" },
		{ "24(<<@{" ID ", " SALT ", " NAME "}>>)", CBOR_E_MISSING,
		    "IssuerSignedItem.elementValue" },
		{ "24(<<{\"digestID\": @2147483648}>>)", CBOR_E_RANGE,
		    "IssuerSignedItem.digestID" },
		{ "24(<<{\"digestID\": @-1}>>)", CBOR_E_TYPE,
		    "IssuerSignedItem.digestID" },
		{ "24(<<{\"random\": @h'000102030405060708090a0b0c0d0e'}>>)",
		    CBOR_E_RANGE,
		    "IssuerSignedItem.random: at least 16 bytes" },
		{ "24(<<{\"random\": @\"0123456789abcdef\"}>>)", CBOR_E_TYPE,
		    "IssuerSignedItem.random" },
		{ "24(<<{\"elementIdentifier\": @1}>>)", CBOR_E_TYPE,
		    "IssuerSignedItem.elementIdentifier" },
		{ "24(<<{\"elementValue\": {1: 2, @1: 3}}>>)", CBOR_E_DUPLICATE,
		    "IssuerSignedItem.elementValue" },
		{ "24(<<{\"elementValue\": @[_ 1]}>>)", CBOR_E_INDEFINITE,
		    "IssuerSignedItem.elementValue" },
		{ "24(<<{" ID ", @" ID "}>>)", CBOR_E_DUPLICATE,
		    "IssuerSignedItem: a map" },
	};
	static const struct hostile bad_walk[] = {
		{ "{\"nameSpaces\": {\"n\": [" ITEM("1", "a",
		      "1") "], \"o\": [" ITEM("1", "a",
		      "1") ", 24(<<@[]>>)]}, \"issuerAuth\": " AUTH "}",
		    CBOR_E_TYPE, "IssuerSignedItem: a map" },
	};

	(void)state;
	hostile_check(bad, nitems(bad), read_item);
	hostile_check(bad_walk, nitems(bad_walk), read_issuer_signed);
}

static void
test_walk(void **state)
{
	static const char *const want[] = { "a", "b", "c" };
	struct blob b = BLOB_INIT;
	struct issuer_signed s;
	struct item_walk w;
	struct item item;
	struct cbor_reader r;
	size_t n = 0;

	(void)state;
	diag("{\"issuerAuth\": " AUTH ", \"nameSpaces\": {\"n1\": [" ITEM("7",
		 "a", "[1, 2]") "], \"n2\": [" ITEM("2147483647", "b",
		 "\"x\"") ", " ITEM("0", "c", "{}") "]}}",
	    &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(issuer_signed_read(&r, &s) && cbor_finish(&r));
	item_walk_start(&w, &s);
	while (item_walk_next(&w, &item)) {
		assert_true(bytes_equal_str(item.element, want[n++]));
		assert_true(bytes_equal_str(item.name_space,
		    n == 1 ? "n1" : "n2"));
		assert_ptr_equal(item.whole.ptr, b.ptr + item.offset);
		assert_int_equal(item.whole.ptr[0], 0xd8);
		assert_int_equal(item.random.len, 16);
		if (n == 1)
			assert_memory_equal(item.value.ptr, "\x82\x01\x02", 3);
	}
	assert_int_equal(n, 3);
	assert_int_equal(w.r.error, CBOR_OK);
	assert_false(item_walk_next(&w, &item));
	hostile_sweep(blob_bytes(&b), read_issuer_signed);

	/* A document may reveal nothing that the issuer signed. */
	diag("{\"issuerAuth\": " AUTH "}", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(issuer_signed_read(&r, &s));
	item_walk_start(&w, &s);
	assert_false(item_walk_next(&w, &item));
	assert_int_equal(w.r.error, CBOR_OK);
	blob_reset(&b);
}

/* Every order of the members, and values of every kind, read alike. */
static void
test_orders(void **state)
{
	static const char *const text[] = { "\"digestID\": 70000", SALT,
		"\"elementIdentifier\": \"e\"" };
	static const char *const values[] = { "1", "-1", "h'00'",
		"\"\xc3\xa9\"", "true", "null", "1.5", "1004(\"2024-03-30\")",
		"[{\"a\": [1, 2]}, {}]" };
	struct blob b = BLOB_INIT, want = BLOB_INIT;
	struct cbor_reader r;
	struct item item;
	char value[64], source[256];
	const char *m[4];

	(void)state;
	for (size_t i = 0; i < 256 * nitems(values); i++) {
		(void)snprintf(value, sizeof(value), "\"elementValue\": %s",
		    values[i / 256]);
		for (size_t k = 0; k < 4; k++)
			m[k] = (i >> 2 * k & 3) == 3 ? value
						     : text[i >> 2 * k & 3];
		(void)snprintf(source, sizeof(source),
		    "24(<<{%s, %s, %s, %s}>>)", m[0], m[1], m[2], m[3]);
		diag(source, &b);
		cbor_reader_init(&r, blob_bytes(&b));
		/* Is each of the four there once? */
		if (m[0] == m[1] || m[0] == m[2] || m[0] == m[3] ||
		    m[1] == m[2] || m[1] == m[3] || m[2] == m[3]) {
			assert_false(item_read(&r, &item));
			assert_int_equal(r.error, CBOR_E_DUPLICATE);
			continue;
		}
		assert_true(item_read(&r, &item) && cbor_finish(&r));
		assert_true(item.digest_id == 70000);
		assert_int_equal(item.random.len, 16);
		assert_true(bytes_equal_str(item.element, "e"));
		assert_true(bytes_equal(item.whole, bytes_of(b.ptr, b.len)));
		diag(values[i / 256], &want);
		assert_true(bytes_equal(item.value, blob_bytes(&want)));
	}
	blob_reset(&b);
	blob_reset(&want);
}

static void
test_write(void **state)
{
	static uint8_t big[300];
	struct item item = { .digest_id = 70000 }, got;
	struct blob b = BLOB_INIT, want = BLOB_INIT, value = BLOB_INIT;
	struct cbor_writer w;
	struct cbor_reader r;

	(void)state;
	diag(RANDOM, &value);
	item.random = bytes_of(value.ptr + 1, 16);
	item.element = bytes_str("e");
	item.value = bytes_of("\xf5", 1);
	cbor_writer_init(&w, &b);
	item_write(&w, &item);
	diag("24(<<{\"random\": " RANDOM ", \"digestID\": 70000, "
	     "\"elementValue\": true, \"elementIdentifier\": \"e\"}>>)",
	    &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	/* Heads of every length. */
	for (size_t n = 16; n <= sizeof(big); n += 71) {
		blob_clear(&b);
		item.random = bytes_of(big, n);
		item.element = bytes_of(big, n);
		item_write(&w, &item);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(item_read(&r, &got) && cbor_finish(&r));
		assert_int_equal(got.random.len, n);
		assert_int_equal(got.element.len, n);
		assert_true(got.digest_id == 70000);
		assert_true(bytes_is_null(got.name_space));
	}
	blob_reset(&b);
	blob_reset(&want);
	blob_reset(&value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
