/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/crypto/cert-check.h"
#include "mdoc/verify/cert-cache.h"
#include "mdoc/verify/chain.h"

/* COSE algorithm of x5t. */
#define COSE_HASH_SHA256 (-16)

/* What Annex B says about the certificates of each kind. */
struct chain_profile {
	enum deviation base;
	enum check x5chain;
	enum check chain;
	enum mdoc_cert_profile leaf; /* its rules */
	bool same_country;
	bool alt_name;
};

static const struct chain_profile profiles[] = {
	[CHAIN_KIND_ISSUER] = {
		.base = DEV_ISSUER_CHAIN,
		.x5chain = CHECK_ISSUER_X5CHAIN,
		.chain = CHECK_ISSUER_CHAIN,
		.leaf = MDOC_CERT_DS,
		.same_country = true,
		.alt_name = true,
	},
	[CHAIN_KIND_READER] = {
		.base = DEV_READER_CHAIN,
		.x5chain = CHECK_READER_X5CHAIN,
		.chain = CHECK_READER_CHAIN,
		.leaf = MDOC_CERT_READER,
	},
};

/* One walk from a leaf to an anchor. */
struct walk {
	struct verification *v;
	const struct chain_profile *profile;
	enum chain_kind kind;
	const struct cose *cose;
	size_t n;           /* certificates, without a trailing root */
	size_t used;        /* of these, from the leaf on */
	uint64_t found;     /* bits of enum chain_deviation */
	uint64_t message;   /* those that are about the message, not the leaf */
	int64_t not_before; /* of all CAs in the path */
	int64_t not_after;
	const struct anchor *anchor;
	const struct cert *leaf;
};

#define BIT(deviation) (UINT64_C(1) << (deviation))

/* About the x5chain of this message, not about its first certificate. */
#define MESSAGE_BITS                                                    \
	(BIT(CHAIN_ROOT) | BIT(CHAIN_EXTRA) | BIT(CHAIN_INTERMEDIATE) | \
	    BIT(CHAIN_X5CHAIN_PROTECTED) | BIT(CHAIN_X5T))

static void
found(struct walk *w, enum chain_deviation d)
{
	w->found |= BIT(d);
}

static bool
walk_fails(const struct walk *w)
{
	for (unsigned d = 0; d < CHAIN_COUNT; d++) {
		if (w->found & BIT(d) &&
		    verification_fails(w->v, w->profile->base + d))
			return true;
	}
	return false;
}

/* A Name for a person: its common name. */
static const char *
name_text(const struct walk *w, const struct cert *c)
{
	if (bytes_is_null(c->common_name))
		return "(no common name)";
	return report_string(w->v->report, c->common_name);
}

static const char *
country_text(const struct walk *w, struct bytes value)
{
	return bytes_is_null(value) ? "none"
				    : report_string(w->v->report, value);
}

static const char *
oid_text(const struct walk *w, struct bytes oid)
{
	return report_text(w->v->report, "OID content %s",
	    report_hex(w->v->report, oid, 32));
}

/* What was found and what should have been, for a person. */
static void
deviation_texts(const struct walk *w, enum chain_deviation d, mdoc_check *c)
{
	const struct cert *leaf = w->leaf;
	const struct cert *ca = w->anchor == NULL ? leaf : &w->anchor->cert;
	mdoc_report *r = w->v->report;

	switch ((int)d) {
	case CHAIN_NO_ANCHOR:
		c->expected = "an issuer that is a trust anchor";
		c->actual =
		    report_text(r, "certificate of %s", name_text(w, leaf));
		break;
	case CHAIN_UNKNOWN_CRITICAL:
		c->actual = oid_text(w, leaf->unknown_critical);
		break;
	case CHAIN_FORBIDDEN:
		c->actual = oid_text(w, leaf->forbidden);
		break;
	case CHAIN_COUNTRY:
		c->expected = country_text(w, ca->country);
		c->actual = country_text(w, leaf->country);
		break;
	case CHAIN_STATE:
		c->expected = country_text(w, ca->state);
		c->actual = country_text(w, leaf->state);
		break;
	case CHAIN_NOT_YET:
		c->expected = report_text(r, "valid at %s",
		    verification_date(w->v, w->v->at));
		c->actual = report_text(r, "valid from %s",
		    verification_date(w->v, w->not_before));
		break;
	case CHAIN_EXPIRED:
		c->expected = report_text(r, "valid at %s",
		    verification_date(w->v, w->v->at));
		c->actual = report_text(r, "valid until %s",
		    verification_date(w->v, w->not_after));
		break;
	case CHAIN_PERIOD:
		c->expected = report_text(r, "at most %d days",
		    cert_profile_of(w->profile->leaf)->max_days);
		c->actual = report_text(r, "%lld days",
		    (long long)((leaf->not_after - leaf->not_before) /
			CERT_DAY));
		break;
	default:
		break;
	}
}

