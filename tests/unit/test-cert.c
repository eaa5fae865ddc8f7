/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/crypto/sigver.h"
#include "tests/support/vectors.h"

/* The certificates of ISO/IEC 18013-5 Annex D. */
struct annexd {
	struct blob iaca, reader_root, issuer_auth, reader_auth;
	struct cose issuer, reader;
};

static void
annexd_load(struct annexd *d)
{
	struct cbor_reader r;

	memset(d, 0, sizeof(*d));
	VECTORS_OR_SKIP("annexD/iaca_cert.hex", &d->iaca);
	VECTORS_OR_SKIP("annexD/reader_root_cert.hex", &d->reader_root);
	VECTORS_OR_SKIP("annexD/issuer_auth.hex", &d->issuer_auth);
	VECTORS_OR_SKIP("annexD/reader_auth.hex", &d->reader_auth);
	cbor_reader_init(&r, blob_bytes(&d->issuer_auth));
	assert_true(cose_read(&r, false, &d->issuer));
	cbor_reader_init(&r, blob_bytes(&d->reader_auth));
	assert_true(cose_read(&r, false, &d->reader));
}

static void
annexd_reset(struct annexd *d)
{
	blob_reset(&d->iaca);
	blob_reset(&d->reader_root);
	blob_reset(&d->issuer_auth);
	blob_reset(&d->reader_auth);
}

static void
test_annexd_iaca(void **state)
{
	struct annexd d;
	struct cert c;

	(void)state;
	annexd_load(&d);
	assert_true(cert_read(blob_bytes(&d.iaca), &c, NULL, NULL));
	assert_int_equal(c.version, 3);
	assert_true(bytes_equal(c.issuer, c.subject));
	assert_true(bytes_equal_str(c.country, "US"));
	assert_true(c.country_printable);
	assert_null(c.state.ptr);
	assert_true(bytes_equal_str(c.common_name, "utopia iaca"));
	assert_true(c.has_bc && c.bc_critical && c.ca);
	assert_int_equal(c.path_len, 0);
	assert_true(c.has_ku && c.ku_critical);
	assert_int_equal(c.key_usage, CERT_KU_KEY_CERT_SIGN | CERT_KU_CRL_SIGN);
	assert_false(c.has_eku);
	assert_int_equal(c.ski.len, 20);
	assert_non_null(c.issuer_alt_name.ptr);
	assert_non_null(c.crl_dp.ptr);
	assert_null(c.unknown_critical.ptr);
	assert_null(c.forbidden.ptr);
	assert_true(c.sig_ecdsa && c.sig_hash == HASH_SHA256);
	assert_string_equal(c.curve->name, "P-256");
	assert_int_equal(c.point.len, 65);
	/* 2020-10-01T00:00:00Z to 2029-09-29T00:00:00Z */
	assert_true(c.not_before == 1601510400);
	assert_true(c.not_after == 1885334400);
	annexd_reset(&d);
}

static void
test_annexd_chain(void **state)
{
	struct annexd d;
	struct cert ca, leaf;
	struct hasher *h = hasher_new();
	struct sigver *v = sigver_new();
	struct pubkey *k;
	uint8_t bad[256];

	(void)state;
	annexd_load(&d);
	assert_true(cert_read(blob_bytes(&d.iaca), &ca, NULL, NULL));
	assert_int_equal(d.issuer.x5chain_n, 1);
	assert_true(cert_read(d.issuer.x5chain[0], &leaf, NULL, NULL));
	assert_true(bytes_equal(leaf.issuer, ca.subject));
	assert_true(bytes_equal(leaf.aki, ca.ski));
	assert_true(leaf.has_eku && leaf.eku_critical);
	assert_true(cert_has_eku(&leaf, CERT_EKU_MDL_DS));
	assert_false(cert_has_eku(&leaf, CERT_EKU_MDL_READER));
	assert_int_equal(leaf.key_usage, CERT_KU_DIGITAL_SIGNATURE);
	assert_non_null(k = pubkey_new(v, ca.curve, ca.point));
	assert_int_equal(sigver_x509(v, h, k, leaf.sig_hash, leaf.tbs,
			     leaf.signature),
	    SIGVER_GOOD);
	assert_int_equal(sigver_x509(v, h, k, ca.sig_hash, ca.tbs,
			     ca.signature),
	    SIGVER_GOOD);
	assert_int_equal(sigver_x509(v, h, k, ca.sig_hash, leaf.tbs,
			     ca.signature),
	    SIGVER_BAD);
	assert_true(leaf.signature.len <= sizeof(bad));
	memcpy(bad, leaf.signature.ptr, leaf.signature.len);
	bad[20] ^= 1;
	assert_int_equal(sigver_x509(v, h, k, leaf.sig_hash, leaf.tbs,
			     bytes_of(bad, leaf.signature.len)),
	    SIGVER_BAD);
	pubkey_free(&k);

	assert_true(cert_read(blob_bytes(&d.reader_root), &ca, NULL, NULL));
	assert_true(cert_read(d.reader.x5chain[0], &leaf, NULL, NULL));
	assert_true(cert_has_eku(&leaf, CERT_EKU_MDL_READER));
	assert_non_null(k = pubkey_new(v, ca.curve, ca.point));
	assert_int_equal(sigver_x509(v, h, k, leaf.sig_hash, leaf.tbs,
			     leaf.signature),
	    SIGVER_GOOD);
	pubkey_free(&k);
	sigver_free(&v);
	hasher_free(&h);
	annexd_reset(&d);
}

