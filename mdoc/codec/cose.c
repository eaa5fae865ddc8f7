/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/cose.h"
#include "mdoc/codec/shape.h"

#define TAG_MAC0  17
#define TAG_SIGN1 18

/* Header labels: RFC 9052 3.1, RFC 9360 2 */
#define LABEL_ALG     1
#define LABEL_CRIT    2
#define LABEL_KID     4
#define LABEL_X5CHAIN 33
#define LABEL_X5T     34

/* What a message is called in an error. */
struct names {
	const char *whole;
	const char *tag;
	const char *protected_;
	const char *alg;
	const char *unprotected;
	const char *payload;
	const char *signature;
};

static const struct names sign1_names = {
	.whole = "COSE_Sign1: an array of 4",
	.tag = "COSE_Sign1: no tag but 18",
	.protected_ = "COSE_Sign1 protected: a byte string with a map",
	.alg = "COSE_Sign1 alg (1): an integer",
	.unprotected = "COSE_Sign1 unprotected: a map",
	.payload = "COSE_Sign1 payload: a byte string or null",
	.signature = "COSE_Sign1 signature: a byte string",
};

static const struct names mac0_names = {
	.whole = "COSE_Mac0: an array of 4",
	.tag = "COSE_Mac0: no tag but 17",
	.protected_ = "COSE_Mac0 protected: a byte string with a map",
	.alg = "COSE_Mac0 alg (1): an integer",
	.unprotected = "COSE_Mac0 unprotected: a map",
	.payload = "COSE_Mac0 payload: a byte string or null",
	.signature = "COSE_Mac0 tag: a byte string",
};

struct parse {
	const struct names *names;
	struct cose cose;
	bool x5chain_seen;
	struct bytes crit; /* array item, or NULL */
};

static const char *const chain_what =
    "x5chain (33): a certificate or an array of at most 8";

static bool
read_x5chain(struct cbor_reader *r, struct parse *p, bool protected_)
{
	struct cose *c = &p->cose;
	const size_t offset = cbor_offset(r);
	struct cbor_item item;
	uint64_t n;

	if (p->x5chain_seen)
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "x5chain (33): in one bucket only");
	p->x5chain_seen = true;
	c->x5chain_protected = protected_;
	if (!cbor_peek(r, &item))
		return cbor_expect(r, chain_what);
	if (item.kind != CBOR_KIND_ARRAY) {
		c->x5chain_n = 1;
		return cbor_get_bstr(r, &c->x5chain[0]) ||
		    cbor_expect(r, chain_what);
	}
	if (!cbor_enter_array(r, &n))
		return cbor_expect(r, chain_what);
	if (n > COSE_MAX_CHAIN)
		return cbor_fail(r, CBOR_E_RANGE, offset, chain_what);
	for (size_t i = 0; i < n; i++) {
		if (!cbor_get_bstr(r, &c->x5chain[i]))
			return cbor_expect(r, chain_what);
	}
	cbor_leave(r);
	c->x5chain_n = (size_t)n;
	return true;
}

static bool
read_alg(struct cbor_reader *r, struct parse *p)
{
	const size_t offset = cbor_offset(r);
	int64_t alg;

	if (!cbor_get_int(r, &alg))
		return cbor_expect(r, p->names->alg);
	if (alg < INT32_MIN || alg > INT32_MAX)
		return cbor_fail(r, CBOR_E_RANGE, offset, p->names->alg);
	p->cose.alg = (int)alg;
	p->cose.has_alg = true;
	return true;
}

static bool
read_protected_label(struct cbor_reader *r, int64_t label, struct parse *p)
{
	switch (label) {
	case LABEL_ALG:
		return read_alg(r, p);
	case LABEL_CRIT:
		return shape_span(r, CBOR_KIND_ARRAY, &p->crit) ||
		    cbor_expect(r, "crit (2): an array of labels");
	case LABEL_X5CHAIN:
		return read_x5chain(r, p, true);
	case LABEL_X5T:
		return shape_span(r, CBOR_KIND_ARRAY, &p->cose.x5t) ||
		    cbor_expect(r, "x5t (34): an array");
	default:
		return cbor_skip(r, NULL);
	}
}

/* RFC 9052 3.1: what is critical must be there and be understood. */
static bool
crit_label(struct cbor_reader *r, void *arg)
{
	const struct parse *p = arg;
	const size_t offset = cbor_offset(r);
	struct cbor_item item;
	int64_t label;

	if (!cbor_next(r, &item))
		return false;
	if (cbor_key_int(&item, &label) &&
	    ((label == LABEL_ALG && p->cose.has_alg) ||
		(label == LABEL_X5CHAIN && p->x5chain_seen)))
		return true;
	return cbor_fail(r, CBOR_E_RANGE, offset,
	    "crit (2): a label that is understood and present");
}

static bool
check_crit(struct cbor_reader *r, struct parse *p)
{
	struct cbor_reader nested;
	bool good;

	cbor_reader_nested(&nested, r, p->crit);
	good = shape_elements(&nested, "crit (2): an array of labels",
	    crit_label, p, NULL);
	return cbor_reader_leave(r, &nested) && good;
}