static void
walk_report(const struct walk *w)
{
	mdoc_check *c;

	for (unsigned d = 0; d < CHAIN_COUNT; d++) {
		if (!(w->found & BIT(d)))
			continue;
		c = verification_deviation(w->v, w->profile->base + d);
		deviation_texts(w, d, c);
		if (!bytes_is_null(w->leaf->whole))
			c->offset = w->cose->offset;
	}
}

/* The path holds as long as all of its certificates do. */
static void
bound_dates(struct walk *w, const struct cert *c)
{
	if (c->not_before > w->not_before)
		w->not_before = c->not_before;
	if (c->not_after < w->not_after)
		w->not_after = c->not_after;
}

/* May this certificate issue one that has below CAs under it? */
static void
check_ca(struct walk *w, const struct cert *ca, size_t below)
{
	if (!ca->has_bc || !ca->ca)
		found(w, CHAIN_ISSUER_NOT_CA);
	if (ca->has_bc && ca->path_len >= 0 && (size_t)ca->path_len < below)
		found(w, CHAIN_PATH_LENGTH);
	if (ca->has_ku && !(ca->key_usage & CERT_KU_KEY_CERT_SIGN))
		found(w, CHAIN_ISSUER_KEY_USAGE);
	if (!bytes_is_null(ca->unknown_critical))
		found(w, CHAIN_UNKNOWN_CRITICAL);
	bound_dates(w, ca);
}

/* *ret: whether this anchor has signed c. */
static int
issued_by(struct walk *w, const struct cert *c, struct pubkey *key, bool *ret)
{
	mdoc_ctx *ctx = w->v->ctx;

	*ret = false;
	if (!c->sig_ecdsa) {
		found(w, CHAIN_SIGNATURE_ALGORITHM);
		return MDOC_OK;
	}
	switch (sigver_x509(ctx->sigver, ctx->hasher, key, c->sig_hash, c->tbs,
	    c->signature)) {
	case SIGVER_GOOD:
		*ret = true;
		return MDOC_OK;
	case SIGVER_ERROR:
		return ctx_fail(ctx, MDOC_E_CRYPTO,
		    "verification of a certificate failed");
	case SIGVER_BAD:
	case SIGVER_BAD_KEY:
	case SIGVER_BAD_FORM:
	default:
		found(w, CHAIN_SIGNATURE);
		return MDOC_OK;
	}
}

/* Looks for the anchor that has issued c; w->anchor stays NULL if none has. */
static int
find_anchor(struct walk *w, const struct cert *c)
{
	const uint64_t before = w->found;
	const struct anchor *a;
	size_t pos = 0;
	bool good;
	int r;

	while ((a = trust_next_issuer(w->v->verifier->trust, c, &pos)) !=
	    NULL) {
		if ((r = issued_by(w, c, a->key, &good)) != MDOC_OK)
			return r;
		if (good) {
			/* Another anchor of the same name did not fit. */
			w->found = before;
			w->anchor = a;
			return MDOC_OK;
		}
	}
	return MDOC_OK;
}

/*
 * c was not issued by an anchor: by the next certificate of the x5chain?
 * *ret_next is set if so.
 */
static int
find_intermediate(struct walk *w, const struct cert *c, struct cert *ret_next,
    bool *ret_good)
{
	struct pubkey *key;
	struct cert next;
	bool good = false;
	int r;

	*ret_good = false;
	if (w->used >= w->n ||
	    !cert_read(w->cose->x5chain[w->used], &next, NULL, NULL) ||
	    !bytes_equal(next.subject, c->issuer))
		return MDOC_OK;
	if (next.curve == NULL)
		return MDOC_OK;
	key = pubkey_new(w->v->ctx->sigver, next.curve, next.point);
	if (key == NULL)
		return MDOC_OK;
	r = issued_by(w, c, key, &good);
	pubkey_free(&key);
	if (r != MDOC_OK || !good)
		return r;
	*ret_next = next;
	*ret_good = true;
	return MDOC_OK;
}

static int
walk_up(struct walk *w, const struct cert *leaf)
{
	struct cert c = *leaf, next;
	bool good;
	int r;

	w->used = 1;
	for (;;) {
		if ((r = find_anchor(w, &c)) != MDOC_OK)
			return r;
		if (w->anchor != NULL) {
			check_ca(w, &w->anchor->cert, w->used - 1);
			return MDOC_OK;
		}
		if ((r = find_intermediate(w, &c, &next, &good)) != MDOC_OK)
			return r;
		if (!good)
			break;
		check_ca(w, &next, w->used - 1);
		found(w, CHAIN_INTERMEDIATE);
		w->used++;
		c = next;
	}
	/* A signature that does not hold says more. */
	if (!(w->found &
		(BIT(CHAIN_SIGNATURE) | BIT(CHAIN_SIGNATURE_ALGORITHM))))
		found(w, CHAIN_NO_ANCHOR);
	return MDOC_OK;
}

