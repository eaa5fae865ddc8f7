/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "mdoc/codec/date.h"
#include "mdoc/crypto/cert-check.h"
#include "mdoc/crypto/cert-store.h"
#include "mdoc/crypto/der.h"
#include "mdoc/crypto/sigver.h"

/* 18013-5 B.1; the root of reader authentication is held to what B.1.2 says
 * of an IACA, but for its names. */
static const struct cert_profile profiles[] = {
	[MDOC_CERT_IACA] = {
		.name = "IACA",
		.clause = "18013-5 B.1.2",
		.root = true,
		.max_years = 20,
		.needs_country = true,
		.needs_alt_name = true,
	},
	[MDOC_CERT_DS] = {
		.name = "document signer",
		.clause = "18013-5 B.1.4",
		.max_days = 457,
		.eku = { &CERT_EKU_MDL_DS, &CERT_EKU_MDOC_DS },
		.needs_country = true,
		.needs_alt_name = true,
		.needs_crl = true,
	},
	[MDOC_CERT_READER_CA] = {
		.name = "reader CA",
		.clause = "18013-5 B.1.2",
		.root = true,
		.max_years = 20,
	},
	[MDOC_CERT_READER] = {
		.name = "reader",
		.clause = "18013-5 B.1.7",
		.max_days = 1187,
		.eku = { &CERT_EKU_MDL_READER, &CERT_EKU_MDOC_READER },
		.needs_crl = true,
	},
};

const struct cert_profile *
cert_profile_of(enum mdoc_cert_profile profile)
{
	return (size_t)profile < nitems(profiles) ? &profiles[profile] : NULL;
}

/* The same day so many years on (29 February: the 28th), as text and back. */
static int64_t
add_years(int64_t seconds, int years)
{
	char text[32];
	struct date d;
	int y;

	if (!date_format(seconds, text))
		return seconds;
	y = (text[0] - '0') * 1000 + (text[1] - '0') * 100 +
	    (text[2] - '0') * 10 + (text[3] - '0') + years;
	for (int i = 3; i >= 0; i--, y /= 10)
		text[i] = (char)('0' + y % 10);
	if (!date_parse(bytes_str(text), &d)) {
		text[8] = '2';
		text[9] = '8';
		if (!date_parse(bytes_str(text), &d))
			return seconds;
	}
	return d.seconds;
}

int64_t
cert_profile_limit(const struct cert_profile *p, int64_t not_before)
{
	return p->max_years > 0 ? add_years(not_before, p->max_years)
				: not_before + p->max_days * CERT_DAY;
}

/* ---- the rules */

struct check {
	mdoc_ctx *ctx;
	const struct cert_profile *profile;
	const struct cert *cert;
	const struct cert *issuer; /* NULL: not given */
	int64_t at;
	mdoc_report *report;
	mdoc_check *out; /* of the rule at work: expected, actual, offset */
	int failed;      /* MDOC_E_: the crypto library */
};

static const char *
text_of(const struct check *k, struct bytes s)
{
	return bytes_is_null(s) ? "none" : report_string(k->report, s);
}

static const char *
date_of(const struct check *k, int64_t seconds)
{
	char text[32];

	if (!date_format(seconds, text))
		return "a year beyond 9999";
	return report_text(k->report, "%s", text);
}

/* Sets what is told of a failure (or of a warning). */
static enum mdoc_result
differ(struct check *k, enum mdoc_result result, const char *expected,
    const char *actual)
{
	k->out->expected = expected;
	k->out->actual = actual;
	return result;
}

static enum mdoc_result
check_version(struct check *k)
{
	if (k->cert->version == 3)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "3",
	    report_text(k->report, "%d", k->cert->version));
}

