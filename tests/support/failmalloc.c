/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/failmalloc.h"

static atomic_ulong count;
static atomic_ulong fail_at;
static atomic_bool fail_rest;
static atomic_bool failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static void
arm(unsigned long nth, bool rest)
{
	count = 0;
	fail_at = nth;
	fail_rest = rest;
	failed = false;
}

void
failmalloc_arm(unsigned long nth)
{
	arm(nth, false);
}

void
failmalloc_arm_from(unsigned long nth)
{
	arm(nth, true);
}

bool
failmalloc_disarm(void)
{
	fail_at = 0;
	return failed;
}

unsigned long
failmalloc_count(void)
{
	return count;
}

static bool
must_fail(void)
{
	const unsigned long n = ++count, at = fail_at;

	if (at == 0 || n < at || (n > at && !fail_rest))
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return must_fail() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return must_fail() ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return must_fail() ? NULL : __real_strndup(s, n);
}