/* countryName and stateOrProvinceName (18013-5 12.8.1, B.1). */
static void
check_country(struct walk *w)
{
	const struct cert *leaf = w->leaf, *ca = &w->anchor->cert;

	if (bytes_is_null(leaf->country) && bytes_is_null(ca->country))
		found(w, CHAIN_NO_COUNTRY);
	else if (bytes_is_null(leaf->country) || bytes_is_null(ca->country) ||
	    !bytes_equal(leaf->country, ca->country))
		found(w, CHAIN_COUNTRY);
	if (!bytes_is_null(leaf->state) && !bytes_is_null(ca->state) &&
	    !bytes_equal(leaf->state, ca->state))
		found(w, CHAIN_STATE);
}

/* What the leaf says about itself, whatever the document is. */
static void
check_leaf(struct walk *w)
{
	const struct cert_profile *rules = cert_profile_of(w->profile->leaf);
	const struct cert *c = w->leaf;

	if (c->has_bc && c->ca)
		found(w, CHAIN_LEAF_IS_CA);
	if (!c->has_ku || !(c->key_usage & CERT_KU_DIGITAL_SIGNATURE))
		found(w, CHAIN_KEY_USAGE);
	else if (c->key_usage != CERT_KU_DIGITAL_SIGNATURE)
		found(w, CHAIN_KEY_USAGE_MORE);
	if (!bytes_is_null(c->unknown_critical))
		found(w, CHAIN_UNKNOWN_CRITICAL);
	if (!bytes_is_null(c->forbidden))
		found(w, CHAIN_FORBIDDEN);
	if (bytes_is_null(c->aki))
		found(w, CHAIN_AKI_ABSENT);
	if (bytes_is_null(c->ski))
		found(w, CHAIN_SKI_ABSENT);
	if (c->not_after > cert_profile_limit(rules, c->not_before))
		found(w, CHAIN_PERIOD);
}

/* What depends on the document or on the time, and is not kept. */
static void
check_use(struct walk *w, bool mdl)
{
	const struct chain_profile *p = w->profile;
	const struct cert_profile *rules = cert_profile_of(p->leaf);
	const struct cert *c = w->leaf;
	const bool has = cert_has_eku(c, *rules->eku[0]);

	if (!has && !cert_has_eku(c, *rules->eku[1]))
		found(w, CHAIN_EKU);
	else if (!has && mdl)
		found(w, CHAIN_EKU_OTHER);
	if (c->has_eku && !c->eku_critical)
		found(w, CHAIN_EKU_NOT_CRITICAL);
	if (mdl && p->alt_name && bytes_is_null(c->issuer_alt_name))
		found(w, CHAIN_ALT_NAME_ABSENT);
	if (mdl && bytes_is_null(c->crl_dp))
		found(w, CHAIN_CRL_ABSENT);
	bound_dates(w, c);
	if (w->v->at < w->not_before)
		found(w, CHAIN_NOT_YET);
	if (w->v->at > w->not_after)
		found(w, CHAIN_EXPIRED);
}

/* Trust in the leaf, from scratch. */
static int
walk_leaf(struct walk *w)
{
	const struct anchor *pinned;
	int r;

	if ((r = walk_up(w, w->leaf)) != MDOC_OK)
		return r;
	if (w->anchor == NULL &&
	    (pinned = trust_find(w->v->verifier->trust, w->leaf->whole)) !=
		NULL) {
		w->anchor = pinned;
		w->used = 1;
		w->found &= MESSAGE_BITS & ~BIT(CHAIN_INTERMEDIATE);
		found(w, CHAIN_PINNED);
	}
	if (w->anchor != NULL && w->profile->same_country)
		check_country(w);
	check_leaf(w);
	return MDOC_OK;
}

/* A trailing root is ignored; trust never comes from it. */
static void
look_at_root(struct walk *w)
{
	w->n = w->cose->x5chain_n;
	if (w->n > 1 &&
	    trust_find(w->v->verifier->trust, w->cose->x5chain[w->n - 1]) !=
		NULL) {
		found(w, CHAIN_ROOT);
		w->n--;
	}
}

static int
walk_verify(struct walk *w, const struct cert_entry *e, bool mdl,
    struct chain *ret)
{
	mdoc_verifier *verifier = w->v->verifier;
	uint64_t kept;
	mdoc_check *c;
	int r;