/* A copy of exactly this length on the heap, so that a tool sees an overrun. */
static bool
read_copy(struct bytes b, size_t len, size_t *ret_offset)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	const char *what = NULL;
	struct cert c;
	bool ok;

	assert_non_null(copy);
	memcpy(copy, b.ptr, len);
	ok = cert_read(bytes_of(copy, len), &c, ret_offset, &what);
	assert_true(ok || (what != NULL && *ret_offset <= len));
	free(copy);
	return ok;
}

static void
test_truncated(void **state)
{
	struct annexd d;
	struct bytes list[4];
	size_t offset;

	(void)state;
	annexd_load(&d);
	list[0] = blob_bytes(&d.iaca);
	list[1] = blob_bytes(&d.reader_root);
	list[2] = d.issuer.x5chain[0];
	list[3] = d.reader.x5chain[0];
	for (size_t i = 0; i < nitems(list); i++) {
		for (size_t n = 0; n < list[i].len; n++)
			assert_false(read_copy(list[i], n, &offset));
		assert_true(read_copy(list[i], list[i].len, &offset));
	}
	annexd_reset(&d);
}

/* No byte can be anything: never a crash, an offset inside on failure. */
static void
test_mutated(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x1f, 0x30, 0x7f, 0x80,
		0x81, 0x82, 0x84, 0xa3, 0xff };
	struct annexd d;
	struct bytes in;
	uint8_t *copy;
	size_t offset;
	unsigned refused = 0;

	(void)state;
	annexd_load(&d);
	in = d.issuer.x5chain[0];
	assert_non_null(copy = malloc(in.len));
	for (size_t i = 0; i < in.len; i++) {
		memcpy(copy, in.ptr, in.len);
		for (size_t v = 0; v < nitems(values); v++) {
			copy[i] = values[v];
			refused +=
			    !read_copy(bytes_of(copy, in.len), in.len, &offset);
		}
		copy[i] = (uint8_t)(in.ptr[i] ^ 1);
		refused += !read_copy(bytes_of(copy, in.len), in.len, &offset);
	}
	assert_true(refused > in.len);
	free(copy);
	annexd_reset(&d);
}

static void
test_errors(void **state)
{
	static const uint8_t trailing[] = { 0x30, 0x00, 0x00 };
	static const uint8_t empty[] = { 0x30, 0x00 };
	static const uint8_t huge[] = { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t indefinite[] = { 0x30, 0x80, 0x00, 0x00 };
	static const uint8_t long_form[] = { 0x30, 0x81, 0x00 };
	const char *what;
	struct cert c = { .version = 77 };
	size_t offset;

	(void)state;
	assert_false(cert_read(BYTES_NULL, &c, &offset, &what));
	assert_int_equal(offset, 0);
	assert_false(cert_read(bytes_of("", 0), &c, &offset, &what));
	assert_false(cert_read(bytes_of(trailing, 3), &c, &offset, &what));
	assert_int_equal(offset, 2);
	assert_string_equal(what, "certificate: nothing after it");
	assert_false(cert_read(bytes_of(empty, 2), &c, &offset, &what));
	assert_string_equal(what, "tbsCertificate: a SEQUENCE");
	assert_false(cert_read(bytes_of(huge, 6), &c, &offset, &what));
	assert_false(cert_read(bytes_of(indefinite, 4), &c, &offset, &what));
	assert_false(cert_read(bytes_of(long_form, 3), &c, NULL, NULL));
	assert_int_equal(c.version, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annexd_iaca),
		cmocka_unit_test(test_annexd_chain),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
