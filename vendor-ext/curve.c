/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdatomic.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "vendor-ext/curve.h"

/* clang-format off */
#define OID(...) { (const uint8_t[]){ __VA_ARGS__ }, \
	sizeof((const uint8_t[]){ __VA_ARGS__ }) }
#define W CURVE_WEIERSTRASS
#define E CURVE_EDWARDS
#define M CURVE_MONTGOMERY

/* 18013-5, table of curves of cipher suite 1; RFC 9053 7.1 */
static const struct curve curves[] = {
	{ "P-256", "prime256v1", W, 1, 32, COSE_ALG_ES256, "SHA256", 32, 64,
	    OID(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07) },
	{ "P-384", "secp384r1", W, 2, 48, COSE_ALG_ES384, "SHA384", 48, 96,
	    OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22) },
	{ "P-521", "secp521r1", W, 3, 66, COSE_ALG_ES512, "SHA512", 64, 132,
	    OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23) },
	{ "X25519", "X25519", M, 4, 32, 0, NULL, 0, 0,
	    OID(0x06, 0x03, 0x2b, 0x65, 0x6e) },
	{ "X448", "X448", M, 5, 56, 0, NULL, 0, 0,
	    OID(0x06, 0x03, 0x2b, 0x65, 0x6f) },
	{ "Ed25519", "ED25519", E, 6, 32, COSE_ALG_EDDSA, NULL, 0, 64,
	    OID(0x06, 0x03, 0x2b, 0x65, 0x70) },
	{ "Ed448", "ED448", E, 7, 57, COSE_ALG_EDDSA, NULL, 0, 114,
	    OID(0x06, 0x03, 0x2b, 0x65, 0x71) },
	{ "brainpoolP256r1", "brainpoolP256r1", W, 256, 32, COSE_ALG_ES256,
	    "SHA256", 32, 64,
	    OID(0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01,
	    0x07) },
	{ "brainpoolP320r1", "brainpoolP320r1", W, 257, 40, COSE_ALG_ES384,
	    "SHA384", 48, 80,
	    OID(0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01,
	    0x09) },
	{ "brainpoolP384r1", "brainpoolP384r1", W, 258, 48, COSE_ALG_ES384,
	    "SHA384", 48, 96,
	    OID(0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01,
	    0x0b) },
	{ "brainpoolP512r1", "brainpoolP512r1", W, 259, 64, COSE_ALG_ES512,
	    "SHA512", 64, 128,
	    OID(0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01,
	    0x0d) },
};

/* Other names in use: SEC 2, and curveName of PKCS#11 3.0 (6.3.5, 6.3.7). */
static const struct {
	const char *name;
	int cose;
} aliases[] = {
	{ "secp256r1", 1 },
	{ "curve25519", 4 },
	{ "curve448", 5 },
	{ "edwards25519", 6 },
	{ "edwards448", 7 },
};

/*
 * The field and, for Edwards curves, the equation
 * x^2 (d y^2 + c) = y^2 - 1 of the curves that EC_GROUP does not know.
 * small: coordinates of points of small order, besides 0, 1 and -1.
 */
static const struct field {
	int cose;
	int c;
	const char *prime;
	const char *d;
	const char *small[2];
} fields[] = {
	{ 4, 0,
	    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
	    NULL,
	    {
	    "00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0",
	    "57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f"
	    } },
	{ 5, 0,
	    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff"
	    "ffffffffffffffffffffffffffffffffffffffffffffffff",
	    NULL, { NULL, NULL } },
	{ 6, 1,
	    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
	    "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3",
	    {
	    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
	    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"
	    } },
	{ 7, -1,
	    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff"
	    "ffffffffffffffffffffffffffffffffffffffffffffffff",
	    "-98a9", { NULL, NULL } },
};

/* clang-format on */

const struct curve *
curve_at(size_t i)
{
	return i < nitems(curves) ? &curves[i] : NULL;
}

const struct curve *
curve_by_cose(int crv)
{
	for (size_t i = 0; i < nitems(curves); i++) {
		if (curves[i].cose == crv)
			return &curves[i];
	}
	return NULL;
}

const struct curve *
curve_by_name(struct bytes name)
{
	for (size_t i = 0; i < nitems(curves); i++) {
		if (bytes_equal_str(name, curves[i].name) ||
		    bytes_equal_str(name, curves[i].group))
			return &curves[i];
	}
	for (size_t i = 0; i < nitems(aliases); i++) {
		if (bytes_equal_str(name, aliases[i].name))
			return curve_by_cose(aliases[i].cose);
	}
	return NULL;
}

const struct curve *
curve_by_oid(struct bytes params)
{
	struct bytes text = params;
	uint8_t tag;
	uint8_t len;

	for (size_t i = 0; i < nitems(curves); i++) {
		if (bytes_equal(params, curves[i].oid))
			return &curves[i];
	}
	/* ECParameters as curveName, a PrintableString (PKCS#11 3.0 6.3.3) */
	if (bytes_take_u8(&text, &tag) && bytes_take_u8(&text, &len) &&
	    tag == 0x13 && len == text.len)
		return curve_by_name(text);
	return NULL;
}

/*
 * Groups are made when first asked for and kept: making one takes ten times
 * as long as checking a point. A group that is not changed may be used by
 * several threads.
 */
