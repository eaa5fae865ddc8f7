/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each rule of the profiles, by certificates of which one thing was changed
 * after they were read: the signature still holds, only the rule can fail.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/cert-check.h"
#include "mdoc/crypto/key.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

#define NOW INT64_C(1795262400) /* 2026-11-21T12:00:00Z */

static mdoc_ctx *c;
static mdoc_buf ders[4];
static struct cert certs[4], other;
static mdoc_buf other_der;

static int64_t
now(void *arg)
{
	(void)arg;
	return NOW;
}

static mdoc_bytes
bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

static int
make(enum mdoc_cert_profile profile, const mdoc_key *subject, mdoc_key *issuer,
    const mdoc_buf *ca, mdoc_buf *ret)
{
	mdoc_cert_params p = { .size = sizeof(p),
		.profile = profile,
		.subject = "CN=Name,C=UT,ST=UT-A",
		.issuer_alt_url = "https://x.example",
		.crl_url = "https://x.example/crl" };

	return mdoc_cert_create(c, &p, subject, issuer,
	    ca == NULL ? (mdoc_bytes){ NULL, 0 } : bytes(ca), ret);
}

static int
setup(void **state)
{
	mdoc_key *ca = NULL, *leaf = NULL;
	int r;

	(void)state;
	if (mdoc_ctx_new(&c) != MDOC_OK)
		return -1;
	mdoc_ctx_set_clock(c, now, NULL);
	r = mdoc_key_generate(c, "P-256", &ca) |
	    mdoc_key_generate(c, "P-256", &leaf);
	if (r == MDOC_OK)
		r = make(MDOC_CERT_IACA, ca, ca, NULL, &ders[MDOC_CERT_IACA]) |
		    make(MDOC_CERT_READER_CA, ca, ca, NULL,
			&ders[MDOC_CERT_READER_CA]) |
		    make(MDOC_CERT_IACA, leaf, leaf, NULL, &other_der);
	if (r == MDOC_OK)
		r = make(MDOC_CERT_DS, leaf, ca, &ders[MDOC_CERT_IACA],
			&ders[MDOC_CERT_DS]) |
		    make(MDOC_CERT_READER, leaf, ca, &ders[MDOC_CERT_READER_CA],
			&ders[MDOC_CERT_READER]);
	for (size_t i = 0; r == MDOC_OK && i < nitems(ders); i++)
		r = !cert_read(bytes_of(ders[i].ptr, ders[i].len), &certs[i],
		    NULL, NULL);
	if (r == MDOC_OK)
		r = !cert_read(bytes_of(other_der.ptr, other_der.len), &other,
		    NULL, NULL);
	mdoc_key_free(&ca);
	mdoc_key_free(&leaf);
	return r;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(ders); i++)
		mdoc_buf_reset(&ders[i]);
	mdoc_buf_reset(&other_der);
	mdoc_ctx_free(&c);
	return 0;
}

static const struct cert *
issuer_of(enum mdoc_cert_profile profile)
{
	if (profile == MDOC_CERT_DS)
		return &certs[MDOC_CERT_IACA];
	if (profile == MDOC_CERT_READER)
		return &certs[MDOC_CERT_READER_CA];
	return NULL;
}

/* ---- one change each */

#define CHANGE(name, ...)                         \
	static void change_##name(struct cert *x) \
	{                                         \
		__VA_ARGS__;                      \
	}

/* clang-format off */
CHANGE(nothing, (void)x)
CHANGE(version, x->version = 2)
CHANGE(serial_negative,
    x->serial = bytes_of("\x80\x01\x02\x03\x04\x05\x06\x07", 8))
CHANGE(serial_long, x->serial = bytes_of("a number of 21 octets", 21))
CHANGE(serial_zero, x->serial = bytes_of("\x00", 1))
CHANGE(serial_short, x->serial = bytes_of("\x01\x02", 2))
CHANGE(algorithm, x->sig_ecdsa = false)
CHANGE(hash, x->sig_hash = HASH_SHA512)
CHANGE(issuer, x->issuer = bytes_of("\x30\x00", 2))
CHANGE(signature,
    x->signature = bytes_of("\x30\x06\x02\x01\x01\x02\x01\x01", 8))
