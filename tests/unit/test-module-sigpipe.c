/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/device/sigpipe.h"

static volatile sig_atomic_t seen;

static void
handler(int signal)
{
	(void)signal;
	seen = seen + 1;
}

/* Writes to a pipe that nobody reads. */
static void
write_to_nobody(void)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	assert_int_equal(write(fd[1], "x", 1), -1);
	close(fd[1]);
}

static void
test_held(void **state)
{
	(void)state;
	assert_ptr_not_equal(signal(SIGPIPE, handler), SIG_ERR);
	write_to_nobody();
	assert_int_equal(seen, 1);
	assert_true(sigpipe_hold());
	/* The inner one is not to be released. */
	assert_false(sigpipe_hold());
	write_to_nobody();
	sigpipe_release();
	assert_int_equal(seen, 1);
	/* The application's own come through again. */
	write_to_nobody();
	assert_int_equal(seen, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
