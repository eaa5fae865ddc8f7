/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <cmocka.h>

#include "common/cbor-map.h"
#include "common/siphash.h"
#include "tests/support/vectors.h"

/* In the place of getrandom: what it says, or a seed that a test knows. */
ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);

static enum {
	SEED_RANDOM,
	SEED_KNOWN,
	SEED_NONE
} seeding;

static const uint64_t known_seed[2] = { 1, 2 };

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	if (seeding == SEED_RANDOM)
		return __real_getrandom(p, n, flags);
	if (seeding == SEED_NONE)
		return -1;
	assert_int_equal(n, sizeof(known_seed));
	memcpy(p, known_seed, n);
	return (ssize_t)n;
}

/*
 * Walks a map and steps over its values; the error, its offset, and how many
 * keys came.
 */
static enum cbor_error
walk(struct bytes in, size_t *ret_at, uint64_t *ret_keys)
{
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;

	*ret_at = 0;
	*ret_keys = 0;
	cbor_reader_init(&r, in);
	if (cbor_enter_map(&r, &m)) {
		while (cbor_map_next(&r, &m, &key)) {
			++*ret_keys;
			if (!cbor_skip(&r, NULL))
				break;
		}
	}
	if (cbor_finish(&r)) {
		assert_int_equal(r.depth, 0);
		assert_false(cbor_map_next(&r, &m, &key));
	}
	*ret_at = r.error_offset;
	return r.error;
}

/* Walking and checking must say the same, at the same place. */
static enum cbor_error
walk_and_check(struct bytes in, size_t *ret_at)
{
	uint64_t keys;
	size_t at = 0;
	enum cbor_error e = walk(in, ret_at, &keys);

	assert_int_equal(cbor_check(in, &at), e);
	assert_int_equal(at, *ret_at);
	return e;
}

static void
test_walk(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	struct bytes t = BYTES_NULL;
	int64_t n, sum = 0;
	uint64_t u = 0;

	(void)state;
	/* {"docType": "x", 1: 5, -2: 7, h'00': null} */
	vectors_hex("a4 67646f6354797065 6178 01 05 21 07 4100 f6", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_int_equal(m.count, 4);
	assert_int_equal(r.depth, 1);
	while (cbor_map_next(&r, &m, &key)) {
		if (cbor_key_is(&key, "docType")) {
			assert_false(cbor_key_int(&key, &n));
			assert_true(cbor_get_tstr(&r, &t));
		} else if (cbor_key_int(&key, &n)) {
			assert_true(cbor_get_uint(&r, &u));
			sum += n * (int64_t)u;
		} else {
			assert_int_equal(key.kind, CBOR_KIND_BSTR);
			assert_false(cbor_key_is(&key, ""));
			assert_true(cbor_get_null(&r));
		}
	}
	assert_int_equal(r.error, CBOR_OK);
	assert_true(bytes_equal_str(t, "x"));
	assert_int_equal(sum, 5 - 14);
	assert_int_equal(r.depth, 0);
	assert_true(cbor_finish(&r));

	vectors_hex("a0", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.depth, 0);
	assert_true(cbor_finish(&r));
	blob_reset(&b);
}

static void
test_key_int(void **state)
{
	static const struct {
		const char *hex;
		bool good;
		int64_t value;
	} cases[] = {
		{ "00", true, 0 },
		{ "1818", true, 24 },
		{ "20", true, -1 },
		{ "1b7fffffffffffffff", true, INT64_MAX },
		{ "3b7fffffffffffffff", true, INT64_MIN },
		{ "1b8000000000000000", false, 0 },
		{ "3b8000000000000000", false, 0 },
		{ "6130", false, 0 },
		{ "40", false, 0 },
	};
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_item key;
	int64_t n;

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		vectors_hex(cases[i].hex, &b);
		cbor_reader_init(&r, blob_bytes(&b));
		assert_true(cbor_next(&r, &key));
		n = 99;
		assert_int_equal(cbor_key_int(&key, &n), cases[i].good);
		assert_true(n == (cases[i].good ? cases[i].value : 99));
	}
	blob_reset(&b);
}

