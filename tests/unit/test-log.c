/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/bytes.h"
#include "common/log.h"

/* What a child with this P11_MDOC_DEBUG writes to standard error. */
static void
output_of(const char *level, void (*f)(void), char *ret, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (level != NULL)
			setenv("P11_MDOC_DEBUG", level, 1);
		else
			unsetenv("P11_MDOC_DEBUG");
		dup2(fds[1], STDERR_FILENO);
		f();
		exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], ret + len, size - len - 1)) > 0)
		len += (size_t)n;
	ret[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
three_lines(void)
{
	log_printf(LOG_ERROR, "area", "error %d", 1);
	log_printf(LOG_INFO, "area", "info %s", "two");
	log_printf(LOG_DEBUG, "area", "debug");
}

static void
test_levels(void **state)
{
	static const char *const silent[] = { NULL, "", "0", "4", "11", "x",
		"1 ", "-1", "yes" };
	char out[2048];

	(void)state;
	for (size_t i = 0; i < nitems(silent); i++) {
		output_of(silent[i], three_lines, out, sizeof(out));
		assert_string_equal(out, "");
	}
	output_of("1", three_lines, out, sizeof(out));
	assert_string_equal(out, "p11-mdoc: area: error 1\n");
	output_of("2", three_lines, out, sizeof(out));
	assert_string_equal(out,
	    "p11-mdoc: area: error 1\np11-mdoc: area: info two\n");
	output_of("3", three_lines, out, sizeof(out));
	assert_string_equal(out,
	    "p11-mdoc: area: error 1\np11-mdoc: area: info two\n"
	    "p11-mdoc: area: debug\n");
}

static void
level_stays(void)
{
	if (!log_enabled(LOG_INFO) || log_enabled(LOG_DEBUG))
		_exit(1);
	setenv("P11_MDOC_DEBUG", "3", 1);
	if (log_enabled(LOG_DEBUG))
		_exit(2);
}

static void
test_level_is_read_once(void **state)
{
	char out[64];

	(void)state;
	output_of("2", level_stays, out, sizeof(out));
	assert_string_equal(out, "");
}

/* A line of a peer's making stays one line. */
static void
odd_text(void)
{
	log_printf(LOG_ERROR, "area", "a\nb\tc\x7f\x1b[31m %s", "\xc3\xbc");
}

static void
long_text(void)
{
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_printf(LOG_ERROR, "area", "%s", text);
	log_printf(LOG_ERROR, text, "%s", "message");
}

static void
test_text(void **state)
{
	char out[2048];

	(void)state;
	output_of("1", odd_text, out, sizeof(out));
	assert_string_equal(out, "p11-mdoc: area: a?b?c??[31m \xc3\xbc\n");
	output_of("1", long_text, out, sizeof(out));
	assert_int_equal(strchr(out, '\n') - out, 510);
	assert_memory_equal(out, "p11-mdoc: area: xxx", 19);
	assert_string_equal(out + 511, "message\n");
}

static void
errno_stays(void)
{
	errno = ENOENT;
	close(STDERR_FILENO);
	log_printf(LOG_ERROR, "area", "nobody reads this");
	if (errno != ENOENT)
		_exit(1);
}

static void
test_errno(void **state)
{
	char out[64];

	(void)state;
	output_of("1", errno_stays, out, sizeof(out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_level_is_read_once),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