/* 63 random bits are 8 octets, 7 with a chance of 1 in 128. */
static enum mdoc_result
check_serial(struct check *k)
{
	struct bytes s = k->cert->serial;
	const char *actual =
	    report_text(k->report, "%zu octets", k->cert->serial.len);

	if (s.ptr[0] > 0x7f)
		return differ(k, MDOC_FAIL, "a positive number", "negative");
	if (s.len > 20)
		return differ(k, MDOC_FAIL, "at most 20 octets", actual);
	if (s.len == 1 && s.ptr[0] == 0)
		return differ(k, MDOC_FAIL, "a positive number", "0");
	if (s.len < 8)
		return differ(k, MDOC_WARN, "at least 63 random bits", actual);
	return MDOC_PASS;
}

static enum mdoc_result
check_algorithm(struct check *k)
{
	const struct curve *curve = k->issuer == NULL ? NULL : k->issuer->curve;
	enum hash_alg hash;

	if (!k->cert->sig_ecdsa)
		return differ(k, MDOC_FAIL,
		    "ecdsa-with-SHA256, SHA384 or SHA512", "another one");
	/* A hash as long as the curve of the issuer asks for. */
	if (curve != NULL && curve->hash != NULL &&
	    hash_by_name(bytes_str(curve->hash), &hash) &&
	    hash != k->cert->sig_hash)
		return differ(k, MDOC_WARN, curve->hash,
		    hash_name(k->cert->sig_hash));
	return MDOC_PASS;
}

static enum mdoc_result
check_issuer(struct check *k)
{
	if (k->issuer == NULL)
		return MDOC_NOT_DONE;
	if (bytes_equal(k->cert->issuer, k->issuer->subject))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    k->profile->root ? "the subject itself" : "the issuer's subject",
	    "another name");
}

/* RFC 5280 6.1.4 (k), (n) */
static enum mdoc_result
check_issuer_ca(struct check *k)
{
	const struct cert *ca = k->issuer;

	if (ca == NULL)
		return MDOC_NOT_DONE;
	if (ca->has_bc && ca->ca &&
	    (!ca->has_ku || (ca->key_usage & CERT_KU_KEY_CERT_SIGN) != 0))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "a CA that may sign certificates",
	    "not one");
}

static enum mdoc_result
check_signature(struct check *k)
{
	mdoc_ctx *c = k->ctx;
	enum sigver_result r;
	struct pubkey *key;

	if (k->issuer == NULL)
		return MDOC_NOT_DONE;
	if (!k->cert->sig_ecdsa || k->issuer->curve == NULL)
		return differ(k, MDOC_FAIL, "ECDSA", "another algorithm");
	key = pubkey_new(c->sigver, k->issuer->curve, k->issuer->point);
	if (key == NULL &&
	    curve_point_valid(k->issuer->curve, k->issuer->point)) {
		k->failed = ctx_fail(c, MDOC_E_MEMORY, "out of memory");
		return MDOC_UNDETERMINED;
	}
	if (key == NULL)
		return differ(k, MDOC_FAIL, "a point on the issuer's curve",
		    "not one");
	r = sigver_x509(c->sigver, c->hasher, key, k->cert->sig_hash,
	    k->cert->tbs, k->cert->signature);
	pubkey_free(&key);
	if (r == SIGVER_ERROR)
		k->failed = ctx_fail(c, MDOC_E_CRYPTO,
		    "verification of a certificate failed");
	return r == SIGVER_GOOD
	    ? MDOC_PASS
	    : differ(k, MDOC_FAIL, "made with the issuer's key", "not so");
}

static enum mdoc_result
check_order(struct check *k)
{
	if (k->cert->not_before < k->cert->not_after)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "notBefore before notAfter", "not so");
}

static enum mdoc_result
check_period(struct check *k)
{
	int64_t limit = cert_profile_limit(k->profile, k->cert->not_before);

	if (k->cert->not_after <= limit)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    report_text(k->report, "until %s at most", date_of(k, limit)),
	    date_of(k, k->cert->not_after));
}

static enum mdoc_result
check_not_before(struct check *k)
{
	if (k->at >= k->cert->not_before)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    report_text(k->report, "valid at %s", date_of(k, k->at)),
	    report_text(k->report, "from %s", date_of(k, k->cert->not_before)));
}