static const struct {
	const char *hex;
	enum cbor_error e;
	size_t at;
	uint64_t keys; /* that came before the error */
} maps[] = {
	{ "a3 01 00 02 00 03 00", CBOR_OK, 0, 3 },
	{ "a3 03 00 01 00 02 00", CBOR_OK, 0, 3 },
	/* both deterministic orders: by bytes, by length first */
	{ "a6 0a 00 1864 00 20 00 617a 00 626161 00 626262 00", CBOR_OK, 0, 6 },
	{ "a6 0a 00 20 00 1864 00 617a 00 626161 00 626262 00", CBOR_OK, 0, 6 },
	{ "a4 68646967657374494400 6672616e646f6d 00"
	  "71656c656d656e744964656e746966696572 00"
	  "6c656c656d656e7456616c7565 00",
	    CBOR_OK, 0, 4 },
	{ "a2 01 00 01 00", CBOR_E_DUPLICATE, 3, 1 },
	{ "a3 01 00 02 00 01 00", CBOR_E_DUPLICATE, 5, 2 },
	{ "a4 03 00 02 00 01 00 02 00", CBOR_E_DUPLICATE, 7, 3 },
	{ "a2 01 00 190001 00", CBOR_E_DUPLICATE, 3, 1 },
	{ "a3 02 00 01 00 1801 00", CBOR_E_DUPLICATE, 5, 2 },
	{ "a3 6162 00 6161 00 780161 00", CBOR_E_DUPLICATE, 7, 2 },
	{ "a2 3903e7 00 1903e7 00", CBOR_OK, 0, 2 },
	{ "a2 6161 00 4161 00", CBOR_OK, 0, 2 },
	/* same length, other content, in a text longer than a word */
	{ "a3 6a61626364656667686970 00 6a6162636465666768696f 00"
	  "6a6162636465666768696f 00",
	    CBOR_E_DUPLICATE, 25, 2 },
	/* heads of all lengths in strings that are keys */
	{ "a3 580162 00 59000161 00 5a0000000163 00", CBOR_OK, 0, 3 },
	{ "a3 580162 00 59000161 00 5a0000000162 00", CBOR_E_DUPLICATE, 10, 2 },
	{ "a3 580162 00 59000161 00 5b000000000000000161 00", CBOR_E_DUPLICATE,
	    10, 2 },
	/* broken off */
	{ "a2 01 00 02", CBOR_E_ITEMS, 0, 0 },
	{ "a2 01 4100 02", CBOR_E_TRUNCATED, 5, 2 },
	{ "a2 01 1818 18", CBOR_E_TRUNCATED, 4, 1 },
	{ "a1 01 1c", CBOR_E_MALFORMED, 2, 1 },
	{ "a1 ff 00", CBOR_E_MALFORMED, 1, 0 },
	{ "a1 5f 00", CBOR_E_INDEFINITE, 1, 0 },
	{ "a1 61ff 00", CBOR_E_UTF8, 2, 0 },
	{ "a1 01 00 00", CBOR_E_TRAILING, 3, 1 },
};

static void
test_maps(void **state)
{
	struct blob b = BLOB_INIT;
	enum cbor_error e;
	uint64_t keys;
	size_t at;

	(void)state;
	for (size_t i = 0; i < nitems(maps); i++) {
		vectors_hex(maps[i].hex, &b);
		e = walk(blob_bytes(&b), &at, &keys);
		if (e != maps[i].e || at != maps[i].at || keys != maps[i].keys)
			fail_msg("%s: %s at %zu", maps[i].hex,
			    cbor_error_name(e), at);
		assert_int_equal(walk_and_check(blob_bytes(&b), &at), e);
	}
	blob_reset(&b);
}

/* Keys that are neither integers nor strings can be skipped, not walked. */
static void
test_other_keys(void **state)
{
	static const char *const others[] = { "8101", "a0", "c100", "f4", "f6",
		"f7", "f93c00", "e0" };
	struct blob b = BLOB_INIT, key = BLOB_INIT;
	uint64_t keys;
	size_t at;

	(void)state;
	for (size_t i = 0; i < nitems(others); i++) {
		vectors_hex("a20100", &b);
		vectors_hex(others[i], &key);
		assert_true(blob_append_bytes(&b, blob_bytes(&key)));
		assert_true(blob_append_u8(&b, 0));
		assert_int_equal(cbor_check(blob_bytes(&b), NULL), CBOR_OK);
		assert_int_equal(walk(blob_bytes(&b), &at, &keys), CBOR_E_TYPE);
		assert_int_equal(at, 3);
		assert_int_equal(keys, 1);
	}
	blob_reset(&key);
	blob_reset(&b);
}

/* ---- maps of many keys */

struct plan {
	uint64_t count;
	uint64_t (*key)(uint64_t i);
	bool text;
	uint64_t copy_at; /* this key is that of copy_of; 0: none is */
	uint64_t copy_of;
};

static uint64_t
ascending(uint64_t i)
{
	return i * 3;
}

