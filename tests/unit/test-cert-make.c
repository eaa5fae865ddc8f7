/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/crypto/cert-check.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/key.h"
#include "tests/support/softhsm.h"

#define PIN "?pin-value=1234"

static struct softhsm hsm;
static char folder[64];
static mdoc_ctx *c;

static int64_t
clock_2026(void *arg)
{
	(void)arg;
	return 1795262400; /* 2026-11-21T12:00:00Z */
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	if (tmp == NULL || strlen(tmp) > 32)
		tmp = "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/p11-mdoc-XXXXXX", tmp);
	if (mkdtemp(folder) == NULL || mdoc_ctx_new(&c) != MDOC_OK)
		return -1;
	mdoc_ctx_set_clock(c, clock_2026, NULL);
	if (softhsm_module() == NULL)
		return 0;
	return softhsm_new(&hsm, "issuer") &&
		mdoc_ctx_set_module(c, hsm.module) == MDOC_OK
	    ? 0
	    : -1;
}

static void
file_name(const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", folder, name);
}

static int
teardown(void **state)
{
	static const char *const names[] = { "ca.pem", "leaf.pem", "text" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		file_name(names[i], path);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	mdoc_ctx_free(&c);
	return 0;
}

static void
good(int r)
{
	if (r != MDOC_OK)
		fail_msg("%d: %s", r, mdoc_ctx_error(c));
}

static void
bad(int r, int code, const char *text)
{
	if (r != code || strstr(mdoc_ctx_error(c), text) == NULL)
		fail_msg("%d \"%s\", not %d \"%s\"", r, mdoc_ctx_error(c), code,
		    text);
}

static mdoc_bytes
bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

static mdoc_cert_params
params(enum mdoc_cert_profile profile, const char *subject)
{
	return (mdoc_cert_params){ .size = sizeof(mdoc_cert_params),
		.profile = profile,
		.subject = subject };
}

static void
make_ca(enum mdoc_cert_profile profile, mdoc_key *key, mdoc_buf *ret)
{
	mdoc_cert_params p = params(profile, "CN=Utopia IACA,C=UT,ST=UT-A");

	p.issuer_alt_url = "https://dmv.ut.example";
	p.crl_url = "https://dmv.ut.example/iaca.crl";
	good(mdoc_cert_create(c, &p, key, key, (mdoc_bytes){ NULL, 0 }, ret));
}

/* Nothing but passes and what could not be done. */
static void
check_report(enum mdoc_cert_profile profile, const mdoc_buf *der,
    const mdoc_buf *issuer)
{
	const mdoc_check *check;
	mdoc_report *report = NULL;

	good(mdoc_cert_check(c, profile, bytes(der),
	    issuer == NULL ? (mdoc_bytes){ NULL, 0 } : bytes(issuer), 0,
	    &report));
	for (size_t i = 0; (check = mdoc_report_check(report, i)) != NULL;
	     i++) {
		if (check->result != MDOC_PASS &&
		    check->result != MDOC_NOT_DONE)
			fail_msg("%s: %s, expected %s, is %s", check->id,
			    mdoc_result_name(check->result), check->expected,
			    check->actual);
	}
	assert_true(mdoc_report_count(report) > 20);
	assert_string_equal(mdoc_report_verdict(report), "trusted");
	mdoc_report_free(&report);
}

/* ---- what OpenSSL says of them */

static bool
has_openssl(void)
{
	static int found = -1;

	if (found < 0) {
		found = system("openssl version >/dev/null 2>&1") == 0;
		if (!found)
			print_message("# openssl(1) is not here: its part of "
				      "the checks is skipped\n");
	}
	return found > 0;
}

static void
write_pem(const char *name, const mdoc_buf *der)
{
	mdoc_buf pem = MDOC_BUF_INIT;
	char path[128];
	FILE *f;

	good(mdoc_cert_pem(c, bytes(der), &pem));
	file_name(name, path);
	assert_non_null(f = fopen(path, "we"));
	assert_int_equal(fwrite(pem.ptr, 1, pem.len, f), pem.len);
	assert_int_equal(fclose(f), 0);
	mdoc_buf_reset(&pem);
}

static bool
openssl_accepts(const mdoc_buf *ca, const mdoc_buf *leaf)
{
	char command[512];

	write_pem("ca.pem", ca);
	write_pem("leaf.pem", leaf);
	/* -x509_strict: RFC 5280 by the letter. The extended key usage of mdoc
	 * is critical and known to none but us: -ignore_critical. */
	(void)snprintf(command, sizeof(command),
	    "openssl verify -x509_strict -check_ss_sig -ignore_critical "
	    "-attime 1795262401 -CAfile %s/ca.pem %s/leaf.pem "
	    ">%s/text 2>&1",
	    folder, folder, folder);
	return system(command) == 0;
}

static void
openssl_verify(const mdoc_buf *ca, const mdoc_buf *leaf)
{
	char command[128];

	if (!has_openssl() || openssl_accepts(ca, leaf))
		return;
	(void)snprintf(command, sizeof(command), "sed 's/^/# /' %s/text",
	    folder);
	fail_msg("openssl verify refuses it (%d)", system(command));
}

/* Each of the lines is in what openssl x509 -text prints. */
static void
openssl_text(const mdoc_buf *der, const char *const *lines, size_t n)
{
	static char text[16384];
	char command[512], path[128];
	size_t len;
	FILE *f;

	if (!has_openssl())
		return;
	write_pem("leaf.pem", der);
	(void)snprintf(command, sizeof(command),
	    "openssl x509 -in %s/leaf.pem -noout -text >%s/text 2>&1", folder,
	    folder);
	assert_int_equal(system(command), 0);
	file_name("text", path);
	assert_non_null(f = fopen(path, "re"));
	len = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[len] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (strstr(text, lines[i]) == NULL)
			fail_msg("openssl does not say \"%s\"", lines[i]);
	}
}

