/* SPDX-License-Identifier: BSD-3-Clause */
/* check: what the targets of mdoc/ demand of any input. */
#ifndef TESTS_FUZZ_CHECK_H
#define TESTS_FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "common/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

static inline void
check(bool good, const char *condition, const char *file, int line)
{
	if (good)
		return;
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

static inline void
check_inside(struct bytes inner, struct bytes outer)
{
	if (bytes_is_null(inner))
		return;
	CHECK(inner.ptr >= outer.ptr);
	CHECK(inner.len <= outer.len);
	CHECK(inner.ptr + inner.len <= outer.ptr + outer.len);
}

/* A complete item of the input, or absent. */
static inline void
check_item(struct bytes item, struct bytes in)
{
	check_inside(item, in);
	if (!bytes_is_null(item))
		CHECK(cbor_check(item, NULL) == CBOR_OK);
}

/* After a reader said no. */
static inline void
check_error(const struct cbor_reader *r, size_t size)
{
	CHECK(r->error != CBOR_OK);
	CHECK(r->error_offset <= size);
	CHECK(r->error_what != NULL);
}

#endif
