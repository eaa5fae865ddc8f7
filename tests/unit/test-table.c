/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/table.h"
#include "tests/support/failmalloc.h"

#define TABLE_FULL 262143

static void
test_add_and_get(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long h[3];
	int x[3];

	(void)state;
	assert_null(table_get(&t, 0));
	assert_null(table_get(&t, 1));
	assert_null(table_remove(&t, 1));
	for (int i = 0; i < 3; i++)
		assert_true(table_add(&t, &x[i], &h[i]));
	assert_int_equal(t.used, 3);
	for (int i = 0; i < 3; i++) {
		assert_true(h[i] != 0);
		assert_ptr_equal(table_get(&t, h[i]), &x[i]);
	}
	assert_true(h[0] != h[1] && h[1] != h[2] && h[0] != h[2]);
	assert_null(table_get(&t, 0));
	assert_null(table_get(&t, h[2] + 1));
	assert_null(table_get(&t, h[0] + (1UL << 18)));
	assert_null(table_get(&t, ~0UL));
	assert_ptr_equal(table_remove(&t, h[1]), &x[1]);
	assert_null(table_get(&t, h[1]));
	assert_null(table_remove(&t, h[1]));
	assert_int_equal(t.used, 2);
	assert_ptr_equal(table_get(&t, h[2]), &x[2]);
	table_reset(&t);
	assert_null(table_get(&t, h[0]));
	table_reset(&t);
}

/* A handle that was removed stays invalid when its place is used again. */
static void
test_generations(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long first, h;
	unsigned reuse = 0;
	int x;

	(void)state;
	assert_true(table_add(&t, &x, &first));
	assert_ptr_equal(table_remove(&t, first), &x);
	for (int i = 0; i < 100000; i++) {
		assert_true(table_add(&t, &x, &h));
		assert_true(h != first);
		assert_true(h <= 0x7fffffff);
		if ((h & 0x3ffff) == (first & 0x3ffff))
			reuse++;
		assert_null(table_get(&t, first));
		assert_null(table_remove(&t, first));
		assert_ptr_equal(table_remove(&t, h), &x);
	}
	assert_true(reuse > 1000);
	assert_int_equal(t.cap, 16);
	table_reset(&t);
}

/* The generation has 13 bits: it starts again, and still works. */
static void
test_generation_wraps(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long first, h = 0;
	unsigned long rounds = 0;
	int x;

	(void)state;
	assert_true(table_add(&t, &x, &first));
	assert_ptr_equal(table_remove(&t, first), &x);
	while (h != first) {
		assert_true(table_add(&t, &x, &h));
		assert_ptr_equal(table_get(&t, h), &x);
		assert_ptr_equal(table_remove(&t, h), &x);
		rounds++;
	}
	assert_int_equal(rounds, 16 << 13);
	table_reset(&t);
}

static void
test_growth(void **state)
{
	static unsigned long h[5000];
	struct table t = TABLE_INIT;
	static int x[5000];

	(void)state;
	for (size_t i = 0; i < nitems(h); i++)
		assert_true(table_add(&t, &x[i], &h[i]));
	for (size_t i = 0; i < nitems(h); i += 2)
		assert_ptr_equal(table_remove(&t, h[i]), &x[i]);
	for (size_t i = 0; i < nitems(h); i++)
		assert_ptr_equal(table_get(&t, h[i]), i % 2 ? &x[i] : NULL);
	for (size_t i = 0; i < nitems(h); i += 2)
		assert_true(table_add(&t, &x[i], &h[i]));
	for (size_t i = 0; i < nitems(h); i++)
		assert_ptr_equal(table_get(&t, h[i]), &x[i]);
	assert_int_equal(t.used, nitems(h));
	table_reset(&t);
}

static void
test_walk(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long h[10], seen;
	size_t pos = 0;
	unsigned n = 0;
	int x[10];

	(void)state;
	assert_null(table_next(&t, &pos, NULL));
	for (size_t i = 0; i < nitems(h); i++)
		assert_true(table_add(&t, &x[i], &h[i]));
	assert_ptr_equal(table_remove(&t, h[0]), &x[0]);
	assert_ptr_equal(table_remove(&t, h[5]), &x[5]);
	pos = 0;
	while (table_next(&t, &pos, NULL) != NULL)
		n++;
	assert_int_equal(n, 8);
	/* What the walk gives may be removed. */
	pos = 0;
	n = 0;
	for (void *p; (p = table_next(&t, &pos, &seen)) != NULL; n++)
		assert_ptr_equal(table_remove(&t, seen), p);
	assert_int_equal(n, 8);
	assert_int_equal(t.used, 0);
	pos = 0;
	assert_null(table_next(&t, &pos, &seen));
	table_reset(&t);
}

static void
test_full(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long h = 0, last;
	int x;

	(void)state;
	for (size_t i = 0; i < TABLE_FULL; i++)
		assert_true(table_add(&t, &x, &h));
	last = h;
	assert_false(table_add(&t, &x, &h));
	assert_int_equal(h, last);
	assert_int_equal(t.used, TABLE_FULL);
	assert_ptr_equal(table_remove(&t, 77), &x);
	assert_true(table_add(&t, &x, &h));
	assert_true(h > 77 && (h & 0x3ffff) == 77);
	assert_false(table_add(&t, &x, &h));
	table_reset(&t);
}

static void
test_no_memory(void **state)
{
	struct table t = TABLE_INIT;
	unsigned long h = 5, kept;
	int x;

	(void)state;
	failmalloc_arm(1);
	assert_false(table_add(&t, &x, &h));
	assert_true(failmalloc_disarm());
	assert_int_equal(h, 5);
	for (int i = 0; i < 16; i++)
		assert_true(table_add(&t, &x, &kept));
	failmalloc_arm(1);
	assert_false(table_add(&t, &x, &h));
	assert_true(failmalloc_disarm());
	assert_int_equal(h, 5);
	assert_int_equal(t.used, 16);
	assert_ptr_equal(table_get(&t, kept), &x);
	assert_true(table_add(&t, &x, &h));
	assert_ptr_equal(table_get(&t, h), &x);
	table_reset(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_get),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_generation_wraps),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
