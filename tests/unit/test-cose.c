/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mdoc/codec/cose.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"
#include "tests/support/vectors.h"

static bool
read_sign1(struct cbor_reader *r)
{
	struct cose cose;

	return cose_read(r, false, &cose) && cbor_finish(r)
	    ? true
	    : cbor_expect(r, "trailing");
}

static bool
read_mac0(struct cbor_reader *r)
{
	struct cose cose;

	return cose_read(r, true, &cose) && cbor_finish(r)
	    ? true
	    : cbor_expect(r, "trailing");
}

/* The spans lie in b. */
static struct cose
cose_of(const char *text, bool mac, struct blob *b)
{
	struct cbor_reader r;
	struct cose cose;

	diag(text, b);
	cbor_reader_init(&r, blob_bytes(b));
	if (!cose_read(&r, mac, &cose))
		fail_msg("%s: %s", text, r.error_what);
	assert_true(cbor_finish(&r));
	return cose;
}

static void
test_plain(void **state)
{
	struct blob b = BLOB_INIT;
	struct cose c =
	    cose_of("[<<{1: -7}>>, {33: h'3000'}, h'aa', h'bbcc']", false, &b);

	(void)state;
	assert_true(c.has_alg);
	assert_int_equal(c.alg, -7);
	assert_int_equal(c.x5chain_n, 1);
	assert_int_equal(c.x5chain[0].len, 2);
	assert_false(c.x5chain_protected);
	assert_int_equal(c.payload.len, 1);
	assert_int_equal(c.signature.len, 2);
	assert_int_equal(c.protected_.len, 3);
	assert_int_equal(c.whole.len, b.len);
	assert_ptr_equal(c.whole.ptr, b.ptr);
	assert_false(c.tagged);
	assert_false(c.odd_label);
	assert_true(bytes_is_null(c.x5t));

	c = cose_of("17([<<{1: 5}>>, {}, null, h'bb'])", true, &b);
	assert_true(c.tagged);
	assert_int_equal(c.alg, 5);
	assert_true(bytes_is_null(c.payload));
	assert_int_equal(c.x5chain_n, 0);
	assert_int_equal(c.whole.len, b.len);
	blob_reset(&b);
}

static void
test_tolerated(void **state)
{
	struct blob b = BLOB_INIT;
	struct cose c;

	(void)state;
	c = cose_of("[h'', {}, h'', h'']", false, &b);
	assert_false(c.has_alg);
	assert_false(bytes_is_null(c.payload));
	c = cose_of("[<<{}>>, {}, h'', h'']", false, &b);
	assert_false(c.has_alg);
	assert_false(c.odd_label);
	c = cose_of("18([<<{1: -7, 33: [h'01', h'02'], 34: [-16, h'00']}>>, "
		    "{4: undefined}, null, h''])",
	    false, &b);
	assert_true(c.tagged && c.x5chain_protected && c.odd_label);
	assert_int_equal(c.x5chain_n, 2);
	assert_int_equal(c.x5chain[1].ptr[0], 2);
	assert_false(bytes_is_null(c.x5t));
	c = cose_of("[h'', {33: []}, h'', h'']", false, &b);
	assert_int_equal(c.x5chain_n, 0);
	/* What is unknown is not odd, what is misplaced is. */
	c = cose_of("[h'', {4: h'00', -70000: {1: [2]}, \"x\": 1}, h'', h'']",
	    false, &b);
	assert_false(c.odd_label);
	c = cose_of("[h'', {1: -7}, h'', h'']", false, &b);
	assert_true(c.odd_label && !c.has_alg);
	c = cose_of("[h'', {2: [99]}, h'', h'']", false, &b);
	assert_true(c.odd_label);
	c = cose_of("[h'', {h'01': 1}, h'', h'']", false, &b);
	assert_true(c.odd_label);
	/* crit of what is understood and there */
	c = cose_of("[<<{2: [1, 33], 1: -7, 33: h'00'}>>, {}, h'', h'']", false,
	    &b);
	assert_true(c.has_alg && c.x5chain_protected);
	blob_reset(&b);
}