static enum mdoc_result
check_not_after(struct check *k)
{
	if (k->at <= k->cert->not_after)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    report_text(k->report, "valid at %s", date_of(k, k->at)),
	    report_text(k->report, "until %s", date_of(k, k->cert->not_after)));
}

static enum mdoc_result
check_within(struct check *k)
{
	if (k->issuer == NULL)
		return MDOC_NOT_DONE;
	if (k->cert->not_before >= k->issuer->not_before &&
	    k->cert->not_after <= k->issuer->not_after)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    report_text(k->report, "from %s to %s",
		date_of(k, k->issuer->not_before),
		date_of(k, k->issuer->not_after)),
	    report_text(k->report, "from %s to %s",
		date_of(k, k->cert->not_before),
		date_of(k, k->cert->not_after)));
}

static enum mdoc_result
check_country(struct check *k)
{
	struct bytes c = k->cert->country;

	if (bytes_is_null(c) && !k->profile->needs_country)
		return MDOC_NOT_DONE;
	if (c.len == 2 && k->cert->country_printable && c.ptr[0] >= 'A' &&
	    c.ptr[0] <= 'Z' && c.ptr[1] >= 'A' && c.ptr[1] <= 'Z')
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    "C: two upper-case letters, PrintableString", text_of(k, c));
}

static enum mdoc_result
check_common_name(struct check *k)
{
	if (k->cert->common_name.len > 0)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "CN in the subject", "none");
}

static enum mdoc_result
check_same_country(struct check *k)
{
	if (k->issuer == NULL)
		return MDOC_NOT_DONE;
	if (bytes_equal(k->cert->country, k->issuer->country))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, text_of(k, k->issuer->country),
	    text_of(k, k->cert->country));
}

static enum mdoc_result
check_same_state(struct check *k)
{
	if (k->issuer == NULL)
		return MDOC_NOT_DONE;
	if (bytes_is_null(k->issuer->state) ||
	    bytes_equal(k->cert->state, k->issuer->state))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, text_of(k, k->issuer->state),
	    text_of(k, k->cert->state));
}

/* CAs: NIST and brainpool curves; the others also Ed25519 and Ed448. */
static enum mdoc_result
check_curve(struct check *k)
{
	const struct curve *curve = k->cert->curve;

	if (curve != NULL && curve->alg != 0 &&
	    (curve->kind == CURVE_WEIERSTRASS || !k->profile->root))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    k->profile->root ? "a NIST or brainpool curve"
			     : "a curve of 18013-5 that signs",
	    curve == NULL ? "another kind of key" : curve->name);
}

static enum mdoc_result
check_point(struct check *k)
{
	const struct cert *c = k->cert;

	if (c->curve == NULL)
		return MDOC_NOT_DONE;
	if (c->curve->kind == CURVE_WEIERSTRASS &&
	    (c->point.len == 0 || c->point.ptr[0] != 0x04))
		return differ(k, MDOC_FAIL, "an uncompressed point", "not one");
	if (curve_point_valid(c->curve, c->point))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    report_text(k->report, "a point on %s", c->curve->name), "not one");
}

static enum mdoc_result
check_bc(struct check *k)
{
	const struct cert *c = k->cert;

	if (!k->profile->root)
		return !c->has_bc || !c->ca
		    ? MDOC_PASS
		    : differ(k, MDOC_FAIL, "not a CA", "a CA");
	if (c->has_bc && c->bc_critical && c->ca && c->path_len == 0)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "critical, CA, path length 0",
	    !c->has_bc ? "none"
		       : report_text(k->report, "%s, %s, path length %d",
			     c->bc_critical ? "critical" : "not critical",
			     c->ca ? "CA" : "not a CA", c->path_len));
}

static enum mdoc_result
check_ku(struct check *k)
{
	const struct cert *c = k->cert;
	unsigned want = k->profile->root
	    ? CERT_KU_KEY_CERT_SIGN | CERT_KU_CRL_SIGN
	    : CERT_KU_DIGITAL_SIGNATURE;

	if (c->has_ku && c->ku_critical && c->key_usage == want)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    k->profile->root ? "critical: keyCertSign, cRLSign and no other"
			     : "critical: digitalSignature and no other",
	    !c->has_ku ? "none"
		       : report_text(k->report, "%s: bits %04x",
			     c->ku_critical ? "critical" : "not critical",
			     c->key_usage));
}

