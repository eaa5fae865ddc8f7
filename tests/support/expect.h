/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * expect: in cmocka tests, what a function of libmdoc returned and what its
 * context says about it.
 */
#ifndef TESTS_SUPPORT_EXPECT_H
#define TESTS_SUPPORT_EXPECT_H

#include <string.h>

#include <mdoc/types.h>

/* MDOC_OK, or the test fails with the text of the error. */
#define expect_ok(ctx, call)                                     \
	do {                                                     \
		int expect_r_ = (call);                          \
                                                                 \
		if (expect_r_ != MDOC_OK)                        \
			fail_msg("%s: %d: %s", #call, expect_r_, \
			    mdoc_ctx_error(ctx));                \
	} while (0)

/* This code, and a text that contains this one. */
#define expect_error(ctx, call, code, text)                                  \
	do {                                                                 \
		int expect_r_ = (call);                                      \
                                                                             \
		if (expect_r_ != (code) ||                                   \
		    strstr(mdoc_ctx_error(ctx), (text)) == NULL)             \
			fail_msg("%s: %d \"%s\", not %d \"%s\"", #call,      \
			    expect_r_, mdoc_ctx_error(ctx), (code), (text)); \
	} while (0)

#endif
