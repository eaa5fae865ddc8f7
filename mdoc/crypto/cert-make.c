/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert-make: certificates of 18013-5 Annex B. The TBSCertificate is written
 * here and signed by whatever key there is, in a token or not; what comes out
 * must pass the rules that a received one must pass.
 */
#include "config.h"

#include <string.h>

#include "mdoc/codec/date.h"
#include "mdoc/crypto/cert-check.h"
#include "mdoc/crypto/cert-name.h"
#include "mdoc/crypto/cert-store.h"
#include "mdoc/crypto/der.h"
#include "mdoc/crypto/key-bytes.h"
#include "mdoc/crypto/key.h"

#define SERIAL_LEN 16
#define SHA1_LEN   20

struct making {
	mdoc_ctx *ctx;
	const mdoc_cert_params *params;
	const struct cert_profile *profile;
	const mdoc_key *subject_key;
	mdoc_key *issuer_key;
	const struct cert *issuer; /* NULL: self-signed */
	struct cert issuer_cert;
	struct name subject;
	struct blob name; /* the subject, DER */
	int64_t not_before;
	int64_t not_after;
	struct der_writer w;
};

/* ---- what the profile lets us fill in */

/* countryName and stateOrProvinceName of a document signer are those of its
 * IACA (18013-5 B.1.4): taken over where they are not given. */
static int
complete_subject(struct making *m)
{
	const struct cert *ca = m->issuer;
	int r = MDOC_OK;

	if (m->params->profile == MDOC_CERT_DS && ca != NULL) {
		if (bytes_is_null(name_get(&m->subject, "C")) &&
		    !bytes_is_null(ca->country))
			r = name_add(m->ctx, &m->subject, "C", ca->country);
		if (r == MDOC_OK &&
		    bytes_is_null(name_get(&m->subject, "ST")) &&
		    !bytes_is_null(ca->state))
			r = name_add(m->ctx, &m->subject, "ST", ca->state);
	}
	if (r == MDOC_OK && !name_write(&m->subject, &m->name))
		r = ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory");
	return r;
}

static int
set_validity(struct making *m)
{
	const mdoc_cert_params *p = m->params;

	m->not_before =
	    p->not_before != 0 ? p->not_before : mdoc_ctx_now(m->ctx);
	m->not_after = p->not_after;
	if (m->not_after == 0) {
		m->not_after = cert_profile_limit(m->profile, m->not_before);
		if (m->issuer != NULL && m->issuer->not_after < m->not_after)
			m->not_after = m->issuer->not_after;
	}
	/* The clock of a test or a machine without one. */
	if (m->not_before < 0 || m->not_after > INT64_C(253402300799))
		return ctx_fail(m->ctx, MDOC_E_ARGUMENT,
		    "validity before 1970 or after 9999");
	return MDOC_OK;
}

static int
check_keys(struct making *m)
{
	const struct cert *ca = m->issuer;
	const mdoc_key *k = m->issuer_key;

	if (key_curve(k)->kind != CURVE_WEIERSTRASS)
		return ctx_fail(m->ctx, MDOC_E_CERTIFICATE,
		    "cert.algorithm (18013-5 B.1.1): certificates are signed "
		    "with ECDSA, not with a key on %s",
		    key_curve(k)->name);
	if (ca == NULL && !mdoc_key_equal(m->subject_key, k))
		return ctx_fail(m->ctx, MDOC_E_ARGUMENT,
		    "without a certificate of the issuer, the issuer's key is "
		    "the subject's");
	if (ca != NULL &&
	    (ca->curve != key_curve(k) ||
		!bytes_equal(ca->point, key_point(k))))
		return ctx_fail(m->ctx, MDOC_E_KEY,
		    "the issuer's key is not the one in its certificate");
	return MDOC_OK;
}

/* ---- DER */

static void
put_oid_2_5_29(struct der_writer *w, uint8_t n)
{
	const uint8_t oid[] = { 0x55, 0x1d, n };

	der_put(w, DER_OID, bytes_of(oid, sizeof(oid)));
}

/* ecdsa-with-SHA256, 384, 512 (RFC 5758 3.2) by the curve that signs */
static void
put_algorithm(struct der_writer *w, const struct curve *curve)
{
	uint8_t oid[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0 };
	size_t seq;

	oid[7] = curve->hash_len == 32 ? 2 : curve->hash_len == 48 ? 3 : 4;
	seq = der_begin(w, DER_SEQUENCE);
	der_put(w, DER_OID, bytes_of(oid, sizeof(oid)));
	der_end(w, seq);
}