static void
test_issuer(void **state)
{
	static const char *const root_text[] = {
		"Version: 3 (0x2)",
		"Signature Algorithm: ecdsa-with-SHA384",
		"CN = Utopia IACA, C = UT, ST = UT-A",
		"Not Before: Nov 21 12:00:00 2026 GMT",
		"Not After : Nov 21 12:00:00 2046 GMT",
		"NIST CURVE: P-384",
		"X509v3 Basic Constraints: critical",
		"CA:TRUE, pathlen:0",
		"X509v3 Key Usage: critical",
		"Certificate Sign, CRL Sign",
		"X509v3 Issuer Alternative Name",
		"URI:https://dmv.ut.example",
		"URI:https://dmv.ut.example/iaca.crl",
	};
	static const char *const ds_text[] = {
		"Subject: CN = Utopia DS 01, C = UT, ST = UT-A",
		"Not After : Feb 21 12:00:00 2028 GMT",
		"Digital Signature",
		"X509v3 Extended Key Usage: critical",
		"1.0.18013.5.1.2, 1.0.23220.4.1.2",
		"X509v3 Authority Key Identifier",
		"URI:https://dmv.ut.example",
		"URI:https://dmv.ut.example/iaca.crl",
	};
	mdoc_cert_params p = params(MDOC_CERT_DS, "CN=Utopia DS 01");
	mdoc_buf root = MDOC_BUF_INIT, ds = MDOC_BUF_INIT;
	mdoc_buf line = MDOC_BUF_INIT;
	mdoc_key *ca_key = NULL, *ds_key = NULL;
	struct cert cert;

	(void)state;
	good(mdoc_key_generate(c, "P-384", &ca_key));
	good(mdoc_key_generate(c, "P-256", &ds_key));
	make_ca(MDOC_CERT_IACA, ca_key, &root);
	check_report(MDOC_CERT_IACA, &root, NULL);
	openssl_text(&root, root_text, nitems(root_text));
	openssl_verify(&root, &root);

	/* C and ST, issuerAltName and CRL come from the IACA. */
	good(mdoc_cert_create(c, &p, ds_key, ca_key, bytes(&root), &ds));
	check_report(MDOC_CERT_DS, &ds, &root);
	openssl_text(&ds, ds_text, nitems(ds_text));
	openssl_verify(&root, &ds);
	if (has_openssl())
		assert_false(openssl_accepts(&ds, &ds));
	assert_true(cert_read(bytes_of(ds.ptr, ds.len), &cert, NULL, NULL));
	assert_int_equal(cert.serial.len, 16);
	assert_true(cert.serial.ptr[0] >= 0x40 && cert.serial.ptr[0] < 0x80);
	assert_memory_equal(cert.ski.ptr, mdoc_key_id(ds_key).ptr, 20);
	good(mdoc_cert_describe(c, bytes(&ds), &line));
	assert_true(bytes_equal_str(bytes_of(line.ptr, line.len),
	    "CN=Utopia DS 01,C=UT,ST=UT-A; 2026-11-21T12:00:00Z to "
	    "2028-02-21T12:00:00Z; P-256"));
	mdoc_buf_reset(&root);
	mdoc_buf_reset(&ds);
	mdoc_buf_reset(&line);
	mdoc_key_free(&ca_key);
	mdoc_key_free(&ds_key);
}

