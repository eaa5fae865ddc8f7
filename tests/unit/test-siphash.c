/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/siphash.h"

static uint64_t
hash(const uint64_t seed[2], const char *text)
{
	struct siphash s;

	siphash_begin(&s, seed);
	siphash_add(&s, strlen(text));
	siphash_add_bytes(&s, bytes_str(text));
	return siphash_end(&s);
}

static void
test_depends_on_all(void **state)
{
	const uint64_t a[2] = { 1, 2 }, b[2] = { 1, 3 };

	(void)state;
	assert_true(hash(a, "family_name") == hash(a, "family_name"));
	assert_true(hash(a, "family_name") != hash(a, "family_nam"));
	assert_true(hash(a, "family_name") != hash(a, "gamily_name"));
	assert_true(hash(a, "family_name") != hash(b, "family_name"));
	assert_true(hash(a, "") != hash(a, "a"));
}

/*
 * SipHash-1-3 as others compute it: key 00 01 ... 0f, the empty message, whose
 * last word holds only the length 0.
 */
static void
test_known(void **state)
{
	const uint64_t seed[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	struct siphash s;

	(void)state;
	siphash_begin(&s, seed);
	siphash_add(&s, 0);
	assert_true(siphash_end(&s) == UINT64_C(0xabac0158050fc4dc));
}

static void
test_seed(void **state)
{
	uint64_t a[2], b[2];

	(void)state;
	siphash_seed(a);
	siphash_seed(b);
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depends_on_all),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
