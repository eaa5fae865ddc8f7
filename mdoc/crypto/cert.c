/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/date.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/der.h"
#include "mdoc/crypto/key-bytes.h"

/* More extensions than any certificate has. */
#define MAX_EXTENSIONS 32

#define OID(...)                                             \
	{                                                    \
		(const uint8_t[]){ __VA_ARGS__ },            \
		    sizeof((const uint8_t[]){ __VA_ARGS__ }) \
	}

/* clang-format off */
const struct bytes CERT_EKU_MDL_DS =
    OID(0x28, 0x81, 0x8c, 0x5d, 0x05, 0x01, 0x02);
const struct bytes CERT_EKU_MDL_READER =
    OID(0x28, 0x81, 0x8c, 0x5d, 0x05, 0x01, 0x06);
const struct bytes CERT_EKU_MDOC_DS =
    OID(0x28, 0x81, 0xb5, 0x34, 0x04, 0x01, 0x02);
const struct bytes CERT_EKU_MDOC_READER =
    OID(0x28, 0x81, 0xb5, 0x34, 0x04, 0x01, 0x06);

/* clang-format on */

struct walk {
	struct cert *c;
	size_t offset;
	const char *what;
	struct bytes oids[MAX_EXTENSIONS];
	size_t n;
};

static bool
fail(struct walk *w, const uint8_t *at, const char *what)
{
	if (w->what == NULL) {
		w->offset = (size_t)(at - w->c->whole.ptr);
		w->what = what;
	}
	return false;
}

static bool
take(struct walk *w, struct bytes *in, uint8_t tag, struct bytes *ret,
    const char *what)
{
	return der_take(in, tag, ret) || fail(w, in->ptr, what);
}

static bool
at_end(struct walk *w, struct bytes in, const char *what)
{
	return in.len == 0 || fail(w, in.ptr, what);
}

/* ecdsa-with-SHA256, 384, 512 (RFC 5758 3.2) differ in the last octet. */
static void
read_algorithm(struct cert *c, struct bytes alg)
{
	static const uint8_t ecdsa[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x04, 0x03 };

	static const enum hash_alg hashes[] = { HASH_SHA256, HASH_SHA384,
		HASH_SHA512 };

	size_t i;

	/* No parameters: the OID is all there is. */
	if (alg.len != sizeof(ecdsa) + 1 ||
	    memcmp(alg.ptr, ecdsa, sizeof(ecdsa)) != 0)
		return;
	i = (size_t)alg.ptr[sizeof(ecdsa)] - 2;
	if (i < nitems(hashes)) {
		c->sig_ecdsa = true;
		c->sig_hash = hashes[i];
	}
}

/* The first value of each of these attributes; types are 2.5.4.n. */
struct name_parts {
	struct bytes common_name; /* 3 */
	struct bytes country;     /* 6 */
	struct bytes state;       /* 8 */
	bool country_printable;
};

static void
read_attribute(struct name_parts *n, uint8_t type, const struct der *value)
{
	struct bytes *to;

	switch (type) {
	case 3:
		to = &n->common_name;
		break;
	case 6:
		to = &n->country;
		if (to->ptr == NULL)
			n->country_printable =
			    value->tag == DER_PRINTABLE_STRING;
		break;
	case 8:
		to = &n->state;
		break;
	default:
		return;
	}
	if (to->ptr == NULL)
		*to = value->content;
}

static bool
read_rdn(struct walk *w, struct bytes *in, struct name_parts *n)
{
	struct bytes set, pair, oid;
	struct der value;

	if (!take(w, in, DER_SET, &set, "name: a SET"))
		return false;
	do {
		if (!take(w, &set, DER_SEQUENCE, &pair,
			"name: an attribute, a SEQUENCE") ||
		    !take(w, &pair, DER_OID, &oid,
			"name: an attribute type, an OID"))
			return false;
		if (!der_next(&pair, &value))
			return fail(w, pair.ptr, "name: an attribute value");
		if (!at_end(w, pair, "name: nothing after the value"))
			return false;
		if (oid.len == 3 && oid.ptr[0] == 0x55 && oid.ptr[1] == 0x04)
			read_attribute(n, oid.ptr[2], &value);
	} while (set.len > 0);
	return true;
}

static bool
read_name(struct walk *w, struct bytes *in, struct bytes *ret,
    struct name_parts *n)
{
	struct bytes rdns, before = *in;

	*n = (struct name_parts){ 0 };
	if (!take(w, in, DER_SEQUENCE, &rdns, "name: a SEQUENCE"))
		return false;
	*ret = bytes_of(before.ptr, (size_t)(in->ptr - before.ptr));
	while (rdns.len > 0) {
		if (!read_rdn(w, &rdns, n))
			return false;
	}
	return true;
}