CHANGE(order, x->not_after = x->not_before)
CHANGE(period_leaf, x->not_after = x->not_before + 457 * CERT_DAY + 1)
CHANGE(period_reader, x->not_after = x->not_before + 1187 * CERT_DAY + 1)
CHANGE(period_root, x->not_after += 1)
CHANGE(not_yet, x->not_before = NOW + 1)
CHANGE(expired, x->not_before = NOW - 100; x->not_after = NOW - 1)
CHANGE(before_issuer, x->not_before -= 10; x->not_after -= 10)
CHANGE(country_none, x->country = BYTES_NULL)
CHANGE(country_lower, x->country = bytes_str("ut"))
CHANGE(country_utf8, x->country_printable = false)
CHANGE(country_three, x->country = bytes_str("UTO"))
CHANGE(country_other, x->country = bytes_str("DE"))
CHANGE(name_none, x->common_name = BYTES_NULL)
CHANGE(state_other, x->state = bytes_str("UT-B"))
CHANGE(state_none, x->state = BYTES_NULL)
CHANGE(curve_none, x->curve = NULL)
CHANGE(curve_ed, x->curve = curve_by_name(bytes_str("Ed25519")))
CHANGE(curve_x, x->curve = curve_by_name(bytes_str("X25519")))
CHANGE(point_off, x->point = bytes_of(x->point.ptr, x->point.len - 1))
CHANGE(point_compressed,
    x->point = bytes_of("\x02" "01234567890123456789012345678901", 33))
CHANGE(bc_none, x->has_bc = false)
CHANGE(bc_not_critical, x->bc_critical = false)
CHANGE(bc_not_ca, x->ca = false)
CHANGE(bc_path, x->path_len = 1)
CHANGE(bc_no_path, x->path_len = -1)
CHANGE(bc_ca, x->has_bc = true; x->ca = true)
CHANGE(ku_none, x->has_ku = false)
CHANGE(ku_not_critical, x->ku_critical = false)
CHANGE(ku_more, x->key_usage |= CERT_KU_NON_REPUDIATION)
CHANGE(ku_less,
    x->key_usage &= ~(CERT_KU_CRL_SIGN | CERT_KU_DIGITAL_SIGNATURE))
CHANGE(eku_some, x->has_eku = true)
CHANGE(eku_none, x->has_eku = false)
CHANGE(eku_not_critical, x->eku_critical = false)
CHANGE(eku_other, x->eku = bytes_of("\x06\x01\x2a", 3))
CHANGE(ski_none, x->ski = BYTES_NULL)
CHANGE(ski_other, x->ski = bytes_of("\x01\x02", 2))
CHANGE(aki_none, x->aki = BYTES_NULL)
CHANGE(aki_other, x->aki = bytes_of("\x01\x02", 2))
CHANGE(ian_none, x->issuer_alt_name = BYTES_NULL)
CHANGE(ian_dns, x->issuer_alt_name = bytes_of("\x82\x01x", 3))
CHANGE(ian_email, x->issuer_alt_name = bytes_of("\x81\x03x@y", 5))
CHANGE(crl_none, x->crl_dp = BYTES_NULL)
CHANGE(crl_dns,
    x->crl_dp = bytes_of("\x30\x09\x30\x07\xa0\x05\xa0\x03\x82\x01x", 11))
CHANGE(forbidden, x->forbidden = bytes_of("\x55\x1d\x1e", 3))
CHANGE(critical, x->unknown_critical = bytes_of("\x2a\x03", 2))
/* clang-format on */

#define IACA   MDOC_CERT_IACA
#define DS     MDOC_CERT_DS
#define RCA    MDOC_CERT_READER_CA
#define READER MDOC_CERT_READER