static void
test_reader(void **state)
{
	static const char *const text[] = {
		"1.0.18013.5.1.6, 1.0.23220.4.1.6",
		"Not After : Feb 20 12:00:00 2030 GMT",
	};
	mdoc_cert_params ca = params(MDOC_CERT_READER_CA, "CN=Reader CA");
	mdoc_cert_params p = params(MDOC_CERT_READER, "CN=Gate 7\\, north");
	mdoc_buf root = MDOC_BUF_INIT, leaf = MDOC_BUF_INIT;
	mdoc_key *ca_key = NULL, *key = NULL;
	struct cert cert;

	(void)state;
	good(mdoc_key_generate(c, "P-256", &ca_key));
	good(mdoc_key_generate(c, "brainpoolP320r1", &key));
	good(mdoc_cert_create(c, &ca, ca_key, ca_key, (mdoc_bytes){ NULL, 0 },
	    &root));
	check_report(MDOC_CERT_READER_CA, &root, NULL);
	bad(mdoc_cert_create(c, &p, key, ca_key, bytes(&root), &leaf),
	    MDOC_E_CERTIFICATE, "cert.crlDistributionPoints (18013-5 B.1.7)");
	assert_null(leaf.ptr);
	p.crl_url = "https://reader.example/ca.crl";
	good(mdoc_cert_create(c, &p, key, ca_key, bytes(&root), &leaf));
	check_report(MDOC_CERT_READER, &leaf, &root);
	openssl_text(&leaf, text, nitems(text));
	openssl_verify(&root, &leaf);
	assert_true(cert_read(bytes_of(leaf.ptr, leaf.len), &cert, NULL, NULL));
	assert_true(bytes_equal_str(cert.common_name, "Gate 7, north"));
	mdoc_buf_reset(&root);
	mdoc_buf_reset(&leaf);
	mdoc_key_free(&ca_key);
	mdoc_key_free(&key);
}

/* Every curve signs, as a CA if it may, for a document signer. */
static void
test_curves(void **state)
{
	mdoc_cert_params p = params(MDOC_CERT_DS, "CN=DS");
	mdoc_buf root = MDOC_BUF_INIT, leaf = MDOC_BUF_INIT;
	mdoc_buf p256_root = MDOC_BUF_INIT;
	mdoc_key *p256 = NULL, *key = NULL;
	const struct curve *curve;

	(void)state;
	good(mdoc_key_generate(c, "P-256", &p256));
	make_ca(MDOC_CERT_IACA, p256, &p256_root);
	for (size_t i = 0; (curve = curve_at(i)) != NULL; i++) {
		good(mdoc_key_generate(c, curve->name, &key));
		if (curve->kind == CURVE_WEIERSTRASS) {
			make_ca(MDOC_CERT_IACA, key, &root);
			check_report(MDOC_CERT_IACA, &root, NULL);
			openssl_verify(&root, &root);
		} else {
			p.profile = MDOC_CERT_IACA;
			p.issuer_alt_url = "https://x.example";
			bad(mdoc_cert_create(c, &p, key, key,
				(mdoc_bytes){ NULL, 0 }, &root),
			    MDOC_E_CERTIFICATE, "cert.algorithm");
			p.profile = MDOC_CERT_DS;
			p.issuer_alt_url = NULL;
		}
		if (curve->alg != 0) {
			good(mdoc_cert_create(c, &p, key, p256,
			    bytes(&p256_root), &leaf));
			check_report(MDOC_CERT_DS, &leaf, &p256_root);
			openssl_verify(&p256_root, &leaf);
		} else {
			bad(mdoc_cert_create(c, &p, key, p256,
				bytes(&p256_root), &leaf),
			    MDOC_E_CERTIFICATE, "cert.key.curve");
		}
		mdoc_key_free(&key);
	}
	mdoc_key_free(&p256);
	mdoc_buf_reset(&root);
	mdoc_buf_reset(&leaf);
	mdoc_buf_reset(&p256_root);
}