static uint64_t
descending(uint64_t i)
{
	return 2000000 - i;
}

/* Without order, and no number twice below 2^20: a permutation. */
static uint64_t
scattered(uint64_t i)
{
	return (i * 0x9e371) & 0xfffff;
}

static void
key_put(struct cbor_writer *w, const struct plan *plan, uint64_t i)
{
	char text[32];

	if (!plan->text) {
		cbor_put_uint(w, plan->key(i));
		return;
	}
	(void)snprintf(text, sizeof(text), "key number %08x",
	    (unsigned)plan->key(i));
	cbor_put_str(w, text);
}

/* Returns where the copied key stands. */
static size_t
map_make(const struct plan *plan, struct blob *b)
{
	struct cbor_writer w;
	size_t at = 0;

	blob_clear(b);
	cbor_writer_init(&w, b);
	cbor_put_map(&w, plan->count);
	for (uint64_t i = 0; i < plan->count; i++) {
		if (plan->copy_at != 0 && i == plan->copy_at) {
			at = b->len;
			key_put(&w, plan, plan->copy_of);
		} else {
			key_put(&w, plan, i);
		}
		cbor_put_null(&w);
	}
	assert_int_equal(w.error, CBOR_OK);
	return at;
}

/* Up to and beyond each limit at which the way of comparing changes. */
static void
test_many_keys(void **state)
{
	static const uint64_t counts[] = { 2, 11, 12, 13, 14, 31, 32, 33, 64,
		65, 100, 1000, 1023, 1024, 1025, 3071, 3072, 3073, 5000, 6144,
		12000 };
	uint64_t (*const orders[])(uint64_t) = { ascending, descending,
		scattered };
	struct blob b = BLOB_INIT;
	size_t at;

	(void)state;
	for (size_t i = 0; i < nitems(counts) * nitems(orders) * 2; i++) {
		struct plan plan = { 0 };

		plan.count = counts[i / 2 / nitems(orders)];
		plan.key = orders[i / 2 % nitems(orders)];
		plan.text = i % 2;
		(void)map_make(&plan, &b);
		assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_OK);
	}
	blob_reset(&b);
}

/* One key twice, wherever its two places are. */
static void
test_one_of_many_twice(void **state)
{
	static const uint64_t counts[] = { 2, 5, 12, 13, 14, 30, 32, 33, 40,
		1000, 5000, 6144 };
	uint64_t (*const orders[])(uint64_t) = { ascending, descending,
		scattered };
	struct blob b = BLOB_INIT;
	size_t at, want;

	(void)state;
	for (size_t i = 0; i < nitems(counts) * nitems(orders) * 2; i++) {
		struct plan plan = { 0 };
		uint64_t n = counts[i / 2 / nitems(orders)];
		const uint64_t places[][2] = { { 1, 0 }, { n - 1, 0 },
			{ n - 1, n - 2 }, { n / 2, n / 3 }, { n - 1, n / 2 } };

		plan.count = n;
		plan.key = orders[i / 2 % nitems(orders)];
		plan.text = i % 2;
		for (size_t p = 0; p < nitems(places); p++) {
			plan.copy_at = places[p][0];
			plan.copy_of = places[p][1];
			if (plan.copy_at <= plan.copy_of)
				continue;
			want = map_make(&plan, &b);
			assert_int_equal(walk_and_check(blob_bytes(&b), &at),
			    CBOR_E_DUPLICATE);
			assert_int_equal(at, want);
		}
	}
	blob_reset(&b);
}

/* Of many keys that are there twice the first is named, whatever the seed. */
static void
test_first_of_many(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	size_t at, want;

	(void)state;
	for (int round = 0; round < 5; round++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_map(&w, 10000);
		for (uint64_t i = 0; i < 5000; i++) {
			cbor_put_uint(&w, scattered(i));
			cbor_put_null(&w);
		}
		want = b.len;
		for (uint64_t i = 0; i < 5000; i++) {
			cbor_put_uint(&w, scattered((i + 777) % 5000));
			cbor_put_null(&w);
		}
		assert_int_equal(walk_and_check(blob_bytes(&b), &at),
		    CBOR_E_DUPLICATE);
		assert_int_equal(at, want);
	}
	blob_reset(&b);
}

