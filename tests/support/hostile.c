/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/diag.h"
#include "tests/support/hostile.h"

void
hostile_check(const struct hostile *list, size_t n, hostile_fn *fn)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	size_t mark;

	for (size_t i = 0; i < n; i++) {
		const struct hostile *h = &list[i];

		mark = diag(h->text, &b);
		cbor_reader_init(&r, blob_bytes(&b));
		if (fn(&r))
			fail_msg("accepted: %s", h->text);
		if (r.error != h->error || r.error_offset != mark)
			fail_msg("%s: %s at %zu (%s), not %s at %zu", h->text,
			    cbor_error_name(r.error), r.error_offset,
			    r.error_what != NULL ? r.error_what : "no text",
			    cbor_error_name(h->error), mark);
		if (r.error_what == NULL)
			fail_msg("%s: no text", h->text);
		if (h->what != NULL &&
		    strncmp(r.error_what, h->what, strlen(h->what)) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", h->text,
			    r.error_what, h->what);
	}
	blob_reset(&b);
}

/* In memory that ends where the input does. */
static bool
read_copy(struct bytes in, hostile_fn *fn)
{
	uint8_t *copy = malloc(in.len > 0 ? in.len : 1);
	struct cbor_reader r;
	bool good;

	assert_non_null(copy);
	if (in.len > 0)
		memcpy(copy, in.ptr, in.len);
	cbor_reader_init(&r, bytes_of(copy, in.len));
	good = fn(&r);
	assert_int_equal(good, r.error == CBOR_OK);
	assert_true(good || r.error_offset <= in.len);
	free(copy);
	return good;
}

void
hostile_sweep(struct bytes whole, hostile_fn *fn)
{
	static const uint8_t changes[] = { 0x01, 0x20, 0x80, 0xff };
	struct blob b = BLOB_INIT;

	assert_true(read_copy(whole, fn));
	for (size_t i = 0; i < whole.len; i++)
		assert_false(read_copy(bytes_of(whole.ptr, i), fn));
	assert_true(blob_set(&b, whole) && blob_append_u8(&b, 0));
	assert_false(read_copy(blob_bytes(&b), fn));
	blob_truncate(&b, whole.len);
	for (size_t i = 0; i < whole.len; i++) {
		for (size_t j = 0; j < nitems(changes); j++) {
			b.ptr[i] ^= changes[j];
			(void)read_copy(blob_bytes(&b), fn);
			b.ptr[i] ^= changes[j];
		}
	}
	blob_reset(&b);
}