static void
test_refused(void **state)
{
	static const struct hostile bad[] = {
		{ "@{}", CBOR_E_TYPE, "COSE_Sign1: an array of 4" },
		{ "@[h'', {}, null]", CBOR_E_RANGE, "COSE_Sign1: an array" },
		{ "@[h'', {}, null, h'', 0]", CBOR_E_RANGE, "COSE_Sign1: an" },
		{ "@[_ h'', {}, null, h'']", CBOR_E_INDEFINITE, "COSE_Sign1:" },
		{ "@17([h'', {}, null, h''])", CBOR_E_TYPE,
		    "COSE_Sign1: no t" },
		{ "18(@18([h'', {}, null, h'']))", CBOR_E_TYPE, "COSE_Sign1" },
		{ "[@{1: -7}, {}, null, h'']", CBOR_E_TYPE,
		    "COSE_Sign1 protected" },
		{ "[<<@[1]>>, {}, null, h'']", CBOR_E_TYPE,
		    "COSE_Sign1 protected" },
		{ "[<<{1: -7, @1: -7}>>, {}, null, h'']", CBOR_E_DUPLICATE,
		    "COSE_Sign1 protected" },
		{ "[<<{1: @\"ES256\"}>>, {}, null, h'']", CBOR_E_TYPE,
		    "COSE_Sign1 alg (1)" },
		{ "[<<{1: @-2147483649}>>, {}, null, h'']", CBOR_E_RANGE,
		    "COSE_Sign1 alg (1)" },
		{ "[<<{@false: 1}>>, {}, null, h'']", CBOR_E_TYPE, NULL },
		{ "[h'', @[], null, h'']", CBOR_E_TYPE,
		    "COSE_Sign1 unprotected" },
		{ "[h'', {4: 0, @4: 0}, null, h'']", CBOR_E_DUPLICATE,
		    "COSE_Sign1 unprotected" },
		{ "[h'', {}, @\"x\", h'']", CBOR_E_TYPE, "COSE_Sign1 payload" },
		{ "[h'', {}, @undefined, h'']", CBOR_E_TYPE,
		    "COSE_Sign1 payload" },
		{ "[h'', {}, null, @null]", CBOR_E_TYPE,
		    "COSE_Sign1 signature" },
		{ "[h'', {33: @\"x\"}, null, h'']", CBOR_E_TYPE, "x5chain" },
		{ "[h'', {33: [h'', @1]}, null, h'']", CBOR_E_TYPE, "x5chain" },
		{ "[h'', {33: @[h'',h'',h'',h'',h'',h'',h'',h'',h'']}, null, "
		  "h'']",
		    CBOR_E_RANGE, "x5chain" },
		{ "[<<{33: h'00'}>>, {33: @h'00'}, null, h'']", CBOR_E_RANGE,
		    "x5chain (33): in one bucket only" },
		{ "[<<{34: @h''}>>, {}, null, h'']", CBOR_E_TYPE, "x5t" },
		{ "[<<{1: -7, 2: @[]}>>, {}, null, h'']", CBOR_E_RANGE,
		    "crit (2): an array" },
		{ "[<<{1: -7, 2: @1}>>, {}, null, h'']", CBOR_E_TYPE,
		    "crit (2): an array" },
		{ "[<<{2: [@99], 99: 1}>>, {}, null, h'']", CBOR_E_RANGE,
		    "crit (2): a label" },
		{ "[<<{2: [@1]}>>, {}, null, h'']", CBOR_E_RANGE,
		    "crit (2): a label" },
		{ "[<<{1: -7, 2: [1, @33]}>>, {33: h'00'}, null, h'']",
		    CBOR_E_RANGE, "crit (2): a label" },
		{ "[<<{1: -7, 2: [@\"alg\"]}>>, {}, null, h'']", CBOR_E_RANGE,
		    "crit (2): a label" },
	};
	static const struct hostile bad_mac[] = {
		{ "@18([h'', {}, null, h''])", CBOR_E_TYPE,
		    "COSE_Mac0: no tag" },
		{ "[h'', {}, null, @0]", CBOR_E_TYPE, "COSE_Mac0 tag" },
		{ "[h'', {}, @0, h'']", CBOR_E_TYPE, "COSE_Mac0 payload" },
	};
	struct blob b = BLOB_INIT;

	(void)state;
	hostile_check(bad, nitems(bad), read_sign1);
	hostile_check(bad_mac, nitems(bad_mac), read_mac0);
	/* Bytes after the map of the protected bucket. */
	vectors_hex("8444a1012600a0f640", &b);
	assert_int_equal(b.len, 9);
	{
		struct cbor_reader r;

		cbor_reader_init(&r, blob_bytes(&b));
		assert_false(read_sign1(&r));
		assert_int_equal(r.error, CBOR_E_TRAILING);
		assert_int_equal(r.error_offset, 5);
		assert_non_null(r.error_what);
	}
	blob_reset(&b);
}

static void
test_sweep(void **state)
{
	struct blob b = BLOB_INIT;

	(void)state;
	diag("18([<<{1: -7, 2: [1], 34: [-16, h'00']}>>, "
	     "{33: [h'01', h'0203'], 4: h'01'}, h'aabb', h'cc'])",
	    &b);
	hostile_sweep(blob_bytes(&b), read_sign1);
	diag("[<<{1: 5}>>, {}, null, h'00']", &b);
	hostile_sweep(blob_bytes(&b), read_mac0);
	blob_reset(&b);
}

static void
test_write(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	const struct bytes chain[] = { { bytes, 1 }, { bytes + 1, 2 } };
	struct blob b = BLOB_INIT, want = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	cbor_writer_init(&w, &b);
	cose_write(&w, -7, chain, 2, chain[1], chain[0]);
	assert_int_equal(w.error, CBOR_OK);
	diag("[<<{1: -7}>>, {33: [h'01', h'0203']}, h'0203', h'01']", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	blob_clear(&b);
	cose_write(&w, -35, chain, 1, BYTES_NULL, chain[0]);
	diag("[<<{1: -35}>>, {33: h'01'}, null, h'01']", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));

	blob_clear(&b);
	cose_write(&w, 5, NULL, 0, BYTES_NULL, chain[0]);
	diag("[<<{1: 5}>>, {}, null, h'01']", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	blob_reset(&b);
	blob_reset(&want);
}

static void
test_annex_d(void **state)
{
	struct blob b = BLOB_INIT;
	struct cbor_reader r;
	struct cose c;

	(void)state;
	VECTORS_OR_SKIP("annexD/issuer_auth.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cose_read(&r, false, &c) && cbor_finish(&r));
	assert_int_equal(c.alg, -7);
	assert_int_equal(c.x5chain_n, 1);
	assert_int_equal(c.signature.len, 64);
	VECTORS_OR_SKIP("annexD/reader_auth.hex", &b);
	cbor_reader_init(&r, blob_bytes(&b));
	assert_true(cose_read(&r, false, &c) && cbor_finish(&r));
	assert_true(bytes_is_null(c.payload));
	blob_reset(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_annex_d),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
