/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/blob.h"
#include "mdoc/crypto/der.h"
#include "mdoc/crypto/pkey.h"
#include "mdoc/crypto/sigver.h"

#define MAX_CURVES 16

struct pubkey {
	const struct curve *curve;
	EVP_PKEY *key;
	EVP_PKEY_CTX *ctx; /* ready to verify; not for Edwards curves */
};

struct sigver {
	struct pubkey first_seen[MAX_CURVES]; /* one per curve, overwritten */
	EVP_MD_CTX *eddsa;
	struct blob message; /* EdDSA takes it in one piece */
};

/*
 * Algorithms and the curves they go with (18013-5 Table 17). The fully
 * specified ones (RFC 9864) are not for IssuerAuth, but say the same.
 */
static const struct {
	int alg;
	int crv;
	enum hash_alg hash; /* of ECDSA */
} algs[] = {
	{ COSE_ALG_ES256, 1, HASH_SHA256 }, { COSE_ALG_ES384, 2, HASH_SHA384 },
	{ COSE_ALG_ES512, 3, HASH_SHA512 }, { COSE_ALG_EDDSA, 6, HASH_SHA512 },
	{ COSE_ALG_EDDSA, 7, HASH_SHA512 },
	{ COSE_ALG_ES256, 256, HASH_SHA256 },
	{ COSE_ALG_ES384, 257, HASH_SHA384 },
	{ COSE_ALG_ES384, 258, HASH_SHA384 },
	{ COSE_ALG_ES512, 259, HASH_SHA512 },
	{ -9, 1, HASH_SHA256 },     /* ESP256 */
	{ -51, 2, HASH_SHA384 },    /* ESP384 */
	{ -52, 3, HASH_SHA512 },    /* ESP512 */
	{ -19, 6, HASH_SHA512 },    /* Ed25519 */
	{ -53, 7, HASH_SHA512 },    /* Ed448 */
	{ -265, 256, HASH_SHA256 }, /* ESB256 */
	{ -266, 257, HASH_SHA384 }, /* ESB320 */
	{ -267, 258, HASH_SHA384 }, /* ESB384 */
	{ -268, 259, HASH_SHA512 }, /* ESB512 */
};

static bool
alg_hash(int alg, const struct curve *c, enum hash_alg *ret)
{
	for (size_t i = 0; i < nitems(algs); i++) {
		if (algs[i].alg == alg && algs[i].crv == c->cose) {
			*ret = algs[i].hash;
			return true;
		}
	}
	return false;
}

struct sigver *
sigver_new(void)
{
	struct sigver *v = calloc(1, sizeof(*v));

	if (v != NULL && (v->eddsa = EVP_MD_CTX_new()) == NULL)
		sigver_free(&v);
	return v;
}

static void
pubkey_clear(struct pubkey *k)
{
	EVP_PKEY_CTX_free(k->ctx);
	EVP_PKEY_free(k->key);
	*k = (struct pubkey){ NULL, NULL, NULL };
}

void
sigver_free(struct sigver **v)
{
	if (v == NULL || *v == NULL)
		return;
	for (size_t i = 0; i < MAX_CURVES; i++)
		pubkey_clear(&(*v)->first_seen[i]);
	EVP_MD_CTX_free((*v)->eddsa);
	blob_reset(&(*v)->message);
	free(*v);
	*v = NULL;
}

/* The context of an EC key that verifies; it takes the curve of the key. */
static bool
pubkey_prepare(struct pubkey *k)
{
	if (k->ctx == NULL &&
	    (k->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL)) == NULL)
		return false;
	return EVP_PKEY_verify_init(k->ctx) == 1;
}

struct pubkey *
pubkey_new(struct sigver *v, const struct curve *curve, struct bytes point)
{
	struct pubkey *k;

	(void)v;
	if (curve->alg == 0 || (k = calloc(1, sizeof(*k))) == NULL)
		return NULL;
	ERR_set_mark();
	k->curve = curve;
	k->key = pkey_from_point(curve, point);
	if (k->key == NULL ||
	    (curve->kind == CURVE_WEIERSTRASS && !pubkey_prepare(k)))
		pubkey_free(&k);
	ERR_pop_to_mark();
	return k;
}

void
pubkey_free(struct pubkey **k)
{
	if (k == NULL || *k == NULL)
		return;
	pubkey_clear(*k);
	free(*k);
	*k = NULL;
}

/*
 * The point in the key object that is kept for its curve: 2 us less than a new
 * object. The context must be started anew to see the change.
 */
static enum sigver_result
first_seen(struct sigver *v, const struct curve *curve, struct bytes point,
    struct pubkey **ret)
{
	struct pubkey *k = v->first_seen;
	struct pubkey *end = k + MAX_CURVES;