static const EC_GROUP *
group_of(const struct curve *c)
{
	static _Atomic(EC_GROUP *) groups[nitems(curves)];
	_Atomic(EC_GROUP *) *slot = &groups[c - curves];
	EC_GROUP *found = atomic_load(slot);
	EC_GROUP *made;

	if (found != NULL)
		return found;
	if ((made = EC_GROUP_new_by_curve_name(OBJ_sn2nid(c->group))) == NULL)
		return NULL;
	if (atomic_compare_exchange_strong(slot, &found, made))
		return made;
	EC_GROUP_free(made);
	return found;
}

/* Decoding checks the range of the coordinates and the equation. */
static EC_POINT *
point_new(const struct curve *c, const uint8_t *p, size_t n)
{
	const EC_GROUP *group;
	EC_POINT *point;

	if ((group = group_of(c)) == NULL ||
	    (point = EC_POINT_new(group)) == NULL)
		return NULL;
	if (EC_POINT_oct2point(group, point, p, n, NULL) != 1) {
		EC_POINT_free(point);
		return NULL;
	}
	return point;
}

static bool
weierstrass_valid(const struct curve *c, struct bytes point)
{
	EC_POINT *p;

	if (point.len != 1 + 2 * c->field_len || point.ptr[0] != 0x04)
		return false;
	p = point_new(c, point.ptr, point.len);
	EC_POINT_free(p);
	return p != NULL;
}

/* 0, 1, -1 or one of the table */
static bool
is_small(const struct field *f, const BIGNUM *v, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *t = BN_CTX_get(ctx);

	if (t == NULL || BN_is_zero(v) || BN_is_one(v))
		return true;
	if (BN_add(t, v, BN_value_one()) != 1 || BN_cmp(t, p) == 0)
		return true;
	for (size_t i = 0; i < nitems(f->small); i++) {
		if (f->small[i] == NULL)
			continue;
		if (BN_hex2bn(&t, f->small[i]) == 0 || BN_cmp(t, v) == 0)
			return true;
	}
	return false;
}

/* Has x^2 = (y^2 - 1) / (d y^2 + c) a solution? RFC 8032 5.1.3, 5.2.3 */
static bool
on_edwards(const struct field *f, const BIGNUM *y, const BIGNUM *p, BN_CTX *ctx)
{
	BIGNUM *u = BN_CTX_get(ctx);
	BIGNUM *v = BN_CTX_get(ctx);
	BIGNUM *d = BN_CTX_get(ctx);

	return d != NULL && BN_hex2bn(&d, f->d) != 0 &&
	    BN_mod_sqr(u, y, p, ctx) == 1 && BN_mod_mul(v, d, u, p, ctx) == 1 &&
	    (f->c > 0 ? BN_add_word(v, 1) : BN_sub_word(v, 1)) == 1 &&
	    BN_sub_word(u, 1) == 1 && BN_mod_mul(u, u, v, p, ctx) == 1 &&
	    BN_kronecker(u, p, ctx) == 1;
}

/*
 * An Edwards key is y with the sign of x in its top bit, y below p; of an
 * X25519 key the top bit is ignored and u may be p or more (RFC 7748 5).
 */
static bool
okp_decode(const struct curve *c, const BIGNUM *p, struct bytes key, BIGNUM *v)
{
	uint8_t buf[CURVE_MAX_FIELD];

	memcpy(buf, key.ptr, key.len);
	if (c->kind == CURVE_EDWARDS || key.len == 32)
		buf[key.len - 1] &= 0x7f;
	return BN_lebin2bn(buf, (int)key.len, v) != NULL &&
	    (c->kind == CURVE_MONTGOMERY || BN_cmp(v, p) < 0);
}

static bool
okp_valid(const struct curve *c, struct bytes key)
{
	const struct field *f = fields;
	BIGNUM *p, *v;
	BN_CTX *ctx;
	bool ok = false;

	if (key.len != c->field_len || (ctx = BN_CTX_new()) == NULL)
		return false;
	while (f->cose != c->cose)
		f++;
	BN_CTX_start(ctx);
	p = BN_CTX_get(ctx);
	if ((v = BN_CTX_get(ctx)) == NULL || BN_hex2bn(&p, f->prime) == 0 ||
	    !okp_decode(c, p, key, v) || BN_nnmod(v, v, p, ctx) != 1 ||
	    is_small(f, v, p, ctx))
		goto out;
	ok = c->kind == CURVE_MONTGOMERY || on_edwards(f, v, p, ctx);
out:
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return ok;
}

bool
curve_point_valid(const struct curve *c, struct bytes point)
{
	if (bytes_is_null(point))
		return false;
	return c->kind == CURVE_WEIERSTRASS ? weierstrass_valid(c, point)
					    : okp_valid(c, point);
}

bool
curve_point_expand(const struct curve *c, struct bytes x, bool y_odd,
    uint8_t *out)
{
	uint8_t buf[1 + CURVE_MAX_FIELD];
	size_t n = 1 + 2 * c->field_len;
	EC_POINT *p;
	bool ok;

	if (c->kind != CURVE_WEIERSTRASS || x.len != c->field_len)
		return false;
	buf[0] = y_odd ? 0x03 : 0x02;
	memcpy(buf + 1, x.ptr, x.len);
	if ((p = point_new(c, buf, 1 + x.len)) == NULL)
		return false;
	ok = EC_POINT_point2oct(group_of(c), p, POINT_CONVERSION_UNCOMPRESSED,
		 out, n, NULL) == n;
	EC_POINT_free(p);
	return ok;
}