/* RFC 5280 4.1.2.5: two digits of the year through 2049. */
static void
put_time(struct der_writer *w, int64_t seconds)
{
	char text[32];
	char out[16];
	size_t n = 0;
	bool utc;

	if (!date_format(seconds, text)) {
		w->failed = true;
		return;
	}
	utc = memcmp(text, "2050", 4) < 0 && memcmp(text, "1950", 4) >= 0;
	for (const char *p = text + (utc ? 2 : 0); *p != '\0'; p++) {
		if (strchr("-T:", *p) == NULL)
			out[n++] = *p;
	}
	der_put(w, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, bytes_of(out, n));
}

/* An extension around what the caller puts between begin and end. */
struct extension {
	size_t ext, value;
};

static struct extension
extension_begin(struct der_writer *w, uint8_t id, bool critical)
{
	static const uint8_t yes = 0xff;
	struct extension e;

	e.ext = der_begin(w, DER_SEQUENCE);
	put_oid_2_5_29(w, id);
	if (critical)
		der_put(w, DER_BOOLEAN, bytes_of(&yes, 1));
	e.value = der_begin(w, DER_OCTET_STRING);
	return e;
}

static void
extension_end(struct der_writer *w, struct extension e)
{
	der_end(w, e.value);
	der_end(w, e.ext);
}

static void
put_bc(struct making *m)
{
	static const uint8_t content[] = { 0x01, 0x01, 0xff, 0x02, 0x01, 0x00 };
	struct extension e;

	if (!m->profile->root)
		return;
	e = extension_begin(&m->w, 19, true);
	der_put(&m->w, DER_SEQUENCE, bytes_of(content, sizeof(content)));
	extension_end(&m->w, e);
}

static void
put_ku(struct making *m)
{
	/* keyCertSign, cRLSign: bits 5 and 6; digitalSignature: bit 0 */
	static const uint8_t ca[] = { 1, 0x06 };
	static const uint8_t leaf[] = { 7, 0x80 };
	struct extension e = extension_begin(&m->w, 15, true);

	der_put(&m->w, DER_BIT_STRING,
	    m->profile->root ? bytes_of(ca, sizeof(ca))
			     : bytes_of(leaf, sizeof(leaf)));
	extension_end(&m->w, e);
}

static void
put_eku(struct making *m)
{
	struct extension e;
	size_t seq;

	if (m->profile->root)
		return;
	e = extension_begin(&m->w, 37, true);
	seq = der_begin(&m->w, DER_SEQUENCE);
	for (size_t i = 0; i < nitems(m->profile->eku); i++)
		der_put(&m->w, DER_OID, *m->profile->eku[i]);
	der_end(&m->w, seq);
	extension_end(&m->w, e);
}

static void
put_ski(struct making *m)
{
	struct bytes point = key_point(m->subject_key);
	struct extension e = extension_begin(&m->w, 14, false);
	uint8_t digest[SHA1_LEN];

	if (!hasher_digest(m->ctx->hasher, HASH_SHA1, &point, 1, digest))
		m->w.failed = true;
	der_put(&m->w, DER_OCTET_STRING, bytes_of(digest, sizeof(digest)));
	extension_end(&m->w, e);
}

static void
put_aki(struct making *m)
{
	struct extension e;
	size_t seq;

	if (m->issuer == NULL || bytes_is_null(m->issuer->ski))
		return;
	e = extension_begin(&m->w, 35, false);
	seq = der_begin(&m->w, DER_SEQUENCE);
	der_put(&m->w, DER_CONTEXT(0), m->issuer->ski);
	der_end(&m->w, seq);
	extension_end(&m->w, e);
}

static void
put_alt_name(struct making *m)
{
	const char *url = m->params->issuer_alt_url;
	struct bytes taken =
	    m->issuer == NULL ? BYTES_NULL : m->issuer->issuer_alt_name;
	struct extension e;
	size_t seq;

	if (url == NULL && bytes_is_null(taken))
		return;
	e = extension_begin(&m->w, 18, false);
	seq = der_begin(&m->w, DER_SEQUENCE);
	if (url != NULL)
		der_put(&m->w, DER_CONTEXT(6), bytes_str(url));
	else
		der_put_raw(&m->w, taken);
	der_end(&m->w, seq);
	extension_end(&m->w, e);
}