	while (k < end && k->curve != curve && k->curve != NULL)
		k++;
	if (k == end)
		return SIGVER_ERROR;
	k->curve = curve;
	if (curve->kind == CURVE_EDWARDS) {
		EVP_PKEY_free(k->key);
		k->key = pkey_from_point(curve, point);
		if (k->key == NULL)
			return SIGVER_BAD_KEY;
	} else {
		if (k->key == NULL && (k->key = pkey_template(curve)) == NULL)
			return SIGVER_ERROR;
		if (!pkey_set_point(k->key, curve, point))
			return SIGVER_BAD_KEY;
		if (!pubkey_prepare(k))
			return SIGVER_ERROR;
	}
	*ret = k;
	return SIGVER_GOOD;
}

/* 1: good, 0 or less: not; which of the latter cannot be told apart. */
static enum sigver_result
ecdsa(const struct pubkey *k, struct bytes sig_der, const uint8_t *digest,
    size_t digest_len)
{
	return EVP_PKEY_verify(k->ctx, sig_der.ptr, sig_der.len, digest,
		   digest_len) == 1
	    ? SIGVER_GOOD
	    : SIGVER_BAD;
}

static enum sigver_result
eddsa(struct sigver *v, const struct pubkey *k, const struct sigver_input *in)
{
	struct bytes message;

	if (in->n == 1) {
		message = in->parts[0];
	} else {
		blob_clear(&v->message);
		for (size_t i = 0; i < in->n; i++) {
			if (!blob_append_bytes(&v->message, in->parts[i]))
				return SIGVER_ERROR;
		}
		message = blob_bytes(&v->message);
	}
	if (EVP_MD_CTX_reset(v->eddsa) != 1 ||
	    EVP_DigestVerifyInit_ex(v->eddsa, NULL, NULL, NULL, NULL, k->key,
		NULL) != 1)
		return SIGVER_ERROR;
	return EVP_DigestVerify(v->eddsa, in->signature.ptr, in->signature.len,
		   message.ptr, message.len) == 1
	    ? SIGVER_GOOD
	    : SIGVER_BAD;
}

static enum sigver_result
check(struct sigver *v, struct hasher *h, const struct pubkey *k,
    enum hash_alg hash, const struct sigver_input *in)
{
	uint8_t digest[HASHER_MAX_LEN];
	uint8_t der[DER_MAX_SIG];
	size_t len;

	if (k->curve->kind == CURVE_EDWARDS)
		return eddsa(v, k, in);
	if (!der_sig_from_raw(in->signature, der, &len))
		return SIGVER_BAD_FORM;
	if (!hasher_digest(h, hash, in->parts, in->n, digest))
		return SIGVER_ERROR;
	return ecdsa(k, bytes_of(der, len), digest, hash_len(hash));
}

enum sigver_result
sigver_cose(struct sigver *v, struct hasher *h, const struct curve *curve,
    struct bytes point, const struct sigver_input *in)
{
	enum sigver_result r;
	enum hash_alg hash;
	struct pubkey *k;

	if (!alg_hash(in->alg, curve, &hash) ||
	    in->signature.len != curve->sig_len)
		return SIGVER_BAD_FORM;
	ERR_set_mark();
	r = first_seen(v, curve, point, &k);
	if (r == SIGVER_GOOD)
		r = check(v, h, k, hash, in);
	ERR_pop_to_mark();
	return r;
}

enum sigver_result
sigver_cose_key(struct sigver *v, struct hasher *h, struct pubkey *key,
    const struct sigver_input *in)
{
	enum sigver_result r;
	enum hash_alg hash;

	if (!alg_hash(in->alg, key->curve, &hash) ||
	    in->signature.len != key->curve->sig_len)
		return SIGVER_BAD_FORM;
	ERR_set_mark();
	r = check(v, h, key, hash, in);
	ERR_pop_to_mark();
	return r;
}

enum sigver_result
sigver_x509(struct sigver *v, struct hasher *h, struct pubkey *issuer,
    enum hash_alg hash, struct bytes tbs, struct bytes signature_der)
{
	uint8_t digest[HASHER_MAX_LEN];
	enum sigver_result r;

	(void)v;
	if (issuer->curve->kind != CURVE_WEIERSTRASS)
		return SIGVER_BAD_FORM;
	if (!hasher_digest(h, hash, &tbs, 1, digest))
		return SIGVER_ERROR;
	ERR_set_mark();
	r = ecdsa(issuer, signature_der, digest, hash_len(hash));
	ERR_pop_to_mark();
	return r;
}