/* IACA and document signer in the token; loaded, stored, found. */
static void
test_token(void **state)
{
	mdoc_cert_params p = params(MDOC_CERT_DS, "CN=Token DS,C=UT,ST=UT-A");
	mdoc_buf root = MDOC_BUF_INIT, ds = MDOC_BUF_INIT;
	mdoc_buf loaded = MDOC_BUF_INIT;
	mdoc_key *ca_key = NULL, *ds_key = NULL, *from_cert = NULL;
	mdoc_trust *trust = NULL;

	(void)state;
	if (hsm.module == NULL)
		skip();
	good(mdoc_key_create(c, "pkcs11:token=issuer;object=iaca" PIN, "P-384",
	    MDOC_KEY_USE_SIGN, &ca_key));
	good(mdoc_key_create(c, "pkcs11:token=issuer;object=ds" PIN, "P-256",
	    MDOC_KEY_USE_SIGN, &ds_key));
	make_ca(MDOC_CERT_IACA, ca_key, &root);
	check_report(MDOC_CERT_IACA, &root, NULL);
	good(mdoc_cert_create(c, &p, ds_key, ca_key, bytes(&root), &ds));
	check_report(MDOC_CERT_DS, &ds, &root);
	openssl_verify(&root, &ds);

	good(mdoc_cert_store(c, "pkcs11:token=issuer" PIN, bytes(&ds)));
	good(mdoc_cert_store(c, "pkcs11:token=issuer" PIN, bytes(&ds)));
	good(mdoc_cert_load(c, "pkcs11:token=issuer;object=ds;type=cert",
	    &loaded));
	assert_int_equal(loaded.len, ds.len);
	assert_memory_equal(loaded.ptr, ds.ptr, ds.len);
	good(mdoc_key_open(c, "pkcs11:token=issuer;object=ds;type=cert",
	    &from_cert));
	assert_true(mdoc_key_equal(from_cert, ds_key));
	assert_memory_equal(mdoc_key_id(from_cert).ptr, mdoc_key_id(ds_key).ptr,
	    20);
	/* Another certificate for the label would make it ambiguous. */
	bad(mdoc_cert_store(c, "pkcs11:token=issuer;object=ds" PIN,
		bytes(&root)),
	    MDOC_E_TOKEN, "another certificate with the label \"ds\"");
	good(mdoc_cert_store(c, "pkcs11:token=issuer;object=root" PIN,
	    bytes(&root)));
	bad(mdoc_cert_load(c, "pkcs11:token=issuer;type=cert", &loaded),
	    MDOC_E_TOKEN, "more than one certificate");
	bad(mdoc_cert_load(c, "pkcs11:token=issuer;object=none", &loaded),
	    MDOC_E_TOKEN, "no such certificate");

	good(mdoc_trust_new(c, &trust));
	good(mdoc_trust_add_source(trust, "pkcs11:token=issuer;object=root"));
	assert_int_equal(mdoc_trust_count(trust), 1);
	good(mdoc_trust_add(trust, bytes(&root)));
	assert_int_equal(mdoc_trust_count(trust), 1);
	mdoc_trust_free(&trust);
	mdoc_key_free(&ca_key);
	mdoc_key_free(&ds_key);
	mdoc_key_free(&from_cert);
	mdoc_buf_reset(&root);
	mdoc_buf_reset(&ds);
	mdoc_buf_reset(&loaded);
}

