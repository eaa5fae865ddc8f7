/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/codec/cose.h"
#include "mdoc/codec/date.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/key.h"
#include "mdoc/issuer/issuer.h"

static int
no_memory(mdoc_ctx *ctx)
{
	return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
}

static int
name_check(mdoc_ctx *ctx, const char *what, struct bytes name)
{
	if (name.len == 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "%s: empty", what);
	if (!bytes_is_utf8(name, NULL))
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "%s: not UTF-8", what);
	return MDOC_OK;
}

int
mdoc_issuer_new(mdoc_ctx *ctx, const char *doc_type, mdoc_issuer **ret)
{
	mdoc_issuer *issuer;
	int r;

	if (doc_type == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "docType: none");
	if ((r = name_check(ctx, "docType", bytes_str(doc_type))) != MDOC_OK)
		return r;
	issuer = calloc(1, sizeof(*issuer));
	if (issuer == NULL ||
	    !blob_set(&issuer->doc_type, bytes_str(doc_type))) {
		free(issuer);
		return no_memory(ctx);
	}
	issuer->ctx = ctx;
	issuer->hash = HASH_SHA256;
	*ret = issuer;
	return MDOC_OK;
}

void
mdoc_issuer_free(mdoc_issuer **issuer)
{
	mdoc_issuer *i;

	if (issuer == NULL || (i = *issuer) == NULL)
		return;
	blob_reset(&i->doc_type);
	blob_reset(&i->store);
	blob_reset(&i->point);
	blob_reset(&i->chain);
	blob_reset(&i->random);
	blob_reset(&i->digests);
	blob_reset(&i->scratch);
	blob_reset(&i->payload);
	doctypes_free(&i->doctypes);
	free(i->elements);
	free(i->numbers);
	free(i);
	*issuer = NULL;
}

/* ---- elements */

static bool
store(mdoc_issuer *issuer, struct bytes b, struct place *ret)
{
	struct place p = { issuer->store.len, b.len };

	if (!blob_append_bytes(&issuer->store, b))
		return false;
	*ret = p;
	return true;
}

static bool
elements_reserve(mdoc_issuer *issuer)
{
	struct issuer_element *p;
	size_t cap;

	if (issuer->elements_n < issuer->elements_cap)
		return true;
	cap = issuer->elements_cap == 0 ? 32 : 2 * issuer->elements_cap;
	p = reallocarray(issuer->elements, cap, sizeof(*p));
	if (p == NULL)
		return false;
	issuer->elements = p;
	issuer->elements_cap = cap;
	return true;
}

/* The index of a namespace, which is the number of them if it is new. */
static size_t
name_space_find(const mdoc_issuer *issuer, struct bytes name)
{
	size_t i;

	for (i = 0; i < issuer->name_spaces_n; i++) {
		if (bytes_equal(name,
			issuer_bytes(issuer, issuer->name_spaces[i].name)))
			break;
	}
	return i;
}

static bool
has_element(const mdoc_issuer *issuer, size_t name_space, struct bytes name)
{
	const struct issuer_element *e;

	for (size_t i = 0; i < issuer->elements_n; i++) {
		e = &issuer->elements[i];
		if (e->name_space == name_space && e->name.len == name.len &&
		    bytes_equal(name, issuer_bytes(issuer, e->name)))
			return true;
	}
	return false;
}

static int
value_check(mdoc_issuer *issuer, struct bytes element, struct bytes value)
{
	enum cbor_error e;
	size_t offset = 0;

	e = cbor_check(value, &offset);
	if (e == CBOR_OK)
		return MDOC_OK;
	return ctx_fail(issuer->ctx, MDOC_E_CBOR,
	    "value of %.*s: %s at offset %zu", (int)element.len,
	    (const char *)element.ptr, cbor_error_name(e), offset);
}

int
issuer_add(mdoc_issuer *issuer, struct bytes name_space, struct bytes element,
    struct bytes value)
{
	const size_t len = issuer->store.len;
	struct issuer_name_space *ns;
	struct issuer_element *e;
	size_t index;
	int r;

