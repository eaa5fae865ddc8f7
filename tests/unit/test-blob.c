/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/blob.h"
#include "tests/support/failmalloc.h"

/*
 * In the place of free: what is released must have been wiped. Only blobs are
 * allocated between watch_start and watch_end.
 */
void __real_free(void *p);
void __wrap_free(void *p);

static uint8_t *watched;
static size_t watched_len;
static unsigned watched_freed;

void
__wrap_free(void *p)
{
	if (p != NULL && p == watched) {
		for (size_t i = 0; i < watched_len; i++)
			assert_int_equal(watched[i], 0);
		watched = NULL;
		watched_freed++;
	}
	__real_free(p);
}

/* From now on the content that b has must be gone when its memory is freed. */
static void
watch(const struct blob *b)
{
	watched = b->ptr;
	watched_len = b->len;
	watched_freed = 0;
}

static void
test_append(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	assert_true(blob_append(&b, NULL, 0));
	assert_null(b.ptr);
	assert_true(blob_append(&b, "abc", 3));
	assert_true(blob_append_u8(&b, 'd'));
	assert_true(blob_append_bytes(&b, bytes_str("ef")));
	assert_true(blob_append_bytes(&b, BYTES_NULL));
	assert_true(bytes_equal_str(blob_bytes(&b), "abcdef"));
	for (int i = 0; i < 100000; i++)
		assert_true(blob_append_u8(&b, (uint8_t)i));
	assert_int_equal(b.len, 100006);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.ptr[6 + i], (uint8_t)i);
	blob_reset(&b);
	assert_null(b.ptr);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 0);
	blob_reset(&b);
	blob_reset(NULL);
}

/* What is appended may be a part of the blob that moves meanwhile. */
static void
test_append_itself(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	assert_true(blob_append(&b, "abc", 3));
	for (int i = 0; i < 10; i++)
		assert_true(blob_append(&b, b.ptr, b.len));
	assert_int_equal(b.len, 3 << 10);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.ptr[i], "abc"[i % 3]);
	assert_true(blob_append(&b, b.ptr + 1, 2));
	assert_memory_equal(b.ptr + b.len - 2, "bc", 2);
	assert_true(blob_set(&b, bytes_of(b.ptr + 1, 3)));
	assert_true(bytes_equal_str(blob_bytes(&b), "bca"));
	blob_reset(&b);
}

static void
test_reserve(void **state)
{
	struct blob b = BLOB_INIT;
	uint8_t *ptr;

	(void)state;
	assert_true(blob_reserve(&b, 0));
	assert_null(b.ptr);
	assert_true(blob_reserve(&b, 1000));
	assert_int_equal(b.len, 0);
	assert_true(b.cap >= 1000);
	ptr = b.ptr;
	for (int i = 0; i < 1000; i++)
		assert_true(blob_append_u8(&b, 1));
	assert_ptr_equal(b.ptr, ptr);
	assert_true(blob_reserve(&b, 10));
	assert_ptr_equal(b.ptr, ptr);
	assert_int_equal(b.len, 1000);
	blob_reset(&b);
}

static void
test_extend(void **state)
{
	struct blob b = BLOB_INIT;
	uint8_t *p;

	(void)state;
	assert_non_null(blob_extend(&b, 0));
	assert_int_equal(b.len, 0);
	assert_true(blob_append(&b, "ab", 2));
	p = blob_extend(&b, 3);
	assert_non_null(p);
	assert_ptr_equal(p, b.ptr + 2);
	assert_memory_equal(p, "\0\0\0", 3);
	assert_int_equal(b.len, 5);
	blob_reset(&b);
}

