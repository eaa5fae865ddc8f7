/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"
#include "tests/support/exchange.h"
#include "tests/support/failmalloc.h"

static int
setup(void **state)
{
	static struct exchange x;

	exchange_new(&x, "P-256");
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	exchange_free(*state);
	return 0;
}

static mdoc_bytes
literal(const char *s, size_t n)
{
	return (mdoc_bytes){ (const unsigned char *)s, n };
}

#define CBOR(s) literal(s, sizeof(s) - 1)

static void
add_many(mdoc_issuer *issuer, const char *name_space, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		assert_true(snprintf(name, sizeof(name), "e%03u", i) > 0);
		assert_int_equal(mdoc_issuer_add(issuer, name_space, name,
				     CBOR("\x05")),
		    MDOC_OK);
	}
}

static void
read_back(struct exchange *x, struct issuer_signed *s, struct mso *mso)
{
	struct cbor_reader r;

	cbor_reader_init(&r, from_public(exchange_bytes(&x->issuer_signed)));
	assert_true(issuer_signed_read(&r, s));
	assert_true(cbor_finish(&r));
	cbor_reader_nested(&r, &s->source, s->issuer_auth.payload);
	assert_true(mso_read(&r, mso));
}

/* digestIDs 0 to n - 1, once each, in no order that tells about elements. */
static void
test_digest_ids(void **state)
{
	struct exchange *x = *state;
	struct issuer_signed s;
	struct item_walk walk;
	struct item item;
	struct mso mso;
	mdoc_issuer *issuer;
	bool seen[64] = { false };
	unsigned n = 0, in_place = 0;

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, nitems(seen));
	exchange_issue(x, issuer);
	read_back(x, &s, &mso);
	item_walk_start(&walk, &s);
	while (item_walk_next(&walk, &item)) {
		assert_true(item.digest_id < nitems(seen));
		assert_false(seen[item.digest_id]);
		seen[item.digest_id] = true;
		in_place += item.digest_id == n;
		assert_int_equal(item.random.len, 32);
		n++;
	}
	assert_int_equal(walk.r.error, CBOR_OK);
	assert_int_equal(n, nitems(seen));
	/* One is expected; twenty would be a miracle. */
	assert_true(in_place < 20);
}

/* All that is in the MSO, and in ascending order. */
static void
test_mso(void **state)
{
	struct exchange *x = *state;
	struct issuer_signed s;
	struct mso mso;
	mdoc_issuer *issuer;
	struct cbor_reader r;
	struct cbor_map spaces, ids;
	struct cbor_item key;
	uint64_t next;

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 30);
	add_many(issuer, "org.example", 3);
	exchange_issue(x, issuer);
	read_back(x, &s, &mso);
	assert_true(bytes_equal_str(mso.version, "1.0"));
	assert_true(bytes_equal_str(mso.doc_type, EXCHANGE_MDL));
	assert_true(bytes_equal_str(mso.digest_algorithm, "SHA-256"));
	assert_int_equal(mso.valid_until.seconds, EXCHANGE_AT + 30 * 86400);
	assert_false(mso.valid_from.fraction || mso.valid_from.offset);
	assert_int_equal(s.issuer_auth.alg, -7);
	assert_int_equal(s.issuer_auth.x5chain_n, 1);
	assert_false(s.issuer_auth.x5chain_protected);
	assert_false(s.issuer_auth.tagged);
	cbor_reader_init(&r, mso.value_digests);
	assert_true(cbor_enter_map(&r, &spaces));
	while (cbor_map_next(&r, &spaces, &key)) {
		next = 0;
		assert_true(cbor_enter_map(&r, &ids));
		while (cbor_map_next(&r, &ids, &key)) {
			assert_int_equal(key.value, next);
			next++;
			assert_true(cbor_skip(&r, NULL));
		}
	}
	assert_int_equal(r.error, CBOR_OK);
	assert_int_equal(spaces.count, 2);
}

struct fixed_random {
	unsigned calls;
	size_t len;
	uint8_t byte;
};

static int
fill(void *arg, unsigned char *buf, size_t len)
{
	struct fixed_random *f = arg;

	memset(buf, f->byte, len);
	f->calls++;
	f->len = len;
	return MDOC_OK;
}

static int
fill_fails(void *arg, unsigned char *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	return MDOC_E_CRYPTO;
}

/* One call for all salts of a document; without randomness no document. */
static void
test_random(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	struct fixed_random f = { .byte = 0xff };
	mdoc_buf a = MDOC_BUF_INIT;
	mdoc_issuer *issuer;

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 25);
	mdoc_ctx_set_insecure_random(x->ctx, fill, &f);
	assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &a),
	    MDOC_OK);
	assert_int_equal(f.calls, 1);
	assert_int_equal(f.len, 25 * 36);
	mdoc_buf_reset(&a);
	mdoc_ctx_set_insecure_random(x->ctx, fill_fails, NULL);
	assert_int_not_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &a),
	    MDOC_OK);
	assert_null(a.ptr);
	mdoc_ctx_set_insecure_random(x->ctx, NULL, NULL);
	mdoc_issuer_free(&issuer);
}