struct refused {
	mdoc_cert_params p;
	int code;
	const char *text;
};

#define P(prof, subj, ...)                                                     \
	{                                                                      \
		.size = sizeof(mdoc_cert_params), .profile = MDOC_CERT_##prof, \
		.subject = subj, __VA_ARGS__                                   \
	}
#define URL .issuer_alt_url = "https://x.example"
/* clang-format off */
static const struct refused roots[] = {
	{ P(IACA, "CN=x", URL), MDOC_E_CERTIFICATE,
	    "cert.subject.country (18013-5 B.1.2)" },
	{ P(IACA, "C=UT", URL), MDOC_E_CERTIFICATE,
	    "cert.subject.commonName" },
	{ P(IACA, "CN=x,C=UT", .issuer_alt_url = NULL),
	    MDOC_E_CERTIFICATE, "cert.issuerAltName" },
	{ P(IACA, "CN=x,C=UT", URL, .not_before = 1795262400,
	    .not_after = 2426414401), MDOC_E_CERTIFICATE,
	    "cert.validity.period (18013-5 B.1.2), IACA certificate: "
	    "validity: longest period: expected until "
	    "2046-11-21T12:00:00Z at most, is 2046-11-21T12:00:01Z" },
	{ P(IACA, "CN=x,C=UT", URL, .not_after = 1),
	    MDOC_E_CERTIFICATE, "cert.validity.order" },
	{ P(IACA, "CN=x,C=UT", URL, .not_before = -5),
	    MDOC_E_ARGUMENT, "before 1970" },
	{ P(IACA, "CN=x,C=ut", URL), MDOC_E_ARGUMENT,
	    "two upper-case letters" },
	{ P(IACA, "CN=x,Q=1", URL), MDOC_E_ARGUMENT,
	    "unknown attribute" },
	{ P(IACA, "CN=x,C=UT", .issuer_alt_url = "not a url"),
	    MDOC_E_ARGUMENT, "issuer_alt_url" },
	{ P(IACA, "CN=x,C=UT", .issuer_alt_url = "nothing"),
	    MDOC_E_ARGUMENT, "scheme" },
	{ P(IACA, "CN=x,C=UT", URL, .crl_url = ""),
	    MDOC_E_ARGUMENT, "crl_url" },
	{ P(DS, "CN=x,C=UT", URL), MDOC_E_CERTIFICATE,
	    "needs the certificate of its issuer" },
	{ P(IACA, NULL, URL), MDOC_E_ARGUMENT, "no subject" },
};
static const struct refused leaves[] = {
	{ P(DS, "CN=x,C=DE", URL), MDOC_E_CERTIFICATE,
	    "cert.subject.sameCountry (18013-5 B.1.4)" },
	{ P(DS, "CN=x,C=UT,ST=other", URL), MDOC_E_CERTIFICATE,
	    "cert.subject.sameState" },
	{ P(DS, "CN=x", .not_after = 1795262400 + 458 * CERT_DAY),
	    MDOC_E_CERTIFICATE, "cert.validity.period" },
	{ P(DS, "CN=x", .not_before = 1795262400 - CERT_DAY),
	    MDOC_E_CERTIFICATE, "cert.validity.issuer" },
	{ P(IACA, "CN=x,C=UT", URL), MDOC_E_CERTIFICATE,
	    "self-signed: no issuer" },
};

/* clang-format on */

static void
test_refused(void **state)
{
	mdoc_buf root = MDOC_BUF_INIT, out = MDOC_BUF_INIT;
	mdoc_key *key = NULL, *leaf = NULL;

	(void)state;
	good(mdoc_key_generate(c, "P-256", &key));
	good(mdoc_key_generate(c, "P-256", &leaf));
	for (size_t i = 0; i < nitems(roots); i++)
		bad(mdoc_cert_create(c, &roots[i].p, key, key,
			(mdoc_bytes){ NULL, 0 }, &out),
		    roots[i].code, roots[i].text);
	make_ca(MDOC_CERT_IACA, key, &root);
	for (size_t i = 0; i < nitems(leaves); i++)
		bad(mdoc_cert_create(c, &leaves[i].p, leaf, key, bytes(&root),
			&out),
		    leaves[i].code, leaves[i].text);
	assert_null(out.ptr);
	mdoc_key_free(&key);
	mdoc_key_free(&leaf);
	mdoc_buf_reset(&root);
}