static const struct {
	enum mdoc_cert_profile profile;
	void (*change)(struct cert *x);
	const char *id; /* the only check that is not passed or not done */
	enum mdoc_result result;
} list[] = {
	{ IACA, change_nothing, NULL, MDOC_PASS },
	{ DS, change_nothing, NULL, MDOC_PASS },
	{ RCA, change_nothing, NULL, MDOC_PASS },
	{ READER, change_nothing, NULL, MDOC_PASS },
	{ IACA, change_version, "cert.version", MDOC_FAIL },
	{ DS, change_serial_negative, "cert.serial", MDOC_FAIL },
	{ DS, change_serial_long, "cert.serial", MDOC_FAIL },
	{ DS, change_serial_zero, "cert.serial", MDOC_FAIL },
	{ DS, change_serial_short, "cert.serial", MDOC_WARN },
	{ DS, change_order, "cert.validity.order", MDOC_FAIL },
	{ DS, change_period_leaf, "cert.validity.period", MDOC_FAIL },
	{ READER, change_period_leaf, NULL, MDOC_PASS },
	{ READER, change_period_reader, "cert.validity.period", MDOC_FAIL },
	{ IACA, change_period_root, "cert.validity.period", MDOC_FAIL },
	{ RCA, change_period_root, "cert.validity.period", MDOC_FAIL },
	{ RCA, change_not_yet, "cert.validity.notBefore", MDOC_FAIL },
	{ RCA, change_expired, "cert.validity.notAfter", MDOC_FAIL },
	{ DS, change_before_issuer, "cert.validity.issuer", MDOC_FAIL },
	{ IACA, change_country_none, "cert.subject.country", MDOC_FAIL },
	{ IACA, change_country_lower, "cert.subject.country", MDOC_FAIL },
	{ IACA, change_country_utf8, "cert.subject.country", MDOC_FAIL },
	{ IACA, change_country_three, "cert.subject.country", MDOC_FAIL },
	{ RCA, change_country_none, NULL, MDOC_PASS },
	{ READER, change_country_none, NULL, MDOC_PASS },
	{ READER, change_country_lower, "cert.subject.country", MDOC_FAIL },
	{ DS, change_country_other, "cert.subject.sameCountry", MDOC_FAIL },
	{ READER, change_country_other, NULL, MDOC_PASS },
	{ IACA, change_name_none, "cert.subject.commonName", MDOC_FAIL },
	{ READER, change_name_none, "cert.subject.commonName", MDOC_FAIL },
	{ DS, change_state_other, "cert.subject.sameState", MDOC_FAIL },
	{ DS, change_state_none, "cert.subject.sameState", MDOC_FAIL },
	{ DS, change_curve_none, "cert.key.curve", MDOC_FAIL },
	{ DS, change_curve_x, "cert.key.curve", MDOC_FAIL },
	{ DS, change_point_off, "cert.key.point", MDOC_FAIL },
	{ DS, change_point_compressed, "cert.key.point", MDOC_FAIL },
	{ IACA, change_bc_none, "cert.basicConstraints", MDOC_FAIL },
	{ IACA, change_bc_not_critical, "cert.basicConstraints", MDOC_FAIL },
	{ IACA, change_bc_not_ca, "cert.basicConstraints", MDOC_FAIL },
	{ IACA, change_bc_path, "cert.basicConstraints", MDOC_FAIL },
	{ IACA, change_bc_no_path, "cert.basicConstraints", MDOC_FAIL },
	{ DS, change_bc_ca, "cert.basicConstraints", MDOC_FAIL },
	{ IACA, change_ku_none, "cert.keyUsage", MDOC_FAIL },
	{ IACA, change_ku_not_critical, "cert.keyUsage", MDOC_FAIL },
	{ IACA, change_ku_more, "cert.keyUsage", MDOC_FAIL },
	{ IACA, change_ku_less, "cert.keyUsage", MDOC_FAIL },
	{ DS, change_ku_none, "cert.keyUsage", MDOC_FAIL },
	{ DS, change_ku_not_critical, "cert.keyUsage", MDOC_FAIL },
	{ DS, change_ku_more, "cert.keyUsage", MDOC_FAIL },
	{ DS, change_ku_less, "cert.keyUsage", MDOC_FAIL },
	{ IACA, change_eku_some, "cert.extKeyUsage", MDOC_FAIL },
	{ DS, change_eku_none, "cert.extKeyUsage", MDOC_FAIL },
	{ DS, change_eku_not_critical, "cert.extKeyUsage", MDOC_FAIL },
	{ DS, change_eku_other, "cert.extKeyUsage", MDOC_FAIL },
	{ READER, change_eku_other, "cert.extKeyUsage", MDOC_FAIL },
	{ IACA, change_ski_none, "cert.subjectKeyIdentifier", MDOC_FAIL },
	{ DS, change_ski_other, "cert.subjectKeyIdentifier", MDOC_WARN },
	{ DS, change_aki_none, "cert.authorityKeyIdentifier", MDOC_FAIL },
	{ DS, change_aki_other, "cert.authorityKeyIdentifier", MDOC_FAIL },
	{ IACA, change_ian_none, "cert.issuerAltName", MDOC_FAIL },
	{ DS, change_ian_none, "cert.issuerAltName", MDOC_FAIL },
	{ DS, change_ian_dns, "cert.issuerAltName", MDOC_FAIL },
	{ DS, change_ian_email, NULL, MDOC_PASS },
	{ RCA, change_ian_none, NULL, MDOC_PASS },
	{ READER, change_ian_none, "cert.issuerAltName", MDOC_WARN },
	{ IACA, change_crl_none, NULL, MDOC_PASS },
	{ DS, change_crl_none, "cert.crlDistributionPoints", MDOC_FAIL },
	{ READER, change_crl_none, "cert.crlDistributionPoints", MDOC_FAIL },
	{ DS, change_crl_dns, "cert.crlDistributionPoints", MDOC_WARN },
	{ DS, change_forbidden, "cert.forbidden", MDOC_FAIL },
	{ DS, change_critical, "cert.critical", MDOC_FAIL },
	{ IACA, change_issuer, "cert.issuer", MDOC_FAIL },
	{ DS, change_issuer, "cert.issuer", MDOC_FAIL },
	{ DS, change_signature, "cert.signature", MDOC_FAIL },
};

