/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mdoc/codec/outline.h"
#include "tests/support/diag.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

struct defect {
	const char *hex;
	size_t offset;
	const char *text;
};

static void
test_plain(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;
	uint32_t map, inner;
	int64_t n;

	(void)state;
	diag("{\"a\": [1, -2, h'0102'], 3: {-1: true}, \"t\": 24(<<{\"x\": "
	     "24(<<7>>)}>>), \"f\": 1.5}",
	    &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_int_equal(o.defects_count, 0);
	assert_int_equal(o.nodes[0].kind, CBOR_KIND_MAP);
	assert_int_equal(o.nodes[0].children, 8);
	assert_true(o.nodes[0].complete);
	assert_int_equal(outline_span(&o, 0).len, b.len);
	map = outline_label(&o, 0, 3);
	assert_int_equal(o.nodes[map].depth, 1);
	assert_int_equal(o.nodes[outline_label(&o, map, -1)].value, 1);
	assert_int_equal(outline_label(&o, map, 1), OUTLINE_NONE);
	map = outline_member(&o, 0, "a");
	assert_int_equal(o.nodes[map].children, 3);
	assert_true(outline_int(&o, outline_child(&o, map, 1), &n) && n == -2);
	assert_false(outline_int(&o, outline_child(&o, map, 2), &n));
	assert_false(outline_int(&o, OUTLINE_NONE, &n));
	assert_int_equal(outline_child(&o, map, 3), OUTLINE_NONE);
	assert_int_equal(outline_content(&o, outline_child(&o, map, 2)).len, 2);
	assert_true(outline_number(&o, outline_member(&o, 0, "f")) > 1.4);

	inner = outline_child(&o, outline_member(&o, 0, "t"), 0);
	assert_int_equal(o.nodes[inner].child, OUTLINE_NONE);
	outline_open_tagged(&o, 0);
	assert_int_equal(o.defects_count, 0);
	assert_true(o.nodes[inner].opened);
	map = o.nodes[inner].child;
	assert_int_equal(o.nodes[map].depth, 3);
	inner = outline_child(&o, outline_member(&o, map, "x"), 0);
	assert_true(o.nodes[inner].opened);
	assert_int_equal(o.nodes[o.nodes[inner].child].value, 7);
	outline_reset(&o);
	blob_reset(&b);
}

static void
check(const struct defect *d)
{
	struct blob b = BLOB_INIT;
	struct outline o;

	vectors_hex(d->hex, &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	outline_open_tagged(&o, 0);
	if (o.defects_count != 1)
		fail_msg("%s: %zu defects", d->hex, o.defects_count);
	if (o.defects[0].offset != d->offset ||
	    strcmp(o.defects[0].text, d->text) != 0)
		fail_msg("%s: %s at %zu", d->hex, o.defects[0].text,
		    o.defects[0].offset);
	outline_reset(&o);
	blob_reset(&b);
}

static void
test_defects(void **state)
{
	static const struct defect list[] = {
		{ "", 0, "truncated" },
		{ "18", 0, "truncated" },
		{ "4201", 2, "truncated" },
		{ "8201", 2, "truncated" },
		{ "a101", 2, "truncated" },
		{ "c0", 1, "truncated" },
		{ "a300", 2, "truncated" },
		{ "9affffffff01", 6, "truncated" },
		{ "bbffffffffffffffff01", 10, "truncated" },
		{ "1c", 0, "malformed" },
		{ "811d", 1, "malformed" },
		{ "f800", 0, "malformed" },
		{ "1f", 0, "malformed" },
		{ "df00", 0, "malformed" },
		{ "ff", 0, "break without an indefinite length" },
		{ "8101ff", 2, "trailing bytes" },
		{ "8201ff", 2, "break without an indefinite length" },
		{ "0000", 1, "trailing bytes" },
		{ "1817", 0, "head longer than necessary" },
		{ "190018", 0, "head longer than necessary" },
		{ "fb3ff8000000000000", 0, "head longer than necessary" },
		{ "9f01ff", 0, "indefinite length" },
		{ "bf0102ff", 0, "indefinite length" },
		{ "5f4101ff", 0, "indefinite length" },
		{ "5fff", 0, "indefinite length" },
		{ "a201020103", 3, "duplicate map key" },
		{ "a3616101020361610a", 6, "duplicate map key" },
		{ "a2f501f502", 3, "duplicate map key" },
		{ "a2810101810102", 4, "duplicate map key" },
		{ "61ff", 1, "not UTF-8" },
		{ "d81800", 2, "no byte string under tag 24" },
		{ "d81840", 3, "truncated" },
		{ "d8184118", 3, "truncated" },
		{ "d818420000", 4, "trailing bytes" },
		{ "d81845a201020103", 6, "duplicate map key" },
	};

	(void)state;
	for (size_t i = 0; i < nitems(list); i++)
		check(&list[i]);
}

/* Several, in the order in which they are met. */
static void
test_more_defects(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;

	(void)state;
	/* {_ 1_0: 2, 1: 3} and a byte more: equal, though written otherwise */
	vectors_hex("bf1801020103ff00", &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_int_equal(o.defects_count, 4);
	assert_string_equal(o.defects[0].text, "indefinite length");
	assert_string_equal(o.defects[1].text, "head longer than necessary");
	assert_string_equal(o.defects[2].text, "duplicate map key");
	assert_int_equal(o.defects[2].offset, 4);
	assert_string_equal(o.defects[3].text, "trailing bytes");
	assert_int_equal(o.nodes[0].first_defect, 0);
	assert_int_equal(o.defects[0].next, OUTLINE_NONE);
	outline_reset(&o);
	/* A chunk of the other kind, a chunk of indefinite length */
	vectors_hex("5f6161ff", &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_string_equal(o.defects[1].text, "malformed");
	outline_reset(&o);
	vectors_hex("5f5f4100ffff", &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_string_equal(o.defects[1].text, "malformed");
	outline_reset(&o);
	/* An odd number of items before the break */
	vectors_hex("bf01ff", &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_string_equal(o.defects[1].text,
	    "break without an indefinite length");
	outline_reset(&o);
	blob_reset(&b);
}

static void
test_limits(void **state)
{
	static uint8_t many[OUTLINE_MAX_NODES + 10];
	uint8_t deep[100];
	struct outline o;

	(void)state;
	memset(deep, 0x81, sizeof(deep));
	assert_true(outline_read(&o, bytes_of(deep, sizeof(deep))));
	assert_string_equal(o.defects[0].text, "nested too deeply");
	assert_int_equal(o.n, OUTLINE_MAX_DEPTH);
	outline_reset(&o);
	many[0] = 0x9a;
	many[2] = 0xff;
	assert_true(outline_read(&o, bytes_of(many, sizeof(many))));
	assert_int_equal(o.n,
	    0xff0000 < OUTLINE_MAX_NODES ? 0xff0000 : OUTLINE_MAX_NODES);
	assert_string_equal(o.defects[0].text, "too many items to be shown");
	outline_reset(&o);
	/* Defects are counted beyond those that are kept. */
	many[0] = 0x99;
	many[1] = 0x07;
	many[2] = 0xd0;
	for (size_t i = 0; i < 2000; i++)
		many[3 + 2 * i] = 0x18;
	assert_true(outline_read(&o, bytes_of(many, 3 + 4000)));
	assert_int_equal(o.defects_count, 2000);
	assert_int_equal(o.defects_n, OUTLINE_MAX_DEFECTS);
	outline_reset(&o);
}

static void
test_open(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;

	(void)state;
	diag("[<<{1: 2}>>, h'ff', h'', \"x\", <<[1, 1_1]>>]", &b);
	assert_true(outline_read(&o, blob_bytes(&b)));
	assert_true(outline_open(&o, 1, false));
	assert_true(outline_open(&o, 1, false));
	assert_false(outline_open(&o, 2, false));
	assert_false(outline_open(&o, 3, false));
	assert_false(outline_open(&o, 4, false));
	assert_false(outline_open(&o, OUTLINE_NONE, true));
	assert_int_equal(o.defects_count, 0);
	assert_true(outline_open(&o, 5, false));
	assert_int_equal(o.defects_count, 1);
	assert_false(outline_open(&o, 2, true));
	assert_int_equal(o.defects_count, 2);
	outline_reset(&o);
	blob_reset(&b);
}

/* Nothing is read beyond any length, and the nodes make sense. */
static void
test_truncation(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;
	uint8_t *p;

	(void)state;
	diag("{\"a\": [_ 1, -2, (_ h'0102', h'')], 3: {-1: true}, \"t\": "
	     "24(<<{\"x\": 24(<<7>>)}>>), \"f\": 1.1, \"g\": {_ 1000: \"y\"}}",
	    &b);
	for (size_t i = 0; i < b.len; i++) {
		p = malloc(i + 1);
		assert_non_null(p);
		memcpy(p, b.ptr, i);
		assert_true(outline_read(&o, bytes_of(p, i)));
		outline_open_tagged(&o, 0);
		assert_true(o.defects_count >= 1);
		for (size_t j = 0; j < o.n; j++) {
			assert_true(o.nodes[j].end <= i);
			assert_true(o.nodes[j].offset < o.nodes[j].end);
			assert_true(o.nodes[j].parent == OUTLINE_NONE ||
			    o.nodes[j].parent < j);
		}
		outline_reset(&o);
		free(p);
	}
	blob_reset(&b);
}

static void
test_no_memory(void **state)
{
	struct blob b = BLOB_INIT;
	struct outline o;
	unsigned long n;
	bool good;

	(void)state;
	diag("{1: 2, 1: 3, 2: 24(<<1_1>>)}", &b);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		good = outline_read(&o, blob_bytes(&b));
		outline_open_tagged(&o, 0);
		if (!failmalloc_disarm())
			break;
		assert_true(!good || o.no_memory);
		outline_reset(&o);
	}
	assert_true(good && !o.no_memory);
	assert_int_equal(o.defects_count, 2);
	outline_reset(&o);
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_more_defects),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