/* UTCTime YYMMDDHHMMSSZ, GeneralizedTime YYYYMMDDHHMMSSZ (RFC 5280 4.1.2.5):
 * as the date of a tdate, which checks the fields. */
static bool
parse_time(const struct der *t, int64_t *ret)
{
	static const char form[] = "CCYY-MM-DDThh:mm:ssZ";
	char text[sizeof(form)];
	struct bytes in = t->content;
	struct date date;
	size_t i = 0;
	uint8_t b;

	if (t->tag == DER_UTC_TIME && in.len == 13) {
		text[i++] = in.ptr[0] < '5' ? '2' : '1';
		text[i++] = in.ptr[0] < '5' ? '0' : '9';
	} else if (t->tag != DER_GENERALIZED_TIME || in.len != 15) {
		return false;
	}
	for (; i < sizeof(form) - 1; i++) {
		text[i] = form[i];
		if (strchr("-T:", form[i]) != NULL)
			continue;
		if (!bytes_take_u8(&in, &b) ||
		    (form[i] == 'Z' ? b != 'Z' : b < '0' || b > '9'))
			return false;
		text[i] = (char)b;
	}
	if (!date_parse(bytes_of(text, sizeof(form) - 1), &date))
		return false;
	*ret = date.seconds;
	return true;
}

static bool
read_time(struct walk *w, struct bytes *in, int64_t *ret)
{
	const uint8_t *at = in->ptr;
	struct der t;

	if (!der_next(in, &t) || !parse_time(&t, ret))
		return fail(w, at,
		    "validity: UTCTime YYMMDDHHMMSSZ or GeneralizedTime "
		    "YYYYMMDDHHMMSSZ");
	return true;
}

static bool
read_validity(struct walk *w, struct bytes *in)
{
	struct bytes v;

	return take(w, in, DER_SEQUENCE, &v, "validity: a SEQUENCE") &&
	    read_time(w, &v, &w->c->not_before) &&
	    read_time(w, &v, &w->c->not_after) &&
	    at_end(w, v, "validity: two times");
}

static bool
read_bool(struct bytes *in, bool *ret)
{
	struct bytes v;

	if (!der_take(in, DER_BOOLEAN, &v) || v.len != 1)
		return false;
	*ret = v.ptr[0] != 0;
	return true;
}

/* ---- extensions: value is the content of the OCTET STRING */

static bool
read_bc(struct walk *w, struct bytes value, bool critical)
{
	struct cert *c = w->c;
	struct bytes seq, n;

	c->has_bc = true;
	c->bc_critical = critical;
	if (!take(w, &value, DER_SEQUENCE, &seq,
		"basicConstraints: a SEQUENCE"))
		return false;
	if (seq.len > 0 && seq.ptr[0] == DER_BOOLEAN &&
	    !read_bool(&seq, &c->ca))
		return fail(w, seq.ptr, "basicConstraints: cA, a BOOLEAN");
	if (seq.len > 0) {
		if (!der_take_uint(&seq, &n) || n.len > 2)
			return fail(w, seq.ptr,
			    "basicConstraints: pathLenConstraint");
		c->path_len = 0;
		for (size_t i = 0; i < n.len; i++)
			c->path_len = c->path_len << 8 | n.ptr[i];
	}
	return at_end(w, seq, "basicConstraints: nothing more") &&
	    at_end(w, value, "basicConstraints: one element");
}

static bool
read_ku(struct walk *w, struct bytes value, bool critical)
{
	struct cert *c = w->c;
	struct bytes bits;

	c->has_ku = true;
	c->ku_critical = critical;
	if (!take(w, &value, DER_BIT_STRING, &bits, "keyUsage: a BIT STRING"))
		return false;
	if (bits.len < 2 || bits.len > 3 || bits.ptr[0] > 7)
		return fail(w, bits.ptr, "keyUsage: one to nine bits");
	c->key_usage = (unsigned)bits.ptr[1] << 8;
	if (bits.len == 3)
		c->key_usage |= bits.ptr[2];
	return at_end(w, value, "keyUsage: one element");
}

static bool
read_eku(struct walk *w, struct bytes value, bool critical)
{
	struct cert *c = w->c;
	struct bytes oids, oid;

	c->has_eku = true;
	c->eku_critical = critical;
	if (!take(w, &value, DER_SEQUENCE, &c->eku, "extKeyUsage: a SEQUENCE"))
		return false;
	oids = c->eku;
	do {
		if (!take(w, &oids, DER_OID, &oid, "extKeyUsage: an OID"))
			return false;
	} while (oids.len > 0);
	return at_end(w, value, "extKeyUsage: one element");
}