	if ((r = name_check(issuer->ctx, "namespace", name_space)) != MDOC_OK ||
	    (r = name_check(issuer->ctx, "element", element)) != MDOC_OK ||
	    (r = value_check(issuer, element, value)) != MDOC_OK)
		return r;
	index = name_space_find(issuer, name_space);
	if (index == ISSUER_MAX_NAME_SPACES)
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "more than %d namespaces", ISSUER_MAX_NAME_SPACES);
	if (has_element(issuer, index, element))
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "element %.*s is there twice", (int)element.len,
		    (const char *)element.ptr);
	ns = &issuer->name_spaces[index];
	if (!elements_reserve(issuer))
		return no_memory(issuer->ctx);
	e = &issuer->elements[issuer->elements_n];
	if ((index == issuer->name_spaces_n &&
		!store(issuer, name_space, &ns->name)) ||
	    !store(issuer, element, &e->name) ||
	    !store(issuer, value, &e->value)) {
		blob_truncate(&issuer->store, len);
		return no_memory(issuer->ctx);
	}
	if (index == issuer->name_spaces_n) {
		ns->count = 0;
		issuer->name_spaces_n++;
	}
	e->name_space = index;
	ns->count++;
	issuer->elements_n++;
	return MDOC_OK;
}

int
mdoc_issuer_add(mdoc_issuer *issuer, const char *name_space,
    const char *element, mdoc_bytes value)
{
	if (name_space == NULL || element == NULL)
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "namespace or element: none");
	return issuer_add(issuer, bytes_str(name_space), bytes_str(element),
	    from_public(value));
}

/* ---- what else goes into the MSO */

int
mdoc_issuer_set_device_key(mdoc_issuer *issuer, const mdoc_key *key)
{
	if (key_curve(key) == NULL)
		return ctx_fail(issuer->ctx, MDOC_E_KEY,
		    "a key of this kind cannot be a device key");
	if (!blob_set(&issuer->point, key_point(key)))
		return no_memory(issuer->ctx);
	issuer->curve = key_curve(key);
	return MDOC_OK;
}

int
mdoc_issuer_set_validity(mdoc_issuer *issuer, int64_t signed_at, int64_t from,
    int64_t until)
{
	char text[32];

	if (!date_format(signed_at, text) || !date_format(from, text) ||
	    !date_format(until, text))
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "validity: a year before 0000 or after 9999");
	if (from < signed_at)
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "validity: validFrom is earlier than signed");
	if (until <= from)
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "validity: validUntil is not later than validFrom");
	issuer->signed_at = signed_at;
	issuer->valid_from = from;
	issuer->valid_until = until;
	issuer->has_validity = true;
	return MDOC_OK;
}

void
mdoc_issuer_set_insecure_dates(mdoc_issuer *issuer, int on)
{
	issuer->any_dates = on != 0;
}

int
mdoc_issuer_set_digest(mdoc_issuer *issuer, const char *algorithm)
{
	enum hash_alg hash;

	if (algorithm == NULL || !hash_by_name(bytes_str(algorithm), &hash) ||
	    hash == HASH_SHA1)
		return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT,
		    "digest algorithm: SHA-256, SHA-384 or SHA-512");
	issuer->hash = hash;
	return MDOC_OK;
}

/* ---- signing */

static int
date_fail(mdoc_issuer *issuer, const char *what, int64_t date,
    const char *relation, int64_t limit)
{
	char text[32], limit_text[32];

	if (!date_format(date, text) || !date_format(limit, limit_text))
		return ctx_fail(issuer->ctx, MDOC_E_CERTIFICATE,
		    "%s is %s of the document-signer certificate", what,
		    relation);
	return ctx_fail(issuer->ctx, MDOC_E_CERTIFICATE,
	    "%s %s is %s %s of the document-signer certificate", what, text,
	    relation, limit_text);
}

/* 18013-5 12.3.4: what a reader would refuse, or may. */
static int
dates_check(mdoc_issuer *issuer, const struct cert *ds)
{
	if (issuer->any_dates)
		return MDOC_OK;
	if (issuer->signed_at < ds->not_before)
		return date_fail(issuer, "signed", issuer->signed_at,
		    "earlier than notBefore", ds->not_before);
	if (issuer->signed_at > ds->not_after)
		return date_fail(issuer, "signed", issuer->signed_at,
		    "later than notAfter", ds->not_after);
	if (issuer->valid_until > ds->not_after)
		return date_fail(issuer, "validUntil", issuer->valid_until,
		    "later than notAfter", ds->not_after);
	return MDOC_OK;
}

