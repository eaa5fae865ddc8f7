/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates and keys as somebody sends them: spans lie inside, errors point
 * inside, what is read is what OpenSSL reads, and no rule of the profiles and
 * no printer trips over it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/x509.h>

#include "mdoc/crypto/cert-check.h"
#include "mdoc/crypto/cert-name.h"
#include "mdoc/crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) check((condition), #condition, __LINE__)

static void
check(bool good, const char *condition, int line)
{
	if (good)
		return;
	fprintf(stderr, "fuzz-cert.c:%d: not so: %s\n", line, condition);
	abort();
}

static void
check_inside(struct bytes inner, struct bytes outer)
{
	if (bytes_is_null(inner))
		return;
	CHECK(inner.ptr >= outer.ptr);
	CHECK(inner.len <= outer.len);
	CHECK(inner.ptr + inner.len <= outer.ptr + outer.len);
}

static void
check_spans(const struct cert *c, struct bytes in)
{
	const struct bytes spans[] = { c->whole, c->tbs, c->serial,
		c->serial_der, c->signature, c->issuer, c->subject, c->country,
		c->state, c->common_name, c->issuer_country, c->issuer_state,
		c->spki, c->point, c->eku, c->ski, c->aki, c->issuer_alt_name,
		c->crl_dp, c->unknown_critical, c->forbidden };

	for (size_t i = 0; i < nitems(spans); i++)
		check_inside(spans[i], in);
	CHECK(c->whole.len == in.len);
	CHECK(c->version >= 1 && c->version <= 3);
	CHECK(c->path_len >= -1);
	CHECK((c->curve == NULL) == bytes_is_null(c->point));
	check_inside(cert_alt_name_uri(c->issuer_alt_name), in);
	check_inside(cert_crl_uri(c->crl_dp), in);
}

static void
check_name(const X509_NAME *name, struct bytes ours)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(name, &der);

	CHECK(n > 0);
	CHECK(bytes_equal(bytes_of(der, (size_t)n), ours));
	OPENSSL_free(der);
}

static void
check_time(const ASN1_TIME *t, int64_t ours)
{
	struct tm tm;

	/* OpenSSL takes times without seconds and with an offset; these we
	 * refuse, so that what is left says the same. */
	if (ASN1_TIME_to_tm(t, &tm) == 1)
		CHECK(timegm(&tm) == ours);
}

/* OpenSSL refuses more (numbers, strings), but never reads another thing. */
static void
check_openssl(const struct cert *c, struct bytes in)
{
	const unsigned char *p = in.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)in.len);

	if (x == NULL)
		return;
	CHECK(p == in.ptr + in.len);
	CHECK(X509_get_version(x) + 1 == c->version);
	check_name(X509_get_subject_name(x), c->subject);
	check_name(X509_get_issuer_name(x), c->issuer);
	check_time(X509_get0_notBefore(x), c->not_before);
	check_time(X509_get0_notAfter(x), c->not_after);
	X509_free(x);
}

static void
check_profiles(mdoc_ctx *ctx, const struct cert *c)
{
	mdoc_report *report;

	for (int i = MDOC_CERT_IACA; i <= MDOC_CERT_READER; i++) {
		CHECK((report = report_new()) != NULL);
		CHECK(cert_check_all(ctx, (enum mdoc_cert_profile)i, c,
			  i & 1 ? c : NULL, 0, report) == MDOC_OK);
		CHECK(mdoc_report_count(report) > 10);
		mdoc_report_free(&report);
	}
}

static void
check_certificate(mdoc_ctx *ctx, struct bytes in)
{
	struct blob text = BLOB_INIT;
	const char *what = NULL;
	size_t offset = SIZE_MAX;
	struct cert c;

	if (!cert_read(in, &c, &offset, &what)) {
		CHECK(what != NULL && offset <= in.len);
		return;
	}
	check_spans(&c, in);
	check_openssl(&c, in);
	CHECK(name_format(c.subject, &text));
	CHECK(name_format(c.issuer, &text));
	blob_reset(&text);
	check_profiles(ctx, &c);
}

static void
check_key(mdoc_ctx *ctx, struct bytes in)
{
	mdoc_key *key = NULL, *again = NULL;
	mdoc_buf pem = MDOC_BUF_INIT;

	if (mdoc_key_from_bytes(ctx, to_public(in), &key) != MDOC_OK) {
		CHECK(key == NULL && mdoc_ctx_error(ctx)[0] != '\0');
		return;
	}
	CHECK(curve_point_valid(key_curve(key), key_point(key)));
	CHECK(mdoc_key_pem(key, &pem) == MDOC_OK);
	CHECK(mdoc_key_from_bytes(ctx, (mdoc_bytes){ pem.ptr, pem.len },
		  &again) == MDOC_OK);
	CHECK(mdoc_key_equal(key, again));
	mdoc_buf_reset(&pem);
	mdoc_key_free(&key);
	mdoc_key_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mdoc_ctx *ctx;

	if (ctx == NULL && mdoc_ctx_new(&ctx) != MDOC_OK)
		abort();
	check_certificate(ctx, bytes_of(data, size));
	check_key(ctx, bytes_of(data, size));
	return 0;
}