static bool
read_ski(struct walk *w, struct bytes value, bool critical)
{
	(void)critical;
	return take(w, &value, DER_OCTET_STRING, &w->c->ski,
		   "subjectKeyIdentifier: an OCTET STRING") &&
	    at_end(w, value, "subjectKeyIdentifier: one element");
}

static bool
read_aki(struct walk *w, struct bytes value, bool critical)
{
	struct bytes seq;
	struct der d;

	(void)critical;
	if (!take(w, &value, DER_SEQUENCE, &seq,
		"authorityKeyIdentifier: a SEQUENCE"))
		return false;
	while (seq.len > 0) {
		if (!der_next(&seq, &d))
			return fail(w, seq.ptr,
			    "authorityKeyIdentifier: an element");
		if (d.tag == DER_CONTEXT(0))
			w->c->aki = d.content;
	}
	return at_end(w, value, "authorityKeyIdentifier: one element");
}

static bool
read_ian(struct walk *w, struct bytes value, bool critical)
{
	struct bytes names;
	struct der d;

	(void)critical;
	if (!take(w, &value, DER_SEQUENCE, &names, "issuerAltName: a SEQUENCE"))
		return false;
	w->c->issuer_alt_name = names;
	do {
		if (!der_next(&names, &d))
			return fail(w, names.ptr, "issuerAltName: a name");
	} while (names.len > 0);
	return at_end(w, value, "issuerAltName: one element");
}

static bool
read_cdp(struct walk *w, struct bytes value, bool critical)
{
	struct bytes left = value;
	struct bytes points;

	(void)critical;
	w->c->crl_dp = value;
	return take(w, &left, DER_SEQUENCE, &points,
		   "cRLDistributionPoints: a SEQUENCE") &&
	    at_end(w, left, "cRLDistributionPoints: one element");
}

/* The last octet of 2.5.29.n */
static const struct {
	uint8_t id;
	bool (*read)(struct walk *w, struct bytes value, bool critical);
} extensions[] = {
	{ 14, read_ski },
	{ 15, read_ku },
	{ 18, read_ian },
	{ 19, read_bc },
	{ 31, read_cdp },
	{ 35, read_aki },
	{ 37, read_eku },
};

/* NameConstraints, PolicyMappings, PolicyConstraints, FreshestCRL,
 * InhibitAnyPolicy: 18013-5 B.1 */
static const uint8_t forbidden[] = { 30, 33, 36, 46, 54 };

static bool
note_extension(struct walk *w, struct bytes oid)
{
	if (w->n == MAX_EXTENSIONS)
		return fail(w, oid.ptr, "extensions: 32 at most");
	for (size_t i = 0; i < w->n; i++) {
		if (bytes_equal(w->oids[i], oid))
			return fail(w, oid.ptr, "extensions: each only once");
	}
	w->oids[w->n++] = oid;
	return true;
}

static bool
dispatch(struct walk *w, struct bytes oid, bool critical, struct bytes value)
{
	struct cert *c = w->c;

	if (oid.len == 3 && oid.ptr[0] == 0x55 && oid.ptr[1] == 0x1d) {
		for (size_t i = 0; i < nitems(extensions); i++) {
			if (extensions[i].id == oid.ptr[2])
				return extensions[i].read(w, value, critical);
		}
		if (memchr(forbidden, oid.ptr[2], sizeof(forbidden)) != NULL &&
		    c->forbidden.ptr == NULL)
			c->forbidden = oid;
	}
	if (critical && c->unknown_critical.ptr == NULL)
		c->unknown_critical = oid;
	return true;
}

static bool
read_extension(struct walk *w, struct bytes *in)
{
	struct bytes ext, oid, value;
	bool critical = false;

	if (!take(w, in, DER_SEQUENCE, &ext, "extensions: a SEQUENCE") ||
	    !take(w, &ext, DER_OID, &oid, "extensions: an OID") ||
	    !note_extension(w, oid))
		return false;
	if (ext.len > 0 && ext.ptr[0] == DER_BOOLEAN &&
	    !read_bool(&ext, &critical))
		return fail(w, ext.ptr, "extensions: critical, a BOOLEAN");
	return take(w, &ext, DER_OCTET_STRING, &value,
		   "extensions: a value, an OCTET STRING") &&
	    at_end(w, ext, "extensions: nothing after the value") &&
	    dispatch(w, oid, critical, value);
}

static bool
read_extensions(struct walk *w, struct bytes *in)
{
	struct bytes outer, list;

	if (!take(w, in, DER_CONTEXT_C(3), &outer, "extensions: [3]") ||
	    !take(w, &outer, DER_SEQUENCE, &list, "extensions: a SEQUENCE") ||
	    !at_end(w, outer, "extensions: one element"))
		return false;
	do {
		if (!read_extension(w, &list))
			return false;
	} while (list.len > 0);
	return true;
}

