/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <mdoc/types.h>

#include "mdoc/transport/deadline.h"

static void
test_never(void **state)
{
	struct deadline d = deadline_in(-1);

	(void)state;
	assert_int_equal(deadline_left(&d), -1);
}

static void
test_at_once(void **state)
{
	struct deadline d = deadline_in(0);

	(void)state;
	assert_int_equal(deadline_left(&d), 0);
	assert_int_equal(deadline_error(&d), MDOC_E_AGAIN);
}

static void
test_counts_down(void **state)
{
	struct deadline d = deadline_in(60999);
	struct timespec pause = { .tv_nsec = 3000000 };
	int left, later;

	(void)state;
	left = deadline_left(&d);
	assert_in_range(left, 1, 60999);
	nanosleep(&pause, NULL);
	later = deadline_left(&d);
	assert_true(later < left);
	assert_int_equal(deadline_error(&d), MDOC_E_TIMEOUT);
}

static void
test_over(void **state)
{
	struct deadline d = deadline_in(1);
	struct timespec pause = { .tv_nsec = 3000000 };

	(void)state;
	nanosleep(&pause, NULL);
	assert_int_equal(deadline_left(&d), 0);
	/* Not even a timer that is far behind makes it negative. */
	d.at.tv_sec -= 100000000;
	assert_int_equal(deadline_left(&d), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_counts_down),
		cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
