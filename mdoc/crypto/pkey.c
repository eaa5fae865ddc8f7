/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "mdoc/crypto/pkey.h"

#define MAX_CURVES 16

struct kept {
	const struct curve *curve;
	EVP_PKEY *peer;
	EVP_PKEY_CTX *generator;
};

struct pkeys {
	struct kept kept[MAX_CURVES];
};

static size_t
point_len(const struct curve *c)
{
	return c->kind == CURVE_WEIERSTRASS ? 1 + 2 * c->field_len
					    : c->field_len;
}

/* EC key from its parts; pub may be absent (parameters only). */
static EVP_PKEY *
ec_import(const struct curve *c, int selection, const BIGNUM *d,
    struct bytes pub)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *k = NULL;

	if (bld == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
		c->group, 0) != 1)
		goto out;
	if (pub.ptr != NULL &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
		pub.ptr, pub.len) != 1)
		goto out;
	if (d != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) != 1)
		goto out;
	if ((params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &k, selection, params) != 1)
		k = NULL;
out:
	OSSL_PARAM_BLD_free(bld);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return k;
}

EVP_PKEY *
pkey_template(const struct curve *c)
{
	/* Any valid u; 9 and 5 are the base points (RFC 7748 4). */
	uint8_t u[CURVE_MAX_FIELD] = { 9 };

	switch (c->kind) {
	case CURVE_WEIERSTRASS:
		return ec_import(c, EVP_PKEY_KEY_PARAMETERS, NULL, BYTES_NULL);
	case CURVE_MONTGOMERY:
		return EVP_PKEY_new_raw_public_key_ex(NULL, c->group, NULL, u,
		    c->field_len);
	case CURVE_EDWARDS:
		break;
	}
	return NULL;
}

bool
pkey_set_point(EVP_PKEY *k, const struct curve *c, struct bytes point)
{
	if (point.len != point_len(c))
		return false;
	/* Decoding checks the equation; compressed forms are not for us. */
	if (c->kind == CURVE_WEIERSTRASS ? point.ptr[0] != 0x04
					 : !curve_point_valid(c, point))
		return false;
	return EVP_PKEY_set1_encoded_public_key(k, point.ptr, point.len) == 1;
}

EVP_PKEY *
pkey_from_point(const struct curve *c, struct bytes point)
{
	EVP_PKEY *k;

	if (c->kind == CURVE_EDWARDS) {
		if (!curve_point_valid(c, point))
			return NULL;
		return EVP_PKEY_new_raw_public_key_ex(NULL, c->group, NULL,
		    point.ptr, point.len);
	}
	if ((k = pkey_template(c)) != NULL && !pkey_set_point(k, c, point)) {
		EVP_PKEY_free(k);
		k = NULL;
	}
	return k;
}

static EVP_PKEY *
ec_from_private(const struct curve *c, struct bytes d)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(c->group));
	BIGNUM *n = BN_secure_new();
	EC_POINT *q = NULL;
	EVP_PKEY *k = NULL;
	uint8_t buf[CURVE_MAX_POINT];
	size_t len;

	if (group == NULL || n == NULL ||
	    BN_bin2bn(d.ptr, (int)d.len, n) == NULL || BN_is_zero(n) ||
	    BN_cmp(n, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	BN_set_flags(n, BN_FLG_CONSTTIME);
	if ((q = EC_POINT_new(group)) == NULL ||
	    EC_POINT_mul(group, q, n, NULL, NULL, NULL) != 1)
		goto out;
	len = EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, buf,
	    sizeof(buf), NULL);
	if (len == point_len(c))
		k = ec_import(c, EVP_PKEY_KEYPAIR, n, bytes_of(buf, len));
out:
	EC_POINT_free(q);
	BN_clear_free(n);
	EC_GROUP_free(group);
	return k;
}