/* ---- the certificate */

static bool
read_version(struct walk *w, struct bytes *in)
{
	struct bytes outer, v;

	w->c->version = 1;
	if (in->len == 0 || in->ptr[0] != DER_CONTEXT_C(0))
		return true;
	if (!take(w, in, DER_CONTEXT_C(0), &outer, "version: [0]"))
		return false;
	if (!der_take_uint(&outer, &v) || v.len != 1 || v.ptr[0] > 2 ||
	    outer.len != 0)
		return fail(w, outer.ptr, "version: 0, 1 or 2");
	w->c->version = v.ptr[0] + 1;
	return true;
}

static bool
read_spki(struct walk *w, struct bytes *in)
{
	struct cert *c = w->c;
	struct der d;

	if (!der_next(in, &d) || !spki_read(d.whole, &c->curve, &c->point))
		return fail(w, in->ptr, "subjectPublicKeyInfo");
	c->spki = d.whole;
	return true;
}

static bool
read_names(struct walk *w, struct bytes *in)
{
	struct cert *c = w->c;
	struct name_parts issuer, subject;

	if (!read_name(w, in, &c->issuer, &issuer) || !read_validity(w, in) ||
	    !read_name(w, in, &c->subject, &subject))
		return false;
	c->issuer_country = issuer.country;
	c->issuer_state = issuer.state;
	c->country = subject.country;
	c->country_printable = subject.country_printable;
	c->state = subject.state;
	c->common_name = subject.common_name;
	return true;
}

/* alg: the AlgorithmIdentifier outside, which must be the one inside. */
static bool
read_tbs(struct walk *w, struct bytes in, struct bytes alg)
{
	struct cert *c = w->c;
	struct bytes inner;
	struct der serial, unique;

	if (!read_version(w, &in))
		return false;
	if (!der_next(&in, &serial) || serial.tag != DER_INTEGER ||
	    serial.content.len == 0)
		return fail(w, in.ptr, "serialNumber: an INTEGER");
	c->serial = serial.content;
	c->serial_der = serial.whole;
	if (!take(w, &in, DER_SEQUENCE, &inner, "signature: a SEQUENCE"))
		return false;
	if (!bytes_equal(inner, alg))
		return fail(w, inner.ptr,
		    "signature: the same as signatureAlgorithm");
	if (!read_names(w, &in) || !read_spki(w, &in))
		return false;
	/* issuerUniqueID and subjectUniqueID, of old */
	while (in.len > 0 &&
	    (in.ptr[0] == DER_CONTEXT(1) || in.ptr[0] == DER_CONTEXT(2))) {
		if (!der_next(&in, &unique))
			return fail(w, in.ptr, "a unique identifier");
	}
	if (in.len > 0 && !read_extensions(w, &in))
		return false;
	return at_end(w, in, "tbsCertificate: nothing more");
}

static bool
read_certificate(struct walk *w, struct bytes in)
{
	struct cert *c = w->c;
	struct bytes seq, alg;
	struct der tbs;

	if (!take(w, &in, DER_SEQUENCE, &seq, "certificate: a SEQUENCE") ||
	    !at_end(w, in, "certificate: nothing after it"))
		return false;
	if (!der_next(&seq, &tbs) || tbs.tag != DER_SEQUENCE)
		return fail(w, seq.ptr, "tbsCertificate: a SEQUENCE");
	c->tbs = tbs.whole;
	if (!take(w, &seq, DER_SEQUENCE, &alg,
		"signatureAlgorithm: a SEQUENCE"))
		return false;
	read_algorithm(c, alg);
	if (!der_take_bits(&seq, &c->signature))
		return fail(w, seq.ptr, "signature: a BIT STRING");
	return at_end(w, seq, "certificate: nothing after the signature") &&
	    read_tbs(w, tbs.content, alg);
}

bool
cert_read(struct bytes der, struct cert *ret, size_t *ret_offset,
    const char **ret_what)
{
	struct cert c = { .whole = der, .path_len = -1 };
	struct walk w = { .c = &c };

	if (bytes_is_null(der))
		fail(&w, NULL, "certificate: a SEQUENCE");
	else if (read_certificate(&w, der)) {
		*ret = c;
		return true;
	}
	if (ret_offset != NULL)
		*ret_offset = w.offset;
	if (ret_what != NULL)
		*ret_what = w.what;
	return false;
}

bool
cert_has_eku(const struct cert *c, struct bytes oid)
{
	struct bytes left = c->eku;
	struct bytes o;

	while (left.len > 0 && der_take(&left, DER_OID, &o)) {
		if (bytes_equal(o, oid))
			return true;
	}
	return false;
}
