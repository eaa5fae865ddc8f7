/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "mdoc/crypto/cert-name.h"
#include "mdoc/crypto/der.h"

/* RFC 5280 A.1: types 2.5.4.n and the upper bounds of their lengths in
 * characters. 18013-5 B.1 wants countryName as PrintableString. */
static const struct type {
	const char *name;
	size_t max;
	uint8_t id;
	uint8_t tag;
	bool once;
} types[] = {
	{ "CN", 64, 3, DER_UTF8_STRING, true },
	{ "C", 2, 6, DER_PRINTABLE_STRING, true },
	{ "ST", 128, 8, DER_UTF8_STRING, true },
	{ "L", 128, 7, DER_UTF8_STRING, true },
	{ "O", 64, 10, DER_UTF8_STRING, false },
	{ "OU", 64, 11, DER_UTF8_STRING, false },
	{ "serialNumber", 64, 5, DER_PRINTABLE_STRING, true },
};

static const char specials[] = ",+\"\\<>;=# ";

struct reader {
	mdoc_ctx *ctx;
	const char *text;
	const char *p;
};

static int
fail(const struct reader *r, const char *what)
{
	return ctx_fail(r->ctx, MDOC_E_ARGUMENT,
	    "subject \"%s\": %s at character %zu", r->text, what,
	    (size_t)(r->p - r->text) + 1);
}

static void
skip_blanks(struct reader *r)
{
	while (*r->p == ' ')
		r->p++;
}

static int
read_type(struct reader *r, size_t *ret)
{
	size_t n;

	skip_blanks(r);
	n = strcspn(r->p, "=, ");
	for (size_t i = 0; i < nitems(types); i++) {
		if (strlen(types[i].name) != n ||
		    strncasecmp(types[i].name, r->p, n) != 0)
			continue;
		r->p += n;
		skip_blanks(r);
		if (*r->p != '=')
			return fail(r, "'=' expected");
		r->p++;
		*ret = i;
		return MDOC_OK;
	}
	return fail(r,
	    n == 0 ? "attribute expected (CN, C, ST, L, O, OU, serialNumber)"
		   : "unknown attribute (known: CN, C, ST, L, O, OU, "
		     "serialNumber)");
}

/* What follows a backslash. */
static int
read_escaped(struct reader *r, uint8_t *ret)
{
	size_t n;

	if (*r->p != '\0' && strchr(specials, *r->p) != NULL) {
		*ret = (uint8_t)*r->p++;
		return MDOC_OK;
	}
	if (!bytes_from_hex(bytes_of(r->p, strnlen(r->p, 2)), ret, &n) ||
	    n != 1)
		return fail(r, "'\\' before a character that needs none");
	r->p += 2;
	return MDOC_OK;
}

static int
read_value(struct reader *r, struct blob *ret)
{
	size_t last = 0; /* blanks beyond are not part of it */
	uint8_t b;
	int code;

	skip_blanks(r);
	while (*r->p != '\0' && *r->p != ',') {
		if (strchr("+\"<>;", *r->p) != NULL)
			return fail(r, "this character needs a '\\' before it");
		b = (uint8_t)*r->p++;
		if (b == '\\' && (code = read_escaped(r, &b)) != MDOC_OK)
			return code;
		if (!blob_append_u8(ret, b))
			return ctx_fail(r->ctx, MDOC_E_MEMORY, "out of memory");
		if (b != ' ' || r->p[-2] == '\\')
			last = ret->len;
	}
	blob_truncate(ret, last);
	return MDOC_OK;
}

static bool
is_printable(struct bytes s)
{
	static const char others[] = " '()+,-./:=?";

	for (size_t i = 0; i < s.len; i++) {
		uint8_t b = s.ptr[i];

		if (!((b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') ||
			(b >= 'a' && b <= 'z') ||
			(b != 0 && strchr(others, b) != NULL)))
			return false;
	}
	return true;
}

/* Well-formed and without control characters; *ret_n: characters. */
static bool
is_utf8(struct bytes s, size_t *ret_n)
{
	struct blob item = BLOB_INIT;
	struct cbor_writer w;
	size_t n = 0;
	bool ok;

	/* The check of text strings is what common/ has. */
	cbor_writer_init(&w, &item);
	cbor_put_tstr(&w, s);
	ok = w.error == CBOR_OK &&
	    cbor_check(blob_bytes(&item), NULL) == CBOR_OK;
	blob_reset(&item);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			ok = false;
		n += (s.ptr[i] & 0xc0) != 0x80;
	}
	*ret_n = n;
	return ok;
}

static const char *
value_problem(const struct type *t, struct bytes v)
{
	size_t n;

	if (v.len == 0)
		return "a value is missing";
	if (!is_utf8(v, &n))
		return "not UTF-8, or a control character, in the value "
		       "that ends";
	if (n > t->max)
		return "the value is too long that ends";
	if (t->tag == DER_PRINTABLE_STRING && !is_printable(v))
		return "a character that PrintableString lacks in the value "
		       "that ends";
	if (t->id == 6 &&
	    (v.len != 2 || v.ptr[0] < 'A' || v.ptr[0] > 'Z' || v.ptr[1] < 'A' ||
		v.ptr[1] > 'Z'))
		return "C is not two upper-case letters (ISO 3166-1) that end";
	return NULL;
}