static enum mdoc_result
check_eku(struct check *k)
{
	const struct cert *c = k->cert;
	bool found = false;

	if (k->profile->root)
		return c->has_eku ? differ(k, MDOC_FAIL, "none", "there is one")
				  : MDOC_PASS;
	for (size_t i = 0; i < nitems(k->profile->eku); i++)
		found = found || cert_has_eku(c, *k->profile->eku[i]);
	if (c->has_eku && c->eku_critical && found)
		return MDOC_PASS;
	return differ(k, MDOC_FAIL,
	    k->profile->eku[0] == &CERT_EKU_MDL_DS
		? "critical: 1.0.18013.5.1.2 or 1.0.23220.4.1.2"
		: "critical: 1.0.18013.5.1.6 or 1.0.23220.4.1.6",
	    !c->has_eku ? "none"
		: found ? "not critical"
			: "another use");
}

static enum mdoc_result
check_ski(struct check *k)
{
	uint8_t digest[20];

	if (bytes_is_null(k->cert->ski))
		return differ(k, MDOC_FAIL, "present", "none");
	if (bytes_is_null(k->cert->point))
		return MDOC_UNDETERMINED;
	if (!hasher_digest(k->ctx->hasher, HASH_SHA1, &k->cert->point, 1,
		digest)) {
		k->failed = ctx_fail(k->ctx, MDOC_E_CRYPTO, "SHA-1 failed");
		return MDOC_UNDETERMINED;
	}
	if (bytes_equal(k->cert->ski, bytes_of(digest, sizeof(digest))))
		return MDOC_PASS;
	return differ(k, MDOC_WARN,
	    report_hex(k->report, bytes_of(digest, sizeof(digest)), 20),
	    report_hex(k->report, k->cert->ski, 20));
}

static enum mdoc_result
check_aki(struct check *k)
{
	if (bytes_is_null(k->cert->aki))
		return k->profile->root
		    ? MDOC_NOT_DONE
		    : differ(k, MDOC_FAIL, "present", "none");
	if (k->issuer == NULL || bytes_is_null(k->issuer->ski) ||
	    bytes_equal(k->cert->aki, k->issuer->ski))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, report_hex(k->report, k->issuer->ski, 20),
	    report_hex(k->report, k->cert->aki, 20));
}

struct bytes
cert_alt_name_uri(struct bytes names)
{
	struct der d;

	while (names.len > 0 && der_next(&names, &d)) {
		if (d.tag == DER_CONTEXT(6))
			return d.content;
	}
	return BYTES_NULL;
}

struct bytes
cert_crl_uri(struct bytes crl_dp)
{
	struct bytes points, point, name, full, uri;

	if (!der_take(&crl_dp, DER_SEQUENCE, &points))
		return BYTES_NULL;
	while (points.len > 0) {
		if (!der_take(&points, DER_SEQUENCE, &point))
			break;
		/* distributionPoint [0] { fullName [0] } */
		if (der_take(&point, DER_CONTEXT_C(0), &name) &&
		    der_take(&name, DER_CONTEXT_C(0), &full)) {
			uri = cert_alt_name_uri(full);
			if (!bytes_is_null(uri))
				return uri;
		}
	}
	return BYTES_NULL;
}

/* An email address (rfc822Name) or a URI */
static bool
has_contact(struct bytes names)
{
	struct der d;

	while (names.len > 0 && der_next(&names, &d)) {
		if ((d.tag == DER_CONTEXT(1) || d.tag == DER_CONTEXT(6)) &&
		    d.content.len > 0)
			return true;
	}
	return false;
}