/* Another copy has other salts and other digestIDs. */
static void
test_again(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	mdoc_buf a = MDOC_BUF_INIT, b = MDOC_BUF_INIT;
	mdoc_issuer *issuer;

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 5);
	assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &a),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &b),
	    MDOC_OK);
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(a.ptr, b.ptr, a.len);
	mdoc_buf_reset(&a);
	mdoc_buf_reset(&b);
	mdoc_issuer_free(&issuer);
}

static void
assert_error(struct exchange *x, int have, int want, const char *text)
{
	assert_int_equal(have, want);
	if (strstr(mdoc_ctx_error(x->ctx), text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text,
		    mdoc_ctx_error(x->ctx));
}

static void
test_add_errors(void **state)
{
	struct exchange *x = *state;
	mdoc_issuer *issuer = NULL;
	char name[8];

	assert_error(x, mdoc_issuer_new(x->ctx, "", &issuer), MDOC_E_ARGUMENT,
	    "docType");
	assert_error(x, mdoc_issuer_new(x->ctx, "\xff", &issuer),
	    MDOC_E_ARGUMENT, "UTF-8");
	assert_null(issuer);
	issuer = exchange_issuer(x, "P-256");
	assert_error(x, mdoc_issuer_add(issuer, "", "e", CBOR("\x01")),
	    MDOC_E_ARGUMENT, "namespace");
	assert_error(x, mdoc_issuer_add(issuer, "n", "", CBOR("\x01")),
	    MDOC_E_ARGUMENT, "element");
	assert_error(x, mdoc_issuer_add(issuer, "n", "e", CBOR("")),
	    MDOC_E_CBOR, "value of e");
	assert_error(x, mdoc_issuer_add(issuer, "n", "e", CBOR("\x01\x01")),
	    MDOC_E_CBOR, "trailing");
	assert_error(x, mdoc_issuer_add(issuer, "n", "e", CBOR("\x9f\xff")),
	    MDOC_E_CBOR, "indefinite");
	assert_int_equal(mdoc_issuer_add(issuer, "n", "e", CBOR("\x01")),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_add(issuer, "n", "e", CBOR("\x01")),
	    MDOC_E_ARGUMENT, "twice");
	assert_int_equal(mdoc_issuer_add(issuer, "m", "e", CBOR("\x01")),
	    MDOC_OK);
	for (int i = 2; i < 64; i++) {
		assert_true(snprintf(name, sizeof(name), "n%d", i) > 0);
		assert_int_equal(mdoc_issuer_add(issuer, name, "e",
				     CBOR("\x01")),
		    MDOC_OK);
	}
	assert_error(x, mdoc_issuer_add(issuer, "last", "e", CBOR("\x01")),
	    MDOC_E_ARGUMENT, "64 namespaces");
	exchange_issue(x, issuer);
}

static void
test_sign_errors(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	const mdoc_bytes garbage = CBOR("garbage");
	mdoc_buf out = MDOC_BUF_INIT, iaca = MDOC_BUF_INIT;
	mdoc_bytes two[2];
	mdoc_issuer *issuer = NULL;
	mdoc_key *other = NULL;

	assert_int_equal(mdoc_issuer_new(x->ctx, EXCHANGE_MDL, &issuer),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_ARGUMENT, "no data elements");
	add_many(issuer, EXCHANGE_NS, 1);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_ARGUMENT, "no device key");
	mdoc_issuer_free(&issuer);

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 1);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 0, &out),
	    MDOC_E_ARGUMENT, "x5chain");
	assert_error(x, mdoc_issuer_sign(issuer, NULL, &chain, 1, &out),
	    MDOC_E_ARGUMENT, "cannot sign");
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &garbage, 1, &out),
	    MDOC_E_CERTIFICATE, "certificate 0");
	exchange_cert(x->ctx, "iaca", &iaca);
	two[0] = chain;
	two[1] = exchange_bytes(&iaca);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, two, 2, &out),
	    MDOC_E_CERTIFICATE, "root");
	assert_int_equal(mdoc_key_generate(x->ctx, "P-256", &other), MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, other, &chain, 1, &out),
	    MDOC_E_KEY, "not the one of the document-signer");
	mdoc_key_free(&other);
	assert_int_equal(mdoc_key_generate(x->ctx, "X25519", &other), MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, other, &chain, 1, &out),
	    MDOC_E_ARGUMENT, "cannot sign");
	mdoc_key_free(&other);
	assert_null(out.ptr);
	mdoc_buf_reset(&iaca);
	mdoc_issuer_free(&issuer);
}