static int
read_attribute(struct reader *r, struct name *n)
{
	struct name_attribute *a = &n->a[n->n];
	const char *problem;
	int code;

	if (n->n == NAME_MAX_ATTRIBUTES)
		return fail(r, "too many attributes");
	if ((code = read_type(r, &a->type)) != MDOC_OK)
		return code;
	for (size_t i = 0; i < n->n; i++) {
		if (n->a[i].type == a->type && types[a->type].once)
			return fail(r, "this attribute is there twice");
	}
	n->n++; /* from here on name_reset wipes it */
	if ((code = read_value(r, &a->value)) != MDOC_OK)
		return code;
	problem = value_problem(&types[a->type], blob_bytes(&a->value));
	return problem == NULL ? MDOC_OK : fail(r, problem);
}

int
name_parse(mdoc_ctx *c, const char *text, struct name *ret)
{
	struct reader r = { c, text, text };
	int code;

	do {
		if ((code = read_attribute(&r, ret)) != MDOC_OK)
			return code;
	} while (*r.p++ == ',');
	return MDOC_OK;
}

struct bytes
name_get(const struct name *n, const char *type)
{
	for (size_t i = 0; i < n->n; i++) {
		if (strcmp(types[n->a[i].type].name, type) == 0)
			return blob_bytes(&n->a[i].value);
	}
	return BYTES_NULL;
}

int
name_add(mdoc_ctx *c, struct name *n, const char *type, struct bytes value)
{
	size_t i = 0;

	while (i < nitems(types) && strcmp(types[i].name, type) != 0)
		i++;
	if (i == nitems(types) || n->n == NAME_MAX_ATTRIBUTES)
		return ctx_fail(c, MDOC_E_ARGUMENT,
		    "the subject has no room for %s", type);
	if (!blob_set(&n->a[n->n].value, value))
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	n->a[n->n++].type = i;
	return MDOC_OK;
}

bool
name_write(const struct name *n, struct blob *ret)
{
	struct der_writer w = { ret, false };
	uint8_t oid[] = { 0x55, 0x04, 0 };
	size_t name, set, pair;

	name = der_begin(&w, DER_SEQUENCE);
	for (size_t i = 0; i < n->n; i++) {
		const struct type *t = &types[n->a[i].type];

		oid[2] = t->id;
		set = der_begin(&w, DER_SET);
		pair = der_begin(&w, DER_SEQUENCE);
		der_put(&w, DER_OID, bytes_of(oid, sizeof(oid)));
		der_put(&w, t->tag, blob_bytes(&n->a[i].value));
		der_end(&w, pair);
		der_end(&w, set);
	}
	der_end(&w, name);
	return !w.failed;
}

void
name_reset(struct name *n)
{
	for (size_t i = 0; i < NAME_MAX_ATTRIBUTES; i++)
		blob_reset(&n->a[i].value);
	n->n = 0;
}

/* ---- to text */

static bool
put(struct blob *b, const char *s)
{
	return blob_append(b, s, strlen(s));
}

static bool
put_hex(struct blob *ret, struct bytes b)
{
	char digits[3];

	for (size_t i = 0; i < b.len; i++) {
		(void)snprintf(digits, sizeof(digits), "%02x", b.ptr[i]);
		if (!put(ret, digits))
			return false;
	}
	return true;
}

/* An attribute that is not in the table: "2.5.4.n", or its octets. */
static bool
put_type(struct blob *ret, struct bytes oid, const struct type *known)
{
	char text[24];

	if (known != NULL)
		return put(ret, known->name);
	if (oid.len == 3 && oid.ptr[0] == 0x55 && oid.ptr[1] == 0x04 &&
	    oid.ptr[2] < 0x80) {
		(void)snprintf(text, sizeof(text), "2.5.4.%u", oid.ptr[2]);
		return put(ret, text);
	}
	return put(ret, "oid:") && put_hex(ret, oid);
}

static bool
put_value(struct blob *ret, struct bytes v)
{
	char hex[4];
	bool edge;

	for (size_t i = 0; i < v.len; i++) {
		uint8_t b = v.ptr[i];

		edge = i == 0 || i == v.len - 1;
		if (b < 0x20 || b == 0x7f) {
			(void)snprintf(hex, sizeof(hex), "\\%02x", b);
			if (!put(ret, hex))
				return false;
			continue;
		}
		if (strchr(",+\"\\<>;", b) != NULL ||
		    (edge && (b == ' ' || (i == 0 && b == '#')))) {
			if (!blob_append_u8(ret, '\\'))
				return false;
		}
		if (!blob_append_u8(ret, b))
			return false;
	}
	return true;
}

static bool
put_attribute(struct blob *ret, struct bytes pair, bool first)
{
	const struct type *known = NULL;
	struct bytes oid;
	struct der v;

	if (!der_take(&pair, DER_OID, &oid) || !der_next(&pair, &v))
		return false;
	for (size_t i = 0; i < nitems(types); i++) {
		if (oid.len == 3 && oid.ptr[0] == 0x55 && oid.ptr[1] == 0x04 &&
		    oid.ptr[2] == types[i].id)
			known = &types[i];
	}
	if ((!first && !put(ret, ",")) || !put_type(ret, oid, known) ||
	    !put(ret, "="))
		return false;
	if (v.tag == DER_UTF8_STRING || v.tag == DER_PRINTABLE_STRING ||
	    v.tag == DER_IA5_STRING)
		return put_value(ret, v.content);
	return put(ret, "#") && put_hex(ret, v.whole);
}

bool
name_format(struct bytes der, struct blob *ret)
{
	struct bytes rdns, set, pair;
	bool first = true;

	if (!der_take(&der, DER_SEQUENCE, &rdns))
		return false;
	while (rdns.len > 0) {
		if (!der_take(&rdns, DER_SET, &set))
			return false;
		while (set.len > 0) {
			if (!der_take(&set, DER_SEQUENCE, &pair) ||
			    !put_attribute(ret, pair, first))
				return false;
			first = false;
		}
	}
	return true;
}