/* The first check that is neither passed nor not done. */
static const mdoc_check *
first(const mdoc_report *report)
{
	const mdoc_check *check;

	for (size_t i = 0; (check = mdoc_report_check(report, i)) != NULL;
	     i++) {
		if (check->result != MDOC_PASS &&
		    check->result != MDOC_NOT_DONE)
			return check;
	}
	return NULL;
}

static void
test_rules(void **state)
{
	const mdoc_check *check;
	mdoc_report *report;
	struct cert x;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		x = certs[list[i].profile];
		list[i].change(&x);
		assert_non_null(report = report_new());
		expect_ok(c,
		    cert_check_all(c, list[i].profile, &x,
			issuer_of(list[i].profile), NOW, report));
		check = first(report);
		if (list[i].id == NULL && check != NULL)
			fail_msg("row %zu: %s %s", i, check->id,
			    mdoc_result_name(check->result));
		if (list[i].id != NULL &&
		    (check == NULL || strcmp(check->id, list[i].id) != 0 ||
			check->result != list[i].result))
			fail_msg("row %zu: %s, not %s", i,
			    check == NULL ? "nothing" : check->id, list[i].id);
		if (check != NULL) {
			assert_true(strlen(check->clause) > 5);
			assert_true(strlen(check->detail) > 3);
		}
		mdoc_report_free(&report);
	}
}

/* Changes that two rules see. */
static void
test_more(void **state)
{
	mdoc_report *report;
	struct cert x;

	(void)state;
	x = certs[DS];
	change_algorithm(&x);
	assert_non_null(report = report_new());
	expect_ok(c, cert_check_all(c, DS, &x, issuer_of(DS), NOW, report));
	assert_string_equal(first(report)->id, "cert.algorithm");
	assert_string_equal(mdoc_report_verdict(report), "policy");
	mdoc_report_free(&report);

	x = certs[DS];
	change_hash(&x); /* of another length: a warning, and not the hash */
	assert_non_null(report = report_new());
	expect_ok(c, cert_check_all(c, DS, &x, issuer_of(DS), NOW, report));
	assert_string_equal(first(report)->id, "cert.algorithm");
	assert_int_equal(first(report)->result, MDOC_WARN);
	assert_string_equal(mdoc_report_verdict(report), "issuer-sig");
	mdoc_report_free(&report);

	x = certs[IACA];
	change_curve_ed(&x);
	assert_non_null(report = report_new());
	expect_ok(c, cert_check_all(c, IACA, &x, NULL, NOW, report));
	assert_int_equal(report_worst(report, "policy", -1), MDOC_FAIL);
	mdoc_report_free(&report);
}