static void
put_crl(struct making *m)
{
	const char *url = m->params->crl_url;
	struct bytes taken = m->issuer == NULL ? BYTES_NULL : m->issuer->crl_dp;
	size_t points, point, name, full;
	struct extension e;

	if (url == NULL && bytes_is_null(taken))
		return;
	e = extension_begin(&m->w, 31, false);
	if (url != NULL) {
		points = der_begin(&m->w, DER_SEQUENCE);
		point = der_begin(&m->w, DER_SEQUENCE);
		name = der_begin(&m->w, DER_CONTEXT_C(0));
		full = der_begin(&m->w, DER_CONTEXT_C(0));
		der_put(&m->w, DER_CONTEXT(6), bytes_str(url));
		der_end(&m->w, full);
		der_end(&m->w, name);
		der_end(&m->w, point);
		der_end(&m->w, points);
	} else {
		der_put_raw(&m->w, taken);
	}
	extension_end(&m->w, e);
}

static void
put_extensions(struct making *m)
{
	size_t outer = der_begin(&m->w, DER_CONTEXT_C(3));
	size_t list = der_begin(&m->w, DER_SEQUENCE);

	put_bc(m);
	put_ku(m);
	put_eku(m);
	put_ski(m);
	put_aki(m);
	put_alt_name(m);
	put_crl(m);
	der_end(&m->w, list);
	der_end(&m->w, outer);
}

static int
put_tbs(struct making *m)
{
	static const uint8_t v3[] = { DER_INTEGER, 1, 2 };
	const struct curve *curve = key_curve(m->subject_key);
	uint8_t serial[SERIAL_LEN];
	struct der_writer *w = &m->w;
	size_t tbs, validity;
	int r;

	/* 127 random bits; positive and as long as all others. */
	if ((r = ctx_random(m->ctx, serial, sizeof(serial))) != MDOC_OK)
		return r;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	tbs = der_begin(w, DER_SEQUENCE);
	der_put(w, DER_CONTEXT_C(0), bytes_of(v3, sizeof(v3)));
	der_put_uint(w, bytes_of(serial, sizeof(serial)));
	put_algorithm(w, key_curve(m->issuer_key));
	der_put_raw(w,
	    m->issuer != NULL ? m->issuer->subject : blob_bytes(&m->name));
	validity = der_begin(w, DER_SEQUENCE);
	put_time(w, m->not_before);
	put_time(w, m->not_after);
	der_end(w, validity);
	der_put_raw(w, blob_bytes(&m->name));
	if (!spki_write(curve, key_point(m->subject_key), w->out))
		w->failed = true;
	put_extensions(m);
	der_end(w, tbs);
	return w->failed ? ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory")
			 : MDOC_OK;
}

static int
sign(struct making *m, struct bytes tbs, struct blob *ret)
{
	const struct curve *curve = key_curve(m->issuer_key);
	struct der_writer w = { ret, false };
	uint8_t raw[CURVE_MAX_SIG], der[DER_MAX_SIG];
	size_t raw_len, der_len, seq;
	int r;

	r = key_sign_raw(m->issuer_key, &tbs, 1, raw, &raw_len);
	if (r != MDOC_OK)
		return r;
	if (!der_sig_from_raw(bytes_of(raw, raw_len), der, &der_len))
		return ctx_fail(m->ctx, MDOC_E_INTERNAL,
		    "a signature of %zu bytes", raw_len);
	seq = der_begin(&w, DER_SEQUENCE);
	der_put_raw(&w, tbs);
	put_algorithm(&w, curve);
	der_put_bits(&w, bytes_of(der, der_len));
	der_end(&w, seq);
	return w.failed ? ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory")
			: MDOC_OK;
}

/* ---- the rules of the profile */

/* Rules about the moment of the check do not forbid making a certificate for
 * another time. */
static bool
concerns_now(const mdoc_check *check)
{
	return strcmp(check->layer, "validity") == 0;
}

