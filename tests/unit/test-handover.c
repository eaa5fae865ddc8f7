/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/session/handover.h"
#include "tests/support/vectors.h"

static void
written(const char *name, const struct bytes *parts, size_t n, const char *hex)
{
	const struct handover *h = handover_find(name);
	struct blob out = BLOB_INIT, want = BLOB_INIT;
	struct cbor_writer w;

	assert_non_null(h);
	assert_true(n >= h->min_parts && n <= h->max_parts);
	cbor_writer_init(&w, &out);
	h->write(&w, parts, n);
	assert_int_equal(w.error, CBOR_OK);
	vectors_hex(hex, &want);
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.ptr, want.ptr, want.len);
	blob_reset(&out);
	blob_reset(&want);
}

static void
test_write(void **state)
{
	const struct bytes parts[2] = { bytes_of("\x01\x02", 2),
		bytes_of("\x03", 1) };

	(void)state;
	written("qr", NULL, 0, "f6");
	written("nfc", parts, 1, "82420102f6");
	written("nfc", parts, 2, "824201024103");
}

static void
test_find(void **state)
{
	const struct handover *h;
	size_t i;

	(void)state;
	assert_null(handover_find(NULL));
	assert_null(handover_find(""));
	assert_null(handover_find("QR"));
	assert_null(handover_find("nf"));
	for (i = 0; (h = handover_at(i)) != NULL; i++) {
		assert_ptr_equal(handover_find(h->name), h);
		assert_true(h->min_parts <= h->max_parts);
		assert_true(h->max_parts <= HANDOVER_MAX_PARTS);
	}
	assert_true(i >= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