	look_at_root(w);
	if (e != NULL) {
		w->anchor = e->anchor;
		w->used = 1;
		w->found |= e->deviations;
		bound_dates(w, &e->anchor->cert);
	} else if ((r = walk_leaf(w)) != MDOC_OK) {
		return r;
	}
	if (w->anchor != NULL && w->used < w->n)
		found(w, CHAIN_EXTRA);
	kept = w->found & ~MESSAGE_BITS;
	/* Only a path without a CA of the message in between is kept. */
	if (e == NULL && verifier->use_cache && w->anchor != NULL &&
	    w->used == 1 && !walk_fails(w))
		e = cert_cache_add(verifier->cache, w->v->ctx->sigver, w->leaf,
		    w->kind, w->anchor, kept);
	if (e != NULL)
		ret->key = e->key;
	check_use(w, mdl);
	walk_report(w);
	if (walk_fails(w))
		return MDOC_OK;
	/* Without an anchor something has failed; but trust must not hang on
	 * that. */
	c = verification_check(w->v, w->profile->chain,
	    w->anchor != NULL ? MDOC_PASS : MDOC_UNDETERMINED);
	if (w->anchor == NULL)
		return MDOC_OK;
	c->detail = report_text(w->v->report, "%s, issued by %s",
	    name_text(w, w->leaf), name_text(w, &w->anchor->cert));
	return MDOC_OK;
}

/* The first certificate, from the cache or from the message. */
static bool
leaf_read(struct walk *w, struct chain *ret, const struct cert_entry **ret_e)
{
	mdoc_verifier *verifier = w->v->verifier;
	const struct bytes der = w->cose->x5chain[0];
	const char *what = "";
	size_t offset = 0;
	mdoc_check *c;

	*ret_e = NULL;
	if (verifier->use_cache && verifier->trust != NULL &&
	    (*ret_e = cert_cache_find(verifier->cache, der, w->kind)) != NULL) {
		ret->leaf = (*ret_e)->cert;
		return true;
	}
	if (cert_read(der, &ret->leaf, &offset, &what))
		return true;
	c = verification_deviation(w->v, w->profile->base + CHAIN_CERTIFICATE);
	c->offset = w->cose->offset;
	c->actual = report_text(w->v->report, "%s at offset %zu of it",
	    what == NULL ? "malformed" : what, offset);
	return false;
}

/*
 * x5t (RFC 9360 2): [hash algorithm, hash of the certificate], with SHA-256 in
 * 18013-5.
 */
static bool
x5t_fits(const struct walk *w)
{
	struct hasher *h = w->v->ctx->hasher;
	uint8_t digest[HASHER_MAX_LEN];
	struct cbor_reader r;
	struct bytes hash;
	int64_t alg;

	cbor_reader_init(&r, w->cose->x5t);
	return cbor_enter_array_of(&r, 2) && cbor_get_int(&r, &alg) &&
	    cbor_get_bstr(&r, &hash) && alg == COSE_HASH_SHA256 &&
	    hasher_digest(h, HASH_SHA256, &w->cose->x5chain[0], 1, digest) &&
	    bytes_equal(hash, bytes_of(digest, hash_len(HASH_SHA256)));
}

int
chain_verify(struct verification *v, enum chain_kind kind, const struct cose *c,
    bool mdl, struct chain *ret)
{
	const struct chain_profile *p = &profiles[kind];
	struct walk w = {
		.v = v,
		.profile = p,
		.kind = kind,
		.cose = c,
		.not_before = INT64_MIN,
		.not_after = INT64_MAX,
	};
	const struct cert_entry *e;
	mdoc_check *check;

	*ret = (struct chain){ 0 };
	if (c->x5chain_n == 0) {
		check =
		    verification_deviation(v, p->base + CHAIN_X5CHAIN_ABSENT);
		check->offset = c->offset;
		return MDOC_OK;
	}
	if (!leaf_read(&w, ret, &e))
		return MDOC_OK;
	ret->readable = true;
	w.leaf = &ret->leaf;
	if (c->x5chain_protected)
		found(&w, CHAIN_X5CHAIN_PROTECTED);
	if (!bytes_is_null(c->x5t) && !x5t_fits(&w))
		found(&w, CHAIN_X5T);
	check = verification_check(v, p->x5chain, MDOC_PASS);
	check->offset = c->offset;
	if (v->verifier->trust == NULL) {
		walk_report(&w);
		check = verification_check(v, p->chain, MDOC_NOT_DONE);
		check->detail = "no trust anchors were given";
		return MDOC_OK;
	}
	return walk_verify(&w, e, mdl, ret);
}
