/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * failmalloc: makes one allocation of the code under test fail. The test is
 * linked with $(failmalloc_ldflags), which puts these functions in the place
 * of malloc, calloc, realloc, reallocarray, strdup and strndup as called by
 * this tree's code; shared libraries keep the real ones.
 *
 *	for (n = 1;; n++) {
 *		failmalloc_arm(n);
 *		good = f(...);
 *		if (!failmalloc_disarm())
 *			break;
 *		assert_false(good);
 *	}
 *	assert_true(good);
 */
#ifndef TESTS_SUPPORT_FAILMALLOC_H
#define TESTS_SUPPORT_FAILMALLOC_H

#include <stdbool.h>

/* The nth allocation from now on fails; 1 is the next, 0 none. */
void failmalloc_arm(unsigned long nth);
/* That one and all after it. */
void failmalloc_arm_from(unsigned long nth);
/* Allocations work again. Whether one failed since it was armed. */
bool failmalloc_disarm(void);
/* Allocations since it was armed. */
unsigned long failmalloc_count(void);

#endif