static bool
chain_is_kept(const mdoc_issuer *issuer, const struct bytes *x5chain, size_t n)
{
	const uint8_t *p = issuer->chain.ptr;

	if (n != issuer->chain_n)
		return false;
	for (size_t i = 0; i < n; p += issuer->chain_lens[i++]) {
		if (!bytes_equal(x5chain[i],
			bytes_of(p, issuer->chain_lens[i])))
			return false;
	}
	return true;
}

/*
 * Into issuer->chain, the first one into issuer->ds: the next document's
 * chain, mostly the same, need not be read.
 */
static int
chain_read(mdoc_issuer *issuer, const struct bytes *x5chain, size_t n)
{
	const char *what = NULL;
	size_t offset = 0, end;
	struct cert *c = &issuer->ds;

	issuer->chain_n = 0;
	blob_clear(&issuer->chain);
	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(&issuer->chain, x5chain[i]))
			return no_memory(issuer->ctx);
		issuer->chain_lens[i] = x5chain[i].len;
	}
	end = issuer->chain.len;
	for (size_t i = n; i-- > 0;) {
		end -= x5chain[i].len;
		if (!cert_read(bytes_of(issuer->chain.ptr + end,
				   x5chain[i].len),
			c, &offset, &what))
			return ctx_fail(issuer->ctx, MDOC_E_CERTIFICATE,
			    "certificate %zu of x5chain: %s at offset %zu", i,
			    what == NULL ? "malformed" : what, offset);
		/* Trust never comes from the message (12.3.4). */
		if (i > 0 && bytes_equal(c->issuer, c->subject))
			return ctx_fail(issuer->ctx, MDOC_E_CERTIFICATE,
			    "certificate %zu of x5chain is a root: it must "
			    "not be in it",
			    i);
	}
	issuer->chain_n = n;
	return MDOC_OK;
}

static int
chain_check(mdoc_issuer *issuer, const mdoc_key *ds_key,
    const struct bytes *x5chain, size_t n)
{
	const struct cert *ds = &issuer->ds;
	int r;

	if (!chain_is_kept(issuer, x5chain, n) &&
	    (r = chain_read(issuer, x5chain, n)) != MDOC_OK)
		return r;
	if (ds->curve != key_curve(ds_key) ||
	    !bytes_equal(ds->point, key_point(ds_key)))
		return ctx_fail(issuer->ctx, MDOC_E_KEY,
		    "the key is not the one of the document-signer "
		    "certificate");
	return dates_check(issuer, ds);
}

static int
ready_check(mdoc_issuer *issuer, mdoc_key *ds_key, size_t n)
{
	const char *what = NULL;

	if (issuer->elements_n == 0)
		what = "no data elements";
	else if (issuer->curve == NULL)
		what = "no device key";
	else if (!issuer->has_validity)
		what = "no validity";
	else if (n == 0 || n > COSE_MAX_CHAIN)
		what = "x5chain: 1 to 8 certificates";
	else if (ds_key == NULL || key_alg(ds_key) == 0)
		what = "the document-signer key cannot sign";
	if (what == NULL)
		return MDOC_OK;
	return ctx_fail(issuer->ctx, MDOC_E_ARGUMENT, "issue: %s", what);
}

int
mdoc_issuer_sign(mdoc_issuer *issuer, mdoc_key *ds_key,
    const mdoc_bytes *x5chain, size_t n, mdoc_buf *ret_issuer_signed)
{
	struct bytes chain[COSE_MAX_CHAIN];
	struct blob out = BLOB_INIT;
	int r;

	if ((r = ready_check(issuer, ds_key, n)) != MDOC_OK)
		return r;
	for (size_t i = 0; i < n; i++)
		chain[i] = from_public(x5chain[i]);
	if ((r = chain_check(issuer, ds_key, chain, n)) != MDOC_OK)
		return r;
	r = issuer_document(issuer, ds_key, chain, n, &out);
	if (r == MDOC_OK)
		buf_take_blob(ret_issuer_signed, &out);
	blob_reset(&out);
	return r;
}
