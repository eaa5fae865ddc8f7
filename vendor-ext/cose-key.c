/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "vendor-ext/cose-key.h"

/* Labels and values of RFC 9052 7.1 and RFC 9053 7 */
#define LABEL_KTY 1
#define LABEL_KID 2
#define LABEL_CRV (-1)
#define LABEL_X   (-2)
#define LABEL_Y   (-3)
#define LABEL_D   (-4)
#define KTY_OKP   1
#define KTY_EC2   2

struct parse {
	struct cose_key key;
	size_t offset;
	int64_t kty; /* 0: absent; reserved in the registry */
	int64_t crv; /* the same */
	bool allow_private;
};

static int64_t
kty_of(const struct curve *c)
{
	return c->kind == CURVE_WEIERSTRASS ? KTY_EC2 : KTY_OKP;
}

/* y: a coordinate, or its sign for a compressed point */
static bool
read_y(struct cbor_reader *r, struct parse *p)
{
	struct cbor_item item;

	if (!cbor_peek(r, &item))
		return false;
	if (item.kind == CBOR_KIND_BOOL) {
		p->key.compressed = true;
		return cbor_get_bool(r, &p->key.y_odd);
	}
	return cbor_get_bstr(r, &p->key.y);
}

static bool
read_member(struct cbor_reader *r, int64_t label, struct parse *p)
{
	switch (label) {
	case LABEL_KTY:
		return cbor_get_int(r, &p->kty) ||
		    cbor_expect(r, "COSE_Key: kty (1), an integer");
	case LABEL_KID:
		return cbor_get_bstr(r, &p->key.kid) ||
		    cbor_expect(r, "COSE_Key: kid (2), a byte string");
	case LABEL_CRV:
		return cbor_get_int(r, &p->crv) ||
		    cbor_expect(r, "COSE_Key: crv (-1), an integer");
	case LABEL_X:
		return cbor_get_bstr(r, &p->key.x) ||
		    cbor_expect(r, "COSE_Key: x (-2), a byte string");
	case LABEL_Y:
		return read_y(r, p) ||
		    cbor_expect(r, "COSE_Key: y (-3), a byte string or bool");
	case LABEL_D:
		if (!p->allow_private)
			return cbor_fail(r, CBOR_E_RANGE, cbor_offset(r),
			    "COSE_Key: a private part (-4) where only a "
			    "public key belongs");
		return cbor_get_bstr(r, &p->key.d) ||
		    cbor_expect(r, "COSE_Key: d (-4), a byte string");
	default:
		return cbor_skip(r, NULL);
	}
}

static bool
check_point(struct cbor_reader *r, const struct parse *p)
{
	const struct cose_key *k = &p->key;
	size_t n = k->curve->field_len;
	bool has_y = !bytes_is_null(k->y) || k->compressed;

	if (bytes_is_null(k->x))
		return cbor_fail(r, CBOR_E_MISSING, p->offset,
		    "COSE_Key: x (-2)");
	if (k->x.len != n)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: x (-2) as long as the field of its curve");
	if (p->kty == KTY_EC2 && !has_y)
		return cbor_fail(r, CBOR_E_MISSING, p->offset,
		    "COSE_Key: y (-3)");
	if (p->kty == KTY_OKP && has_y)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: no y (-3) in a key of type OKP");
	if (!bytes_is_null(k->y) && k->y.len != n)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: y (-3) as long as the field of its curve");
	if (!bytes_is_null(k->d) && k->d.len != n)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: d (-4) as long as the field of its curve");
	return true;
}

static bool
check(struct cbor_reader *r, struct parse *p)
{
	if (p->kty == 0)
		return cbor_fail(r, CBOR_E_MISSING, p->offset,
		    "COSE_Key: kty (1)");
	if (p->kty != KTY_EC2 && p->kty != KTY_OKP)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: kty (1) EC2 (2) or OKP (1)");
	if (p->crv == 0)
		return cbor_fail(r, CBOR_E_MISSING, p->offset,
		    "COSE_Key: crv (-1)");
	if (p->crv > 0 && p->crv <= INT32_MAX)
		p->key.curve = curve_by_cose((int)p->crv);
	if (p->key.curve == NULL)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: crv (-1), a curve of ISO/IEC 18013-5");
	if (kty_of(p->key.curve) != p->kty)
		return cbor_fail(r, CBOR_E_RANGE, p->offset,
		    "COSE_Key: kty (1) that belongs to crv (-1)");
	return check_point(r, p);
}

bool
cose_key_read(struct cbor_reader *r, bool allow_private, struct cose_key *ret)
{
	struct parse p = { .offset = cbor_offset(r),
		.allow_private = allow_private };
	const uint8_t *start = r->ptr;
	struct cbor_map m;
	struct cbor_item key;
	int64_t label;
	bool ok;

	if (!cbor_enter_map(r, &m))
		return cbor_expect(r, "COSE_Key: a map");
	while (cbor_map_next(r, &m, &key)) {
		if (cbor_key_int(&key, &label))
			ok = read_member(r, label, &p);
		else
			ok = cbor_skip(r, NULL);
		if (!ok)
			return false;
	}
	if (!cbor_expect(r, "COSE_Key") || !check(r, &p))
		return false;
	p.key.whole = bytes_of(start, (size_t)(r->ptr - start));
	*ret = p.key;
	return true;
}

bool
cose_key_point(const struct cose_key *k, uint8_t *out, size_t *ret_len)
{
	uint8_t point[CURVE_MAX_POINT];
	size_t n = k->curve->field_len;
	size_t len = n;

	if (k->curve->kind != CURVE_WEIERSTRASS) {
		memcpy(point, k->x.ptr, n);
	} else if (k->compressed) {
		len = 1 + 2 * n;
		if (!curve_point_expand(k->curve, k->x, k->y_odd, point))
			return false;
	} else {
		len = 1 + 2 * n;
		point[0] = 0x04;
		memcpy(point + 1, k->x.ptr, n);
		memcpy(point + 1 + n, k->y.ptr, n);
	}
	if (!curve_point_valid(k->curve, bytes_of(point, len)))
		return false;
	memcpy(out, point, len);
	*ret_len = len;
	return true;
}

void
cose_key_write(struct cbor_writer *w, const struct curve *c, struct bytes point)
{
	bool ec2 = c->kind == CURVE_WEIERSTRASS;
	size_t n = c->field_len;

	if (point.len != (ec2 ? 1 + 2 * n : n) && w->error == CBOR_OK)
		w->error = CBOR_E_RANGE;
	if (w->error != CBOR_OK)
		return;
	cbor_put_map(w, ec2 ? 4 : 3);
	cbor_put_int(w, LABEL_KTY);
	cbor_put_int(w, kty_of(c));
	cbor_put_int(w, LABEL_CRV);
	cbor_put_int(w, c->cose);
	cbor_put_int(w, LABEL_X);
	cbor_put_bstr(w, bytes_of(point.ptr + (ec2 ? 1 : 0), n));
	if (ec2) {
		cbor_put_int(w, LABEL_Y);
		cbor_put_bstr(w, bytes_of(point.ptr + 1 + n, n));
	}
}