/* Heads of other lengths among many: equal as numbers and as texts. */
static void
test_many_and_longer_heads(void **state)
{
	struct blob b = BLOB_INIT, extra = BLOB_INIT;
	struct plan plan = { 100, scattered, false, 0, 0 };
	size_t at, want;

	(void)state;
	(void)map_make(&plan, &b);
	b.ptr[1] = 101;
	want = b.len;
	assert_true(scattered(50) < 0x100000000);
	vectors_hex("1b", &extra);
	for (int i = 56; i >= 0; i -= 8)
		assert_true(blob_append_u8(&extra,
		    (uint8_t)(scattered(50) >> i)));
	assert_true(blob_append_bytes(&b, blob_bytes(&extra)));
	assert_true(blob_append_u8(&b, 0));
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_E_DUPLICATE);
	assert_int_equal(at, want);

	plan.text = true;
	(void)map_make(&plan, &b);
	b.ptr[1] = 101;
	want = b.len;
	/* Key 0, which is 19 bytes, with a head of three bytes. */
	vectors_hex("790013", &extra);
	assert_true(blob_append(&extra, b.ptr + 3, 19));
	assert_true(blob_append_bytes(&b, blob_bytes(&extra)));
	assert_true(blob_append_u8(&b, 0));
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_E_DUPLICATE);
	assert_int_equal(at, want);
	blob_reset(&extra);
	blob_reset(&b);
}

/* Many keys that are arrays, tags and simple values; by cbor_skip only. */
static void
test_many_other_keys(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	size_t at = 0, want = 0;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_map(&w, 300);
		for (uint64_t i = 0; i < 300; i++) {
			uint64_t v = scattered(twice && i == 299 ? 98 : i);

			want = b.len;
			if (i % 3 == 0) {
				cbor_put_array(&w, 2);
				cbor_put_null(&w);
			} else if (i % 3 == 1) {
				cbor_put_tag(&w, 7);
			}
			cbor_put_double(&w, (double)v + 0.1);
			cbor_put_array(&w, 1);
			cbor_put_uint(&w, i);
		}
		assert_int_equal(cbor_check(blob_bytes(&b), &at),
		    twice ? CBOR_E_DUPLICATE : CBOR_OK);
		assert_int_equal(at, twice ? want : 0);
	}
	blob_reset(&b);
}

/* Somebody who knows the seed, and chooses keys that all go to one place. */
static void
test_bad_hash(void **state)
{
	const uint64_t count = 6000;
	struct siphash s;
	struct blob b = BLOB_INIT;
	struct cbor_writer w;
	size_t at, want;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		blob_clear(&b);
		cbor_writer_init(&w, &b);
		cbor_put_map(&w, count + 1);
		want = 0;
		for (uint64_t v = 0, n = 0; n < count; v++) {
			siphash_begin(&s, known_seed);
			siphash_add(&s, 1000000 - v);
			siphash_add(&s, 0);
			if (siphash_end(&s) >> 61 != 0)
				continue;
			cbor_put_uint(&w, 1000000 - v);
			cbor_put_null(&w);
			n++;
			want = v;
		}
		cbor_put_uint(&w, 1000000 - want - !twice);
		want = b.len - 5;
		cbor_put_null(&w);
		seeding = SEED_KNOWN;
		assert_int_equal(walk_and_check(blob_bytes(&b), &at),
		    twice ? CBOR_E_DUPLICATE : CBOR_OK);
		seeding = SEED_RANDOM;
		assert_int_equal(at, twice ? want : 0);
	}
	blob_reset(&b);
}

static void
test_no_randomness(void **state)
{
	struct plan plan = { 5000, scattered, false, 4000, 100 };
	struct blob b = BLOB_INIT;
	size_t at, want;

	(void)state;
	want = map_make(&plan, &b);
	seeding = SEED_NONE;
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_E_DUPLICATE);
	seeding = SEED_RANDOM;
	assert_int_equal(at, want);
	blob_reset(&b);
}

/* The second walk ends wherever its items do. */
static void
test_rescan_runs_out(void **state)
{
	struct plan plan = { 0, descending, false, 0, 0 };
	struct blob b = BLOB_INIT, twin = BLOB_INIT;
	struct cbor_reader r;
	size_t needed;

	(void)state;
	/* By comparing pairs, by hashing; with tags in a key and an array. */
	for (plan.count = 25; plan.count <= 40; plan.count += 15) {
		(void)map_make(&plan, &b);
		b.ptr[1]++;
		vectors_hex("c1c100820102", &twin);
		assert_true(blob_append_bytes(&b, blob_bytes(&twin)));
		needed = 2 * plan.count + 6;
		for (size_t left = 0; left <= needed; left++) {
			cbor_reader_init(&r, blob_bytes(&b));
			r.rescan_left = left;
			assert_int_equal(cbor_skip(&r, NULL), left == needed);
			assert_int_equal(r.error,
			    left == needed ? CBOR_OK : CBOR_E_ITEMS);
			assert_int_equal(r.error_offset,
			    left == needed ? 0 : 2);
		}
	}
	blob_reset(&twin);
	blob_reset(&b);
}

