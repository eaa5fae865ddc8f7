/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/crypto/key.h"
#include "mdoc/crypto/trust.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"

#define ANCHORS 12

static mdoc_ctx *c;
static mdoc_key *keys[ANCHORS];
static mdoc_buf ders[ANCHORS], leaf;
static char folder[64];

static mdoc_bytes
bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	mdoc_cert_params p = { .size = sizeof(p),
		.profile = MDOC_CERT_IACA,
		.issuer_alt_url = "https://x.example",
		.crl_url = "https://x.example/crl" };
	char subject[32];

	(void)state;
	if (tmp == NULL || strlen(tmp) > 32)
		tmp = "/tmp";
	(void)snprintf(folder, sizeof(folder), "%s/p11-mdoc-XXXXXX", tmp);
	if (mkdtemp(folder) == NULL || mdoc_ctx_new(&c) != MDOC_OK)
		return -1;
	for (int i = 0; i < ANCHORS; i++) {
		/* The last two have one name and different keys. */
		(void)snprintf(subject, sizeof(subject), "CN=CA %d,C=UT",
		    i == ANCHORS - 1 ? i - 1 : i);
		p.subject = subject;
		if (mdoc_key_generate(c, "P-256", &keys[i]) != MDOC_OK ||
		    mdoc_cert_create(c, &p, keys[i], keys[i],
			(mdoc_bytes){ NULL, 0 }, &ders[i]) != MDOC_OK)
			return -1;
	}
	p.profile = MDOC_CERT_DS;
	p.subject = "CN=DS";
	return mdoc_cert_create(c, &p, keys[0], keys[ANCHORS - 1],
	    bytes(&ders[ANCHORS - 1]), &leaf);
}

static void
remove_files(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'/*", folder);
	assert_int_equal(system(command), 0);
}

static int
teardown(void **state)
{
	(void)state;
	remove_files();
	(void)rmdir(folder);
	for (int i = 0; i < ANCHORS; i++) {
		mdoc_key_free(&keys[i]);
		mdoc_buf_reset(&ders[i]);
	}
	mdoc_buf_reset(&leaf);
	mdoc_ctx_free(&c);
	return 0;
}

static const char *
path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, const void *p, size_t len, const char *mode)
{
	FILE *f = fopen(path_of(name), mode);

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
write_pem(const char *name, const mdoc_buf *der, const char *mode)
{
	mdoc_buf pem = MDOC_BUF_INIT;

	expect_ok(c, mdoc_cert_pem(c, bytes(der), &pem));
	write_file(name, pem.ptr, pem.len, mode);
	mdoc_buf_reset(&pem);
}

static void
test_issuer(void **state)
{
	const struct anchor *a, *pinned;
	mdoc_trust *t = NULL;
	struct cert cert;
	size_t pos = 0;

	(void)state;
	expect_ok(c, mdoc_trust_new(c, &t));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ANCHORS; i++)
			expect_ok(c, mdoc_trust_add(t, bytes(&ders[i])));
	}
	assert_int_equal(mdoc_trust_count(t), ANCHORS);
	assert_true(cert_read(bytes_of(leaf.ptr, leaf.len), &cert, NULL, NULL));
	/* Of the two with its issuer's name, the one with its key. */
	a = trust_next_issuer(t, &cert, &pos);
	assert_non_null(a);
	assert_true(bytes_equal(a->cert.point, key_point(keys[ANCHORS - 1])));
	assert_null(trust_next_issuer(t, &cert, &pos));
	/* Without an authority key identifier both may be it. */
	cert.aki = BYTES_NULL;
	pos = 0;
	assert_non_null(trust_next_issuer(t, &cert, &pos));
	assert_non_null(trust_next_issuer(t, &cert, &pos));
	assert_null(trust_next_issuer(t, &cert, &pos));

	pinned = trust_find(t, bytes_of(ders[3].ptr, ders[3].len));
	assert_non_null(pinned);
	assert_null(trust_find(t, bytes_of(leaf.ptr, leaf.len)));
	assert_null(trust_find(NULL, bytes_of(leaf.ptr, leaf.len)));
	pos = 0;
	assert_null(trust_next_issuer(NULL, &cert, &pos));
	/* What was handed out stays where it is. */
	expect_ok(c, mdoc_trust_add(t, bytes(&leaf)));
	assert_ptr_equal(pinned,
	    trust_find(t, bytes_of(ders[3].ptr, ders[3].len)));
	mdoc_trust_free(&t);
	assert_null(t);
	mdoc_trust_free(&t);
	mdoc_trust_free(NULL);
}