static void
test_wrong_issuer(void **state)
{
	mdoc_buf root = MDOC_BUF_INIT, out = MDOC_BUF_INIT;
	mdoc_buf ds = MDOC_BUF_INIT;
	mdoc_cert_params p = params(MDOC_CERT_DS, "CN=DS");
	mdoc_key *key = NULL, *leaf = NULL;

	(void)state;
	good(mdoc_key_generate(c, "P-256", &key));
	good(mdoc_key_generate(c, "P-256", &leaf));
	make_ca(MDOC_CERT_IACA, key, &root);
	bad(mdoc_cert_create(c, &p, leaf, leaf, bytes(&root), &out), MDOC_E_KEY,
	    "not the one in its certificate");
	bad(mdoc_cert_create(c, &p, leaf, key, (mdoc_bytes){ root.ptr, 40 },
		&out),
	    MDOC_E_CERTIFICATE, "issuer: certificate: ");
	p.profile = MDOC_CERT_IACA;
	bad(mdoc_cert_create(c, &p, leaf, key, (mdoc_bytes){ NULL, 0 }, &out),
	    MDOC_E_ARGUMENT, "the issuer's key is the subject's");
	p.size = 3;
	bad(mdoc_cert_create(c, &p, leaf, key, (mdoc_bytes){ NULL, 0 }, &out),
	    MDOC_E_ARGUMENT, "size");
	/* A document signer issues nothing. */
	p = params(MDOC_CERT_DS, "CN=DS");
	good(mdoc_cert_create(c, &p, leaf, key, bytes(&root), &ds));
	bad(mdoc_cert_create(c, &p, key, leaf, bytes(&ds), &out),
	    MDOC_E_CERTIFICATE, "cert.issuer.ca");
	assert_null(out.ptr);
	mdoc_key_free(&key);
	mdoc_key_free(&leaf);
	mdoc_buf_reset(&root);
	mdoc_buf_reset(&ds);
}

/* Two digits of the year until 2049, four from 2050 on. */
static void
test_times(void **state)
{
	mdoc_cert_params p = params(MDOC_CERT_READER_CA, "CN=x");
	mdoc_buf root = MDOC_BUF_INIT;
	mdoc_key *key = NULL;
	struct cert cert;

	(void)state;
	good(mdoc_key_generate(c, "P-256", &key));
	p.not_before = 2524607999; /* 2049-12-31T23:59:59Z */
	p.not_after = 2524608000;
	good(mdoc_cert_create(c, &p, key, key, (mdoc_bytes){ NULL, 0 }, &root));
	assert_true(cert_read(bytes_of(root.ptr, root.len), &cert, NULL, NULL));
	assert_true(cert.not_before == p.not_before);
	assert_true(cert.not_after == p.not_after);
	assert_non_null(memmem(root.ptr, root.len,
	    "\x17\x0d"
	    "491231235959Z",
	    15));
	assert_non_null(memmem(root.ptr, root.len,
	    "\x18\x0f"
	    "20500101000000Z",
	    17));
	/* 29 February has no twentieth birthday in 2100 - so the 28th. */
	p.not_before = 3476390400; /* 2080-02-29T00:00:00Z */
	p.not_after = 0;
	good(mdoc_cert_create(c, &p, key, key, (mdoc_bytes){ NULL, 0 }, &root));
	assert_true(cert_read(bytes_of(root.ptr, root.len), &cert, NULL, NULL));
	assert_true(cert.not_after == 4107456000); /* 2100-02-28 */
	mdoc_key_free(&key);
	mdoc_buf_reset(&root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issuer),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wrong_issuer),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("cert-make", tests, setup, teardown);
}