EVP_PKEY *
pkey_from_private(const struct curve *c, struct bytes d)
{
	if (d.len != c->field_len)
		return NULL;
	if (c->kind == CURVE_WEIERSTRASS)
		return ec_from_private(c, d);
	return EVP_PKEY_new_raw_private_key_ex(NULL, c->group, NULL, d.ptr,
	    d.len);
}

const struct curve *
pkey_curve(const EVP_PKEY *k)
{
	const struct curve *c;
	char name[64];
	size_t len = 0;

	/* An EC key names its group; the others are named by their type. */
	if (EVP_PKEY_is_a(k, "EC")) {
		if (EVP_PKEY_get_group_name(k, name, sizeof(name), &len) != 1)
			return NULL;
		return curve_by_name(bytes_of(name, len));
	}
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		if (c->kind != CURVE_WEIERSTRASS && EVP_PKEY_is_a(k, c->group))
			return c;
	}
	return NULL;
}

bool
pkey_point(EVP_PKEY *k, const struct curve *c, uint8_t *out, size_t *ret_len)
{
	size_t len = 0;
	size_t want = point_len(c);

	if (EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY, out,
		CURVE_MAX_POINT, &len) != 1)
		return false;
	if (len != want && c->kind == CURVE_WEIERSTRASS) {
		/* Read from a file that held it compressed */
		if (EVP_PKEY_set_utf8_string_param(k,
			OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			"uncompressed") != 1 ||
		    EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY,
			out, CURVE_MAX_POINT, &len) != 1)
			return false;
	}
	if (len != want)
		return false;
	*ret_len = len;
	return true;
}

bool
pkey_private(EVP_PKEY *k, const struct curve *c, uint8_t *out)
{
	BIGNUM *d = NULL;
	size_t len = CURVE_MAX_FIELD;
	bool ok;

	if (c->kind != CURVE_WEIERSTRASS)
		return EVP_PKEY_get_raw_private_key(k, out, &len) == 1 &&
		    len == c->field_len;
	ok = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
	    BN_bn2binpad(d, out, (int)c->field_len) == (int)c->field_len;
	BN_clear_free(d);
	return ok;
}

struct pkeys *
pkeys_new(void)
{
	return calloc(1, sizeof(struct pkeys));
}

void
pkeys_free(struct pkeys **p)
{
	if (p == NULL || *p == NULL)
		return;
	for (size_t i = 0; i < MAX_CURVES; i++) {
		EVP_PKEY_free((*p)->kept[i].peer);
		EVP_PKEY_CTX_free((*p)->kept[i].generator);
	}
	free(*p);
	*p = NULL;
}

static struct kept *
kept_of(struct pkeys *p, const struct curve *c)
{
	for (size_t i = 0; i < MAX_CURVES; i++) {
		if (p->kept[i].curve == NULL)
			p->kept[i].curve = c;
		if (p->kept[i].curve == c)
			return &p->kept[i];
	}
	return NULL;
}

static EVP_PKEY_CTX *
generator_new(const struct curve *c)
{
	bool ec = c->kind == CURVE_WEIERSTRASS;
	EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, ec ? "EC" : c->group, NULL);

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    (ec && EVP_PKEY_CTX_set_group_name(ctx, c->group) != 1)) {
		EVP_PKEY_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

EVP_PKEY *
pkeys_generate(struct pkeys *p, const struct curve *c)
{
	struct kept *kept = kept_of(p, c);
	EVP_PKEY *k = NULL;

	if (kept == NULL)
		return NULL;
	if (kept->generator == NULL &&
	    (kept->generator = generator_new(c)) == NULL)
		return NULL;
	return EVP_PKEY_generate(kept->generator, &k) == 1 ? k : NULL;
}

EVP_PKEY *
pkeys_peer(struct pkeys *p, const struct curve *c, struct bytes point)
{
	struct kept *kept = kept_of(p, c);

	if (kept == NULL)
		return NULL;
	if (kept->peer == NULL && (kept->peer = pkey_template(c)) == NULL)
		return NULL;
	return pkey_set_point(kept->peer, c, point) ? kept->peer : NULL;
}