static void
test_set_and_move(void **state)
{
	struct blob a = BLOB_INIT, b = BLOB_INIT;

	(void)state;
	assert_true(blob_set(&a, bytes_str("one")));
	assert_true(blob_set(&a, bytes_str("two")));
	assert_true(bytes_equal_str(blob_bytes(&a), "two"));
	assert_true(blob_set(&b, bytes_str("old")));
	blob_move(&b, &a);
	assert_true(bytes_equal_str(blob_bytes(&b), "two"));
	assert_null(a.ptr);
	assert_int_equal(a.cap, 0);
	blob_move(&b, &b);
	assert_true(bytes_equal_str(blob_bytes(&b), "two"));
	assert_true(blob_set(&b, BYTES_NULL));
	assert_int_equal(b.len, 0);
	blob_reset(&b);
}

static void
test_truncate(void **state)
{
	struct blob b = BLOB_INIT;
	uint8_t *ptr;

	(void)state;
	assert_true(blob_set(&b, bytes_str("secret")));
	ptr = b.ptr;
	blob_truncate(&b, 7);
	assert_int_equal(b.len, 6);
	blob_truncate(&b, 2);
	assert_true(bytes_equal_str(blob_bytes(&b), "se"));
	assert_memory_equal(ptr, "se\0\0\0\0", 6);
	blob_clear(&b);
	assert_ptr_equal(b.ptr, ptr);
	assert_int_equal(b.len, 0);
	assert_memory_equal(ptr, "\0\0\0\0\0\0", 6);
	blob_reset(&b);
	blob_clear(&b);
}

/* Growth, replacement, moving over and release leave nothing behind. */
static void
test_wiped(void **state)
{
	struct blob a = BLOB_INIT, b = BLOB_INIT;
	unsigned freed = 0;

	(void)state;
	assert_true(blob_set(&a, bytes_str("secret")));
	watch(&a);
	assert_true(blob_reserve(&a, 100000));
	freed += watched_freed;
	watch(&a);
	assert_non_null(blob_extend(&a, 200000));
	freed += watched_freed;
	watch(&a);
	assert_true(blob_set(&a, bytes_str("another")));
	freed += watched_freed;
	assert_true(blob_set(&b, bytes_str("third")));
	watch(&a);
	blob_move(&a, &b);
	freed += watched_freed;
	watch(&a);
	blob_reset(&a);
	freed += watched_freed;
	assert_int_equal(freed, 5);
}

static bool
all_kinds(struct blob *b)
{
	return blob_append(b, "0123456789", 10) && blob_reserve(b, 200) &&
	    blob_extend(b, 300) != NULL && blob_append_u8(b, 1) &&
	    blob_set(b, bytes_str("abc")) &&
	    blob_append_bytes(b, bytes_str("def"));
}

/* Each allocation fails once; what was there is there still. */
static void
test_no_memory(void **state)
{
	static const uint8_t zeros[1000];
	struct blob b = BLOB_INIT, before;
	unsigned long n;
	bool good;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		good = all_kinds(&b);
		if (!failmalloc_disarm())
			break;
		assert_false(good);
		assert_true(b.len == 0 || b.ptr != NULL);
		assert_true(b.len <= b.cap);
		blob_reset(&b);
	}
	assert_true(good);
	assert_true(n >= 4);
	assert_true(bytes_equal_str(blob_bytes(&b), "abcdef"));

	before = b;
	failmalloc_arm_from(1);
	assert_false(blob_reserve(&b, 1000));
	assert_false(blob_append(&b, zeros, sizeof(zeros)));
	assert_null(blob_extend(&b, 1000));
	assert_false(blob_set(&b, bytes_str("other")));
	assert_true(failmalloc_disarm());
	assert_int_equal(failmalloc_count(), 4);
	assert_memory_equal(&b, &before, sizeof(b));
	assert_true(bytes_equal_str(blob_bytes(&b), "abcdef"));
	blob_reset(&b);
}

/* Sizes that cannot be; nothing is allocated, nothing read. */
static void
test_overflow(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	assert_true(blob_set(&b, bytes_str("abc")));
	assert_null(blob_extend(&b, SIZE_MAX));
	assert_null(blob_extend(&b, SIZE_MAX - 2));
	assert_false(blob_append(&b, "x", SIZE_MAX / 2));
	assert_true(bytes_equal_str(blob_bytes(&b), "abc"));
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_itself),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_set_and_move),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