static void
test_files(void **state)
{
	static const char other[] =
	    "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
	mdoc_trust *t = NULL;
	mdoc_buf der = MDOC_BUF_INIT;

	(void)state;
	expect_ok(c, mdoc_trust_new(c, &t));
	write_file("bundle.pem", other, sizeof(other) - 1, "we");
	write_pem("bundle.pem", &ders[0], "ae");
	write_pem("bundle.pem", &ders[1], "ae");
	write_pem("bundle.pem", &ders[0], "ae");
	expect_ok(c, mdoc_trust_add_source(t, path_of("bundle.pem")));
	assert_int_equal(mdoc_trust_count(t), 2);
	write_file("one.der", ders[2].ptr, ders[2].len, "we");
	expect_ok(c, mdoc_trust_add_source(t, path_of("one.der")));
	assert_int_equal(mdoc_trust_count(t), 3);
	/* The first of a bundle */
	expect_ok(c, mdoc_cert_load(c, path_of("bundle.pem"), &der));
	assert_int_equal(der.len, ders[0].len);
	assert_memory_equal(der.ptr, ders[0].ptr, der.len);
	expect_ok(c, mdoc_cert_load(c, path_of("one.der"), &der));
	assert_int_equal(der.len, ders[2].len);

	/* Nothing of a file that is bad in part. */
	write_pem("half.pem", &ders[4], "we");
	write_file("half.pem",
	    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
	    59, "ae");
	expect_error(c, mdoc_trust_add_source(t, path_of("half.pem")),
	    MDOC_E_CERTIFICATE, "half.pem: certificate: expected");
	assert_int_equal(mdoc_trust_count(t), 3);
	write_file("cut.pem",
	    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERT", 46, "we");
	expect_error(c, mdoc_trust_add_source(t, path_of("cut.pem")), MDOC_E_IO,
	    "cut.pem: PEM block 1 cannot be read");
	write_file("crl.pem", other, sizeof(other) - 1, "we");
	expect_error(c, mdoc_trust_add_source(t, path_of("crl.pem")),
	    MDOC_E_CERTIFICATE, "crl.pem: no PEM block is a certificate");
	write_file("empty.pem", "", 0, "we");
	expect_error(c, mdoc_trust_add_source(t, path_of("empty.pem")),
	    MDOC_E_IO, "empty.pem: the file is empty");
	expect_error(c, mdoc_trust_add_source(t, path_of("none.pem")),
	    MDOC_E_IO, "none.pem: No such file");
	expect_error(c, mdoc_trust_add_source(t, ""), MDOC_E_ARGUMENT,
	    "a file or");
	expect_error(c, mdoc_trust_add_source(t, NULL), MDOC_E_ARGUMENT,
	    "a file or");
	write_file("text.der", "hello", 5, "we");
	expect_error(c, mdoc_trust_add_source(t, path_of("text.der")),
	    MDOC_E_CERTIFICATE, "text.der: certificate: expected");
	assert_int_equal(mdoc_trust_count(t), 3);
	mdoc_buf_reset(&der);
	mdoc_trust_free(&t);
	remove_files();
}

static void
test_folder(void **state)
{
	mdoc_trust *t = NULL;

	(void)state;
	expect_ok(c, mdoc_trust_new(c, &t));
	expect_error(c, mdoc_trust_add_source(t, folder), MDOC_E_CERTIFICATE,
	    "no file that ends in .pem, .crt, .cer or .der");
	write_pem("a.pem", &ders[0], "we");
	write_pem("b.CRT", &ders[1], "we");
	write_file("c.cer", ders[2].ptr, ders[2].len, "we");
	write_file("README", "not one", 7, "we");
	write_file(".hidden.pem", "not one", 7, "we");
	expect_ok(c, mdoc_trust_add_source(t, folder));
	assert_int_equal(mdoc_trust_count(t), 3);
	/* Two problems, both told; nothing is added. */
	write_pem("d.pem", &ders[3], "we");
	write_file("e.pem", "nothing", 7, "we");
	write_file("f.der", "nothing", 7, "we");
	expect_error(c, mdoc_trust_add_source(t, folder), MDOC_E_CERTIFICATE,
	    "e.pem: ");
	assert_non_null(strstr(mdoc_ctx_error(c), "f.der: "));
	assert_null(strstr(mdoc_ctx_error(c), "d.pem"));
	assert_int_equal(mdoc_trust_count(t), 3);
	mdoc_trust_free(&t);
	remove_files();
}

/* A certificate with an RSA key, made by OpenSSL. */
static void
test_other_keys(void **state)
{
	char command[256];
	mdoc_trust *t = NULL;

	(void)state;
	(void)snprintf(command, sizeof(command),
	    "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=rsa "
	    "-keyout '%s/key' -out '%s/rsa.pem' >/dev/null 2>&1",
	    folder, folder);
	if (system(command) != 0) {
		print_message("# skipped: openssl(1) is not here\n");
		skip();
	}
	expect_ok(c, mdoc_trust_new(c, &t));
	expect_error(c, mdoc_trust_add_source(t, path_of("rsa.pem")),
	    MDOC_E_CERTIFICATE, "rsa.pem: certificate whose public key");
	mdoc_trust_free(&t);
	remove_files();
}

static void
test_memory(void **state)
{
	mdoc_trust *t = NULL;
	unsigned long n;
	int r;

	(void)state;
	write_pem("a.pem", &ders[0], "we");
	write_file("b.der", ders[1].ptr, ders[1].len, "we");
	for (n = 1;; n++) {
		t = NULL;
		failmalloc_arm(n);
		r = mdoc_trust_new(c, &t);
		if (r == MDOC_OK)
			r = mdoc_trust_add_source(t, folder);
		if (!failmalloc_disarm())
			break;
		assert_int_not_equal(r, MDOC_OK);
		if (t != NULL)
			assert_int_equal(mdoc_trust_count(t), 0);
		mdoc_trust_free(&t);
	}
	assert_int_equal(r, MDOC_OK);
	assert_int_equal(mdoc_trust_count(t), 2);
	assert_true(n > 5);
	mdoc_trust_free(&t);
	remove_files();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_issuer),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("trust", tests, setup, teardown);
}