static bool
read_protected_map(struct cbor_reader *r, struct parse *p)
{
	struct cbor_map map;
	struct cbor_item key;
	int64_t label;

	if (!cbor_enter_map(r, &map))
		return false;
	while (cbor_map_next(r, &map, &key)) {
		if (!(cbor_key_int(&key, &label)
			    ? read_protected_label(r, label, p)
			    : cbor_skip(r, NULL)))
			break;
	}
	if (!cbor_finish(r))
		return false;
	return bytes_is_null(p->crit) || check_crit(r, p);
}

static bool
read_protected(struct cbor_reader *r, struct parse *p)
{
	struct cbor_reader nested;
	struct bytes *content = &p->cose.protected_;

	if (!cbor_get_bstr(r, content))
		return cbor_expect(r, p->names->protected_);
	if (content->len == 0)
		return true;
	cbor_reader_nested(&nested, r, *content);
	if (!read_protected_map(&nested, p))
		cbor_expect(&nested, p->names->protected_);
	return cbor_reader_leave(r, &nested);
}

/*
 * Nothing here is signed or needed but x5chain: what is misplaced or has
 * another type than the registry says (a kid that is undefined was met) is
 * noted.
 */
static bool
read_unprotected_label(struct cbor_reader *r, const struct cbor_item *key,
    struct parse *p)
{
	struct cbor_item value;
	int64_t label;

	if (!cbor_peek(r, &value))
		return false;
	if (!cbor_key_int(key, &label)) {
		if (key->kind != CBOR_KIND_TSTR)
			p->cose.odd_label = true;
	} else if (label == LABEL_X5CHAIN) {
		return read_x5chain(r, p, false);
	} else if (label == LABEL_ALG || label == LABEL_CRIT ||
	    (label == LABEL_KID && value.kind != CBOR_KIND_BSTR)) {
		p->cose.odd_label = true;
	}
	return cbor_skip(r, NULL);
}

static bool
read_unprotected(struct cbor_reader *r, struct parse *p)
{
	struct cbor_map map;
	struct cbor_item key;

	if (!cbor_enter_map(r, &map))
		return cbor_expect(r, p->names->unprotected);
	while (cbor_map_next(r, &map, &key)) {
		if (!read_unprotected_label(r, &key, p))
			break;
	}
	return cbor_expect(r, p->names->unprotected);
}

static bool
read_payload(struct cbor_reader *r, struct parse *p)
{
	struct cbor_item item;

	if (!cbor_peek(r, &item))
		return false;
	if (item.kind == CBOR_KIND_NULL)
		return cbor_get_null(r);
	return cbor_get_bstr(r, &p->cose.payload);
}

static bool
read_tag(struct cbor_reader *r, bool mac, struct parse *p)
{
	struct cbor_item item;

	if (!cbor_peek(r, &item))
		return cbor_expect(r, p->names->whole);
	if (item.kind != CBOR_KIND_TAG)
		return true;
	if (item.value != (mac ? TAG_MAC0 : TAG_SIGN1))
		return cbor_fail(r, CBOR_E_TYPE, item.offset, p->names->tag);
	p->cose.tagged = true;
	return cbor_next(r, &item);
}

bool
cose_read(struct cbor_reader *r, bool mac, struct cose *ret)
{
	struct parse p = { .names = mac ? &mac0_names : &sign1_names };
	const uint8_t *start = r->ptr;

	p.cose.offset = cbor_offset(r);
	if (!read_tag(r, mac, &p))
		return false;
	if (!cbor_enter_array_of(r, 4))
		return cbor_expect(r, p.names->whole);
	if (!read_protected(r, &p) || !read_unprotected(r, &p))
		return false;
	if (!read_payload(r, &p))
		return cbor_expect(r, p.names->payload);
	if (!cbor_get_bstr(r, &p.cose.signature))
		return cbor_expect(r, p.names->signature);
	cbor_leave(r);
	p.cose.whole = bytes_of(start, (size_t)(r->ptr - start));
	*ret = p.cose;
	return true;
}

void
cose_write(struct cbor_writer *w, int alg, const struct bytes *x5chain,
    size_t n, struct bytes payload, struct bytes signature)
{
	uint8_t bucket[16];
	struct cbor_writer protected_;

	cbor_writer_fixed(&protected_, bucket, sizeof(bucket));
	cbor_put_map(&protected_, 1);
	cbor_put_int(&protected_, LABEL_ALG);
	cbor_put_int(&protected_, alg);

	cbor_put_array(w, 4);
	cbor_put_bstr(w, bytes_of(bucket, protected_.len));
	cbor_put_map(w, n > 0 ? 1 : 0);
	if (n > 0)
		cbor_put_int(w, LABEL_X5CHAIN);
	if (n > 1)
		cbor_put_array(w, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_bstr(w, x5chain[i]);
	if (bytes_is_null(payload))
		cbor_put_null(w);
	else
		cbor_put_bstr(w, payload);
	cbor_put_bstr(w, signature);
}
