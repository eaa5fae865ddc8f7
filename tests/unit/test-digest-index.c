/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/model/digest-index.h"
#include "tests/support/failmalloc.h"

/* {id(i): the four bytes of id(i), ...} for i below n */
static void
make_map(struct blob *b, uint32_t n, uint32_t (*id)(uint32_t i, uint32_t n))
{
	struct cbor_writer w;
	uint32_t v;

	blob_clear(b);
	cbor_writer_init(&w, b);
	cbor_put_map(&w, n);
	for (uint32_t i = 0; i < n; i++) {
		v = id(i, n);
		cbor_put_uint(&w, v);
		cbor_put_bstr(&w, bytes_of(&v, sizeof(v)));
	}
	assert_int_equal(w.error, CBOR_OK);
}

static uint32_t
id_plain(uint32_t i, uint32_t n)
{
	(void)n;
	return i;
}

static uint32_t
id_backwards(uint32_t i, uint32_t n)
{
	return n - 1 - i;
}

static uint32_t
id_gaps(uint32_t i, uint32_t n)
{
	(void)n;
	return 1000 + 3 * i;
}

/* A permutation of 31 bits. */
static uint32_t
id_scattered(uint32_t i, uint32_t n)
{
	(void)n;
	return (i * 2654435761U + 12345) & 0x7fffffff;
}

static void
check(const struct digest_index *x, uint32_t n,
    uint32_t (*id)(uint32_t i, uint32_t n))
{
	struct bytes digest;
	uint32_t v;

	for (uint32_t i = 0; i < n; i++) {
		v = id(i, n);
		digest = digest_index_find(x, v);
		assert_int_equal(digest.len, sizeof(v));
		assert_memory_equal(digest.ptr, &v, sizeof(v));
	}
}

static void
test_find(void **state)
{
	static uint32_t (*const ids[])(uint32_t i, uint32_t n) = { id_plain,
		id_backwards, id_gaps, id_scattered };
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 1000, 5 };
	struct digest_index x = DIGEST_INDEX_INIT;
	struct blob b = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(ids); i++) {
		for (size_t j = 0; j < nitems(sizes); j++) {
			make_map(&b, sizes[j], ids[i]);
			assert_true(digest_index_open(&x, blob_bytes(&b)));
			check(&x, sizes[j], ids[i]);
		}
	}
	make_map(&b, 100, id_gaps);
	assert_true(digest_index_open(&x, blob_bytes(&b)));
	assert_null(digest_index_find(&x, 0).ptr);
	assert_null(digest_index_find(&x, 999).ptr);
	assert_null(digest_index_find(&x, 1001).ptr);
	assert_null(digest_index_find(&x, 1298).ptr);
	assert_null(digest_index_find(&x, 5000).ptr);
	assert_null(digest_index_find(&x, UINT64_MAX).ptr);
	assert_null(digest_index_find(&x, (UINT64_C(1) << 32) + 1000).ptr);
	digest_index_close(&x);
	assert_null(digest_index_find(&x, 0).ptr);
	digest_index_close(&x);
	blob_reset(&b);
}

static void
test_no_memory(void **state)
{
	struct digest_index x = DIGEST_INDEX_INIT;
	struct blob b = BLOB_INIT;

	(void)state;
	make_map(&b, 64, id_backwards);
	failmalloc_arm_from(1);
	assert_true(digest_index_open(&x, blob_bytes(&b)));
	assert_false(failmalloc_disarm());
	check(&x, 64, id_backwards);
	make_map(&b, 65, id_plain);
	failmalloc_arm_from(1);
	assert_false(digest_index_open(&x, blob_bytes(&b)));
	assert_true(failmalloc_disarm());
	assert_null(digest_index_find(&x, 0).ptr);
	assert_true(digest_index_open(&x, blob_bytes(&b)));
	check(&x, 65, id_plain);
	/* The memory is kept. */
	failmalloc_arm_from(1);
	assert_true(digest_index_open(&x, blob_bytes(&b)));
	assert_false(failmalloc_disarm());
	digest_index_close(&x);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