static void
test_public(void **state)
{
	mdoc_report *report = NULL;
	const mdoc_check *check;

	(void)state;
	/* Another issuer of the same name: its key did not sign. */
	expect_ok(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]), bytes(&other_der), 0,
		&report));
	check = mdoc_report_failure(report);
	assert_string_equal(check->id, "cert.signature");
	assert_string_equal(mdoc_report_verdict(report), "issuer-sig");
	mdoc_report_free(&report);

	/* Without an issuer nothing is trusted, and nothing fails. */
	expect_ok(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]), (mdoc_bytes){ NULL, 0 }, 0,
		&report));
	assert_null(mdoc_report_failure(report));
	assert_string_equal(mdoc_report_verdict(report), "untrusted");
	mdoc_report_free(&report);

	expect_ok(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]), bytes(&ders[IACA]),
		NOW + 458 * CERT_DAY, &report));
	assert_string_equal(mdoc_report_verdict(report), "expired");
	mdoc_report_free(&report);
	expect_ok(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]), bytes(&ders[IACA]),
		NOW - 1, &report));
	assert_string_equal(mdoc_report_verdict(report), "validity");
	mdoc_report_free(&report);
	expect_ok(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]), bytes(&ders[IACA]), 0,
		&report));
	assert_true(mdoc_report_is_trusted(report));
	mdoc_report_free(&report);

	/* A certificate of the wrong profile */
	expect_ok(c,
	    mdoc_cert_check(c, READER, bytes(&ders[DS]), bytes(&ders[IACA]), 0,
		&report));
	assert_string_equal(mdoc_report_failure(report)->id,
	    "cert.extKeyUsage");
	mdoc_report_free(&report);

	/* Not a certificate: a report as well */
	expect_ok(c,
	    mdoc_cert_check(c, DS,
		(mdoc_bytes){ ders[DS].ptr, ders[DS].len - 1 },
		bytes(&ders[IACA]), 0, &report));
	check = mdoc_report_failure(report);
	assert_string_equal(check->id, "cert.der");
	assert_string_equal(check->layer, "structure");
	assert_int_equal(check->offset, 0);
	mdoc_report_free(&report);
	expect_error(c,
	    mdoc_cert_check(c, DS, bytes(&ders[DS]),
		(mdoc_bytes){ ders[DS].ptr, 50 }, 0, &report),
	    MDOC_E_CERTIFICATE, "issuer: ");
	expect_error(c,
	    mdoc_cert_check(c, (enum mdoc_cert_profile)9, bytes(&ders[DS]),
		bytes(&ders[IACA]), 0, &report),
	    MDOC_E_ARGUMENT, "profile");
	assert_null(report);
}

/* What others made: the certificates of Annex D, on a day of theirs. */
static void
test_annexd(void **state)
{
	struct blob iaca = BLOB_INIT, root = BLOB_INIT;
	struct blob issuer_auth = BLOB_INIT, reader_auth = BLOB_INIT;
	struct cbor_reader r;
	struct cose issuer, reader;
	mdoc_report *report = NULL;
	const mdoc_check *check;

	(void)state;
	VECTORS_OR_SKIP("annexD/iaca_cert.hex", &iaca);
	VECTORS_OR_SKIP("annexD/reader_root_cert.hex", &root);
	VECTORS_OR_SKIP("annexD/issuer_auth.hex", &issuer_auth);
	VECTORS_OR_SKIP("annexD/reader_auth.hex", &reader_auth);
	cbor_reader_init(&r, blob_bytes(&issuer_auth));
	assert_true(cose_read(&r, false, &issuer));
	cbor_reader_init(&r, blob_bytes(&reader_auth));
	assert_true(cose_read(&r, false, &reader));

	const struct {
		enum mdoc_cert_profile profile;
		struct bytes der, issuer;
	} all[] = {
		{ IACA, blob_bytes(&iaca), BYTES_NULL },
		{ RCA, blob_bytes(&root), BYTES_NULL },
		{ DS, issuer.x5chain[0], blob_bytes(&iaca) },
		{ READER, reader.x5chain[0], blob_bytes(&root) },
	};

	for (size_t i = 0; i < nitems(all); i++) {
		/* 2021-01-01T00:00:00Z */
		expect_ok(c,
		    mdoc_cert_check(c, all[i].profile, to_public(all[i].der),
			to_public(all[i].issuer), 1609459200, &report));
		check = mdoc_report_failure(report);
		if (check != NULL)
			fail_msg("%zu: %s: expected %s, is %s", i, check->id,
			    check->expected, check->actual);
		/* Their CRL distribution points name a host, not a URI. */
		check = first(report);
		assert_non_null(check);
		assert_string_equal(check->id, "cert.crlDistributionPoints");
		assert_string_equal(mdoc_report_verdict(report), "trusted");
		mdoc_report_free(&report);
	}
	blob_reset(&iaca);
	blob_reset(&root);
	blob_reset(&issuer_auth);
	blob_reset(&reader_auth);
}

static void
test_memory(void **state)
{
	mdoc_report *report = NULL;
	unsigned long n;
	int r;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_cert_check(c, DS, bytes(&ders[DS]), bytes(&other_der),
		    NOW + 500 * CERT_DAY, &report);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(report);
	}
	assert_int_equal(r, MDOC_OK);
	mdoc_report_free(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_annexd),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("cert-check", tests, setup,
	    teardown);
}