/*
 * Too many keys out of order are refused, so that no message makes the search
 * for duplicates walk over it without end; in order there may be any number.
 */
static void
test_too_many_keys(void **state)
{
	struct plan plan = { 0, NULL, false, 0, 0 };
	struct blob b = BLOB_INIT;
	size_t at;

	(void)state;
	plan.count = CBOR_MAX_ITEMS / 2 - 1;
	plan.key = ascending;
	(void)map_make(&plan, &b);
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_OK);
	plan.key = scattered;
	plan.count = 65536;
	(void)map_make(&plan, &b);
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_OK);
	plan.count = 200000;
	(void)map_make(&plan, &b);
	assert_int_equal(walk_and_check(blob_bytes(&b), &at), CBOR_E_ITEMS);
	assert_int_equal(at, 5);
	blob_reset(&b);
}

/* The bound holds for the whole message, over nested readers too. */
static void
test_rescan_is_shared(void **state)
{
	struct plan plan = { 40000, scattered, false, 0, 0 };
	struct blob b = BLOB_INIT;
	struct cbor_reader r, in;
	unsigned maps_read = 0;

	(void)state;
	(void)map_make(&plan, &b);
	cbor_reader_init(&r, blob_bytes(&b));
	for (int i = 0; i < 10; i++) {
		cbor_reader_nested(&in, &r, blob_bytes(&b));
		maps_read += cbor_skip(&in, NULL);
		if (!cbor_reader_leave(&r, &in))
			break;
	}
	assert_true(maps_read >= 1 && maps_read < 10);
	assert_int_equal(r.error, CBOR_E_ITEMS);
	assert_string_equal(r.error_what, "map: too many keys out of order");
	blob_reset(&b);
}

/* ---- slips of the caller */

static void
test_value_not_consumed(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	uint64_t n;

	(void)state;
	vectors_hex("a2 01 8100 02 8100", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_true(cbor_map_next(&r, &m, &key));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.error, CBOR_E_RANGE);
	assert_int_equal(r.error_offset, 2);
	assert_non_null(r.error_what);
	/* An array that was entered, but not left. */
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_true(cbor_map_next(&r, &m, &key));
	assert_true(cbor_enter_array(&r, &n));
	assert_true(cbor_get_uint(&r, &n));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.error, CBOR_E_RANGE);
	assert_int_equal(r.error_offset, 4);
	/* An error within the value ends the walk. */
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_true(cbor_map_next(&r, &m, &key));
	assert_false(cbor_get_uint(&r, &n));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.error, CBOR_E_TYPE);
	/* A value that was not there to consume. */
	vectors_hex("a1 01", &b);
	assert_true(blob_append_u8(&b, 0));
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cbor_enter_map(&r, &m));
	assert_true(cbor_map_next(&r, &m, &key));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.error_offset, 2);
	blob_reset(&b);
}

/* inspect wants to show what is wrong, not to stop there. */
static void
test_lenient(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	unsigned n = 0;

	(void)state;
	vectors_hex("a3 01 00 01 00 00 00", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	r.lenient = true;
	assert_true(cbor_enter_map(&r, &m));
	while (cbor_map_next(&r, &m, &key)) {
		assert_true(cbor_skip(&r, NULL));
		n++;
	}
	assert_int_equal(n, 3);
	assert_true(cbor_finish(&r));
	vectors_hex("a1 5f4101ff 00", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	r.lenient = true;
	assert_true(cbor_enter_map(&r, &m));
	assert_false(cbor_map_next(&r, &m, &key));
	assert_int_equal(r.error, CBOR_E_INDEFINITE);
	assert_int_equal(r.error_offset, 1);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_key_int),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_one_of_many_twice),
		cmocka_unit_test(test_first_of_many),
		cmocka_unit_test(test_many_and_longer_heads),
		cmocka_unit_test(test_many_other_keys),
		cmocka_unit_test(test_bad_hash),
		cmocka_unit_test(test_no_randomness),
		cmocka_unit_test(test_rescan_runs_out),
		cmocka_unit_test(test_too_many_keys),
		cmocka_unit_test(test_rescan_is_shared),
		cmocka_unit_test(test_value_not_consumed),
		cmocka_unit_test(test_lenient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