static int
hold_against_rules(struct making *m, struct bytes der)
{
	const mdoc_check *check;
	struct cert cert;
	mdoc_report *report;
	int r;

	if ((r = cert_parse(m->ctx, der, &cert)) != MDOC_OK)
		return r;
	if ((report = report_new()) == NULL)
		return ctx_fail(m->ctx, MDOC_E_MEMORY, "out of memory");
	r = cert_check_all(m->ctx, m->params->profile, &cert, m->issuer,
	    m->not_before, report);
	for (size_t i = 0;
	     r == MDOC_OK && (check = mdoc_report_check(report, i)) != NULL;
	     i++) {
		if (check->result == MDOC_FAIL && !concerns_now(check))
			r = ctx_fail(m->ctx, MDOC_E_CERTIFICATE,
			    "%s (%s), %s certificate: %s: expected %s, is %s",
			    check->id, check->clause, m->profile->name,
			    check->detail, check->expected, check->actual);
	}
	mdoc_report_free(&report);
	return r;
}

/* A URI that an IA5String can hold (RFC 5280 4.2.1.6). */
static int
check_url(mdoc_ctx *c, const char *what, const char *url)
{
	if (url == NULL)
		return MDOC_OK;
	for (const char *p = url; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return ctx_fail(c, MDOC_E_ARGUMENT,
			    "%s \"%s\": a blank or a character beyond ASCII",
			    what, url);
	}
	if (strchr(url, ':') == NULL || url[0] == ':')
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "%s \"%s\": not a URI with its scheme", what, url);
	return MDOC_OK;
}

static int
check_params(mdoc_ctx *c, const mdoc_cert_params *p)
{
	int r;

	if (p == NULL || p->size != sizeof(*p) ||
	    cert_profile_of(p->profile) == NULL)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "mdoc_cert_params: size or profile is not set");
	if (p->subject == NULL)
		return ctx_fail(c, MDOC_E_ARGUMENT, "no subject");
	if ((r = check_url(c, "issuer_alt_url", p->issuer_alt_url)) != MDOC_OK)
		return r;
	return check_url(c, "crl_url", p->crl_url);
}

static int
prepare(struct making *m, mdoc_bytes issuer_cert)
{
	int r;

	if (issuer_cert.ptr != NULL) {
		r = cert_parse(m->ctx, from_public(issuer_cert),
		    &m->issuer_cert);
		if (r != MDOC_OK)
			return ctx_fail(m->ctx, r, "issuer: %s", m->ctx->error);
		m->issuer = &m->issuer_cert;
	}
	if (m->profile->root && m->issuer != NULL)
		return ctx_fail(m->ctx, MDOC_E_CERTIFICATE,
		    "cert.issuer (%s): a certificate of profile %s is "
		    "self-signed: no issuer",
		    m->profile->clause, m->profile->name);
	if (!m->profile->root && m->issuer == NULL)
		return ctx_fail(m->ctx, MDOC_E_CERTIFICATE,
		    "cert.issuer (%s): a certificate of profile %s needs the "
		    "certificate of its issuer",
		    m->profile->clause, m->profile->name);
	if ((r = check_keys(m)) != MDOC_OK ||
	    (r = name_parse(m->ctx, m->params->subject, &m->subject)) !=
		MDOC_OK ||
	    (r = complete_subject(m)) != MDOC_OK)
		return r;
	return set_validity(m);
}

int
mdoc_cert_create(mdoc_ctx *ctx, const mdoc_cert_params *params,
    const mdoc_key *subject_key, mdoc_key *issuer_key, mdoc_bytes issuer_cert,
    mdoc_buf *ret_der)
{
	struct making m = { .ctx = ctx,
		.params = params,
		.subject_key = subject_key,
		.issuer_key = issuer_key };
	struct blob tbs = BLOB_INIT, der = BLOB_INIT;
	int r;

	if ((r = check_params(ctx, params)) != MDOC_OK)
		return r;
	m.profile = cert_profile_of(params->profile);
	m.w.out = &tbs;
	if ((r = prepare(&m, issuer_cert)) == MDOC_OK &&
	    (r = put_tbs(&m)) == MDOC_OK &&
	    (r = sign(&m, blob_bytes(&tbs), &der)) == MDOC_OK &&
	    (r = hold_against_rules(&m, blob_bytes(&der))) == MDOC_OK)
		buf_take_blob(ret_der, &der);
	name_reset(&m.subject);
	blob_reset(&m.name);
	blob_reset(&tbs);
	blob_reset(&der);
	return r;
}