/* What is kept of a chain vouches for no other chain, key or date. */
static void
test_chain_again(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	const mdoc_bytes shorter = { chain.ptr, chain.len - 1 };
	const int64_t at = EXCHANGE_AT;
	mdoc_buf out = MDOC_BUF_INIT, iaca = MDOC_BUF_INIT;
	mdoc_issuer *issuer;
	mdoc_key *other = NULL;
	mdoc_bytes two[2];

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 1);
	exchange_cert(x->ctx, "iaca", &iaca);
	assert_int_equal(mdoc_key_generate(x->ctx, "P-256", &other), MDOC_OK);
	two[0] = chain;
	two[1] = exchange_bytes(&iaca);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1,
				     &out),
		    MDOC_OK);
		assert_error(x,
		    mdoc_issuer_sign(issuer, other, &chain, 1, &out),
		    MDOC_E_KEY, "not the one of the document-signer");
		assert_error(x,
		    mdoc_issuer_sign(issuer, x->ds_key, &shorter, 1, &out),
		    MDOC_E_CERTIFICATE, "certificate 0");
		/* What failed is not kept either. */
		assert_error(x,
		    mdoc_issuer_sign(issuer, x->ds_key, &shorter, 1, &out),
		    MDOC_E_CERTIFICATE, "certificate 0");
		assert_error(x,
		    mdoc_issuer_sign(issuer, x->ds_key, two, 2, &out),
		    MDOC_E_CERTIFICATE, "root");
	}
	assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_OK);
	assert_int_equal(mdoc_issuer_set_validity(issuer, at, at,
			     at + (int64_t)100 * 365 * 86400),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_CERTIFICATE, "validUntil");
	mdoc_key_free(&other);
	mdoc_buf_reset(&iaca);
	mdoc_buf_reset(&out);
	mdoc_issuer_free(&issuer);
}

static void
test_dates(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	const int64_t at = EXCHANGE_AT, year = 365 * 86400;
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_issuer *issuer;

	issuer = exchange_issuer(x, "P-256");
	add_many(issuer, EXCHANGE_NS, 1);
	assert_error(x, mdoc_issuer_set_validity(issuer, at, at - 1, at + 1),
	    MDOC_E_ARGUMENT, "validFrom");
	assert_error(x, mdoc_issuer_set_validity(issuer, at, at, at),
	    MDOC_E_ARGUMENT, "validUntil");
	assert_error(x, mdoc_issuer_set_validity(issuer, at, at, INT64_MAX),
	    MDOC_E_ARGUMENT, "9999");
	assert_int_equal(mdoc_issuer_set_validity(issuer, at, at, at + year),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_CERTIFICATE, "validUntil 2027-06-15T12:00:00Z is later");
	assert_int_equal(mdoc_issuer_set_validity(issuer, at - year, at,
			     at + 1),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_CERTIFICATE, "signed 2025-06-15T12:00:00Z is earlier");
	assert_int_equal(mdoc_issuer_set_validity(issuer, at + year, at + year,
			     at + year + 1),
	    MDOC_OK);
	assert_error(x, mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_E_CERTIFICATE, "later than notAfter");
	mdoc_issuer_set_insecure_dates(issuer, 1);
	assert_int_equal(mdoc_issuer_sign(issuer, x->ds_key, &chain, 1, &out),
	    MDOC_OK);
	mdoc_buf_reset(&out);
	assert_error(x, mdoc_issuer_set_digest(issuer, "SHA-1"),
	    MDOC_E_ARGUMENT, "SHA-256");
	assert_error(x, mdoc_issuer_set_digest(issuer, "MD5"), MDOC_E_ARGUMENT,
	    "SHA-256");
	mdoc_issuer_free(&issuer);
}

static void
test_no_memory(void **state)
{
	struct exchange *x = *state;
	const mdoc_bytes chain = exchange_bytes(&x->ds_cert);
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_issuer *issuer;
	bool failed = true;
	int r;

	for (unsigned long n = 1; failed; n++) {
		issuer = exchange_issuer(x, "P-256");
		failmalloc_arm(n);
		r = mdoc_issuer_add(issuer, EXCHANGE_NS, "e", CBOR("\x01"));
		if (r == MDOC_OK)
			r = mdoc_issuer_sign(issuer, x->ds_key, &chain, 1,
			    &out);
		failed = failmalloc_disarm();
		assert_int_equal(r, failed ? MDOC_E_MEMORY : MDOC_OK);
		assert_true(failed == (out.ptr == NULL));
		mdoc_issuer_free(&issuer);
	}
	mdoc_buf_reset(&out);
	mdoc_issuer_free(&issuer);
	mdoc_issuer_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest_ids),
		cmocka_unit_test(test_mso),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_add_errors),
		cmocka_unit_test(test_sign_errors),
		cmocka_unit_test(test_chain_again),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