static enum mdoc_result
check_alt_name(struct check *k)
{
	struct bytes names = k->cert->issuer_alt_name;

	/* A reader certificate has it if an IACA issued it. */
	if (bytes_is_null(names) && !k->profile->needs_alt_name) {
		if (k->profile->root || k->issuer == NULL ||
		    bytes_is_null(k->issuer->issuer_alt_name))
			return MDOC_NOT_DONE;
		return differ(k, MDOC_WARN, "that of the issuer", "none");
	}
	if (has_contact(names))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "an email address or a URI",
	    bytes_is_null(names) ? "none" : "neither");
}

static enum mdoc_result
check_crl(struct check *k)
{
	struct bytes crl = k->cert->crl_dp;

	if (bytes_is_null(crl))
		return k->profile->needs_crl
		    ? differ(k, MDOC_FAIL, "present", "none")
		    : MDOC_NOT_DONE;
	if (bytes_is_null(cert_crl_uri(crl)))
		return differ(k, MDOC_WARN, "a URI", "none");
	return MDOC_PASS;
}

static enum mdoc_result
check_forbidden(struct check *k)
{
	if (bytes_is_null(k->cert->forbidden))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "none",
	    report_text(k->report, "2.5.29.%u", k->cert->forbidden.ptr[2]));
}

static enum mdoc_result
check_critical(struct check *k)
{
	if (bytes_is_null(k->cert->unknown_critical))
		return MDOC_PASS;
	return differ(k, MDOC_FAIL, "none",
	    report_text(k->report, "OID content %s",
		report_hex(k->report, k->cert->unknown_critical, 32)));
}

#define ROOTS  (1u << MDOC_CERT_IACA | 1u << MDOC_CERT_READER_CA)
#define LEAVES (1u << MDOC_CERT_DS | 1u << MDOC_CERT_READER)
#define ALL    (ROOTS | LEAVES)

/* clause NULL: that of the profile. */
static const struct profile_rule {
	struct report_rule rule;
	unsigned profiles;
	enum mdoc_result (*check)(struct check *k);
	const char *text;
} rules[] = {
	{ { "cert.version", "policy", NULL, REPORT_PLAIN }, ALL, check_version,
	    "version" },
	{ { "cert.serial", "policy", "18013-5 B.1.1", REPORT_PLAIN }, ALL,
	    check_serial, "serial number" },
	{ { "cert.algorithm", "policy", "18013-5 B.1.1", REPORT_PLAIN }, ALL,
	    check_algorithm, "signature algorithm" },
	{ { "cert.issuer", "issuer-sig", "RFC 5280 6.1.3", REPORT_PLAIN }, ALL,
	    check_issuer, "issuer" },
	{ { "cert.issuer.ca", "issuer-sig", "RFC 5280 6.1.4", REPORT_PLAIN },
	    LEAVES, check_issuer_ca, "issuer is a CA" },
	{ { "cert.signature", "issuer-sig", "RFC 5280 6.1.3", REPORT_TRUST },
	    ALL, check_signature, "signature" },
	{ { "cert.validity.order", "policy", "RFC 5280 4.1.2.5", REPORT_PLAIN },
	    ALL, check_order, "validity: order" },
	{ { "cert.validity.period", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_period, "validity: longest period" },
	{ { "cert.validity.notBefore", "validity", "RFC 5280 6.1.3",
	      REPORT_PLAIN },
	    ALL, check_not_before, "validity: not yet" },
	{ { "cert.validity.notAfter", "validity", "RFC 5280 6.1.3",
	      REPORT_EXPIRY },
	    ALL, check_not_after, "validity: expired" },
	{ { "cert.validity.issuer", "policy", NULL, REPORT_PLAIN },
	    1u << MDOC_CERT_DS, check_within, "validity within the issuer's" },
	{ { "cert.subject.country", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_country, "countryName" },
	{ { "cert.subject.commonName", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_common_name, "commonName" },
	{ { "cert.subject.sameCountry", "policy", NULL, REPORT_PLAIN },
	    1u << MDOC_CERT_DS, check_same_country,
	    "countryName equal to the issuer's" },
	{ { "cert.subject.sameState", "policy", NULL, REPORT_PLAIN },
	    1u << MDOC_CERT_DS, check_same_state,
	    "stateOrProvinceName equal to the issuer's" },
	{ { "cert.key.curve", "policy", NULL, REPORT_PLAIN }, ALL, check_curve,
	    "curve of the public key" },
	{ { "cert.key.point", "policy", NULL, REPORT_PLAIN }, ALL, check_point,
	    "public key" },
	{ { "cert.basicConstraints", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_bc, "basicConstraints" },
	{ { "cert.keyUsage", "policy", NULL, REPORT_PLAIN }, ALL, check_ku,
	    "keyUsage" },
	{ { "cert.extKeyUsage", "policy", NULL, REPORT_PLAIN }, ALL, check_eku,
	    "extKeyUsage" },
	{ { "cert.subjectKeyIdentifier", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_ski, "subjectKeyIdentifier, SHA-1 of the public key" },
	{ { "cert.authorityKeyIdentifier", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_aki, "authorityKeyIdentifier" },
	{ { "cert.issuerAltName", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_alt_name, "issuerAltName" },
	{ { "cert.crlDistributionPoints", "policy", NULL, REPORT_PLAIN }, ALL,
	    check_crl, "cRLDistributionPoints" },
	{ { "cert.forbidden", "policy", "18013-5 B.1.1", REPORT_PLAIN }, ALL,
	    check_forbidden, "extensions that must not be there" },
	{ { "cert.critical", "policy", "RFC 5280 4.2", REPORT_PLAIN }, ALL,
	    check_critical, "critical extensions that are not known" },
};

int
cert_check_all(mdoc_ctx *c, enum mdoc_cert_profile profile,
    const struct cert *cert, const struct cert *issuer, int64_t at,
    mdoc_report *report)
{
	struct check k = { .ctx = c,
		.profile = cert_profile_of(profile),
		.cert = cert,
		.issuer = issuer,
		.at = at,
		.report = report };
	mdoc_check scratch;
	enum mdoc_result result;
	mdoc_check *out;

	if (k.profile->root && issuer == NULL)
		k.issuer = cert;
	for (size_t i = 0; i < nitems(rules) && k.failed == MDOC_OK; i++) {
		if ((rules[i].profiles & 1u << profile) == 0)
			continue;
		scratch = (mdoc_check){ .expected = "", .actual = "" };
		k.out = &scratch;
		result = rules[i].check(&k);
		out = report_add(report, &rules[i].rule, result, -1);
		if (out->clause == NULL)
			out->clause = k.profile->clause;
		out->expected = scratch.expected;
		out->actual = scratch.actual;
		out->detail = rules[i].text;
	}
	if (k.failed != MDOC_OK)
		return k.failed;
	return report_ok(report) ? MDOC_OK
				 : ctx_fail(c, MDOC_E_MEMORY, "out of memory");
}

int
mdoc_cert_check(mdoc_ctx *ctx, enum mdoc_cert_profile profile, mdoc_bytes der,
    mdoc_bytes issuer, int64_t at, mdoc_report **ret)
{
	static const struct report_rule readable = { "cert.der", "structure",
		"RFC 5280 4.1", REPORT_TRUST };
	struct cert cert, ca;
	mdoc_report *report;
	mdoc_check *check;
	const char *what = "";
	size_t offset = 0;
	bool ok;
	int r = MDOC_OK;

	if (cert_profile_of(profile) == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "unknown certificate profile");
	if (issuer.ptr != NULL &&
	    (r = cert_parse(ctx, from_public(issuer), &ca)) != MDOC_OK)
		return ctx_fail(ctx, r, "issuer: %s", ctx->error);
	if ((report = report_new()) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	ok = cert_read(from_public(der), &cert, &offset, &what);
	check = report_add(report, &readable, ok ? MDOC_PASS : MDOC_FAIL, -1);
	if (!ok) {
		check->offset = offset;
		check->expected = what;
	} else {
		r = cert_check_all(ctx, profile, &cert,
		    issuer.ptr == NULL ? NULL : &ca,
		    at == 0 ? mdoc_ctx_now(ctx) : at, report);
	}
	if (r == MDOC_OK)
		*ret = report;
	else
		mdoc_report_free(&report);
	return r;
}
