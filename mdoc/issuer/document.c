/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IssuerSigned (18013-5 10.3.2, 12.3.4): the items are written once, into what
 * is returned, and hashed there.
 */
#include "config.h"

#include <stdlib.h>

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/key.h"
#include "mdoc/issuer/issuer.h"
#include "mdoc/model/item.h"
#include "mdoc/model/mso.h"

#define SALT_LEN 32
/* More than what an item is longer than its value and its name. */
#define ITEM_OVERHEAD (SALT_LEN + 96)
/* The same for the MSO without digests, and for all of COSE. */
#define MSO_OVERHEAD 1024

struct document_state {
	mdoc_issuer *issuer;
	const uint8_t *salts; /* in the order of elements */
	const uint8_t *draws; /* four random bytes for each */
	/* Indexes of elements, one namespace after the other, and their
	 * digestIDs in the same order. */
	uint32_t *order;
	uint32_t *ids;
	size_t starts[ISSUER_MAX_NAME_SPACES]; /* of namespaces, in order */
	size_t digest_len;
	struct blob *out;
	struct cbor_writer w;
};

static int
no_memory(mdoc_ctx *ctx)
{
	return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
}

/* One call for all randomness: 25 calls would cost as much as a signature. */
static int
randomness_get(struct document_state *d)
{
	mdoc_issuer *issuer = d->issuer;
	const size_t n = issuer->elements_n;
	const size_t len = n * (SALT_LEN + sizeof(uint32_t));
	uint8_t *p;

	blob_truncate(&issuer->random, 0);
	p = blob_extend(&issuer->random, len);
	if (p == NULL)
		return no_memory(issuer->ctx);
	d->salts = p;
	d->draws = p + n * SALT_LEN;
	return ctx_random(issuer->ctx, p, len);
}

static int
numbers_reserve(struct document_state *d)
{
	mdoc_issuer *issuer = d->issuer;
	const size_t n = issuer->elements_n;
	uint32_t *p;

	if (n > issuer->numbers_cap) {
		p = reallocarray(issuer->numbers, n, 2 * sizeof(*p));
		if (p == NULL)
			return no_memory(issuer->ctx);
		issuer->numbers = p;
		issuer->numbers_cap = n;
	}
	d->order = issuer->numbers;
	d->ids = issuer->numbers + n;
	return MDOC_OK;
}

/* Elements by namespace, otherwise in the order in which they were added. */
static void
elements_order(struct document_state *d)
{
	const mdoc_issuer *issuer = d->issuer;
	size_t next[ISSUER_MAX_NAME_SPACES] = { 0 };
	size_t start = 0;

	for (size_t i = 0; i < issuer->name_spaces_n; i++) {
		d->starts[i] = next[i] = start;
		start += issuer->name_spaces[i].count;
	}
	for (size_t i = 0; i < issuer->elements_n; i++)
		d->order[next[issuer->elements[i].name_space]++] = (uint32_t)i;
}

/* A number below bound; its bias is below bound / 2^32. */
static size_t
number_below(const uint8_t *p, size_t bound)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return (size_t)(((uint64_t)v * bound) >> 32);
}

/*
 * digestIDs 0 to n - 1 of a namespace in random order (Fisher and Yates), so
 * that they do not tell which elements they belong to.
 */
static void
ids_shuffle(struct document_state *d, size_t start, size_t n)
{
	uint32_t *ids = d->ids + start;
	size_t k;

	for (size_t i = 0; i < n; i++) {
		k = number_below(d->draws + (start + i) * sizeof(uint32_t),
		    i + 1);
		if (k != i)
			ids[i] = ids[k];
		ids[k] = (uint32_t)i;
	}
}

static int
item_add(struct document_state *d, size_t start, size_t i, uint8_t *digests)
{
	mdoc_issuer *issuer = d->issuer;
	const size_t index = d->order[start + i];
	const struct issuer_element *e = &issuer->elements[index];
	const size_t at = d->out->len;
	struct item item = {
		.digest_id = d->ids[start + i],
		.random = bytes_of(d->salts + index * SALT_LEN, SALT_LEN),
		.element = issuer_bytes(issuer, e->name),
		.value = issuer_bytes(issuer, e->value),
	};

	item_write(&d->w, &item);
	if (d->w.error != CBOR_OK)
		return no_memory(issuer->ctx);
	item.whole = bytes_of(d->out->ptr + at, d->out->len - at);
	if (!hasher_digest(issuer->ctx->hasher, issuer->hash, &item.whole, 1,
		digests + (start + item.digest_id) * d->digest_len))
		return ctx_fail(issuer->ctx, MDOC_E_CRYPTO, "%s failed",
		    hash_name(issuer->hash));
	return MDOC_OK;
}

static int
name_spaces_write(struct document_state *d, uint8_t *digests)
{
	mdoc_issuer *issuer = d->issuer;
	const struct issuer_name_space *ns;
	int r = MDOC_OK;

	cbor_put_map(&d->w, 2);
	cbor_put_str(&d->w, "nameSpaces");
	cbor_put_map(&d->w, issuer->name_spaces_n);
	for (size_t i = 0; i < issuer->name_spaces_n; i++) {
		ns = &issuer->name_spaces[i];
		ids_shuffle(d, d->starts[i], ns->count);
		cbor_put_tstr(&d->w, issuer_bytes(issuer, ns->name));
		cbor_put_array(&d->w, ns->count);
		for (size_t k = 0; r == MDOC_OK && k < ns->count; k++)
			r = item_add(d, d->starts[i], k, digests);
	}
	return r;
}

/* {+ ns => {+ digestID => digest}}, ascending. */
static void
value_digests_write(const struct document_state *d, const uint8_t *digests,
    struct cbor_writer *w)
{
	const mdoc_issuer *issuer = d->issuer;
	const struct issuer_name_space *ns;

	cbor_put_map(w, issuer->name_spaces_n);
	for (size_t i = 0; i < issuer->name_spaces_n; i++) {
		ns = &issuer->name_spaces[i];
		cbor_put_tstr(w, issuer_bytes(issuer, ns->name));
		cbor_put_map(w, ns->count);
		for (size_t id = 0; id < ns->count; id++) {
			cbor_put_uint(w, id);
			cbor_put_bstr(w, bytes_of(digests, d->digest_len));
			digests += d->digest_len;
		}
	}
}

/* MobileSecurityObjectBytes into issuer->payload. Nothing of it is secret, so
 * that what was there before need not be wiped. */
static int
payload_write(const struct document_state *d, const uint8_t *digests)
{
	mdoc_issuer *issuer = d->issuer;
	struct mso_content content = {
		.hash = issuer->hash,
		.curve = issuer->curve,
		.point = blob_bytes(&issuer->point),
		.doc_type = blob_bytes(&issuer->doc_type),
		.signed_at = issuer->signed_at,
		.valid_from = issuer->valid_from,
		.valid_until = issuer->valid_until,
	};
	struct cbor_writer w;
	size_t split;

	issuer->scratch.len = 0;
	cbor_writer_init(&w, &issuer->scratch);
	value_digests_write(d, digests, &w);
	split = issuer->scratch.len;
	if (w.error != CBOR_OK ||
	    !blob_reserve(&issuer->scratch, 2 * split + MSO_OVERHEAD))
		return no_memory(issuer->ctx);
	/* Behind the digests, which are copied from there. */
	content.value_digests = bytes_of(issuer->scratch.ptr, split);
	mso_write(&w, &content);
	if (w.error != CBOR_OK)
		return no_memory(issuer->ctx);
	issuer->payload.len = 0;
	cbor_writer_init(&w, &issuer->payload);
	cbor_put_tag24(&w,
	    bytes_of(issuer->scratch.ptr + split, issuer->scratch.len - split));
	return w.error == CBOR_OK ? MDOC_OK : no_memory(issuer->ctx);
}

static int
issuer_auth_write(struct document_state *d, mdoc_key *ds_key,
    const struct bytes *x5chain, size_t n)
{
	mdoc_issuer *issuer = d->issuer;
	const struct bytes payload = blob_bytes(&issuer->payload);
	uint8_t signature[CURVE_MAX_SIG];
	size_t len;
	int r;

	r = key_sign(ds_key, TBS_MOBILE_SECURITY_OBJECT, &payload, 1, signature,
	    &len);
	if (r != MDOC_OK)
		return r;
	cbor_put_str(&d->w, "issuerAuth");
	cose_write(&d->w, key_alg(ds_key), x5chain, n, payload,
	    bytes_of(signature, len));
	return d->w.error == CBOR_OK ? MDOC_OK : no_memory(issuer->ctx);
}

/* So that the items stay where they are when they are hashed. */
static bool
out_reserve(const struct document_state *d, const struct bytes *x5chain,
    size_t n)
{
	const mdoc_issuer *issuer = d->issuer;
	size_t len = issuer->store.len + issuer->doc_type.len + MSO_OVERHEAD;

	len += issuer->elements_n * (ITEM_OVERHEAD + d->digest_len + 8);
	for (size_t i = 0; i < n; i++)
		len += x5chain[i].len + 16;
	return blob_reserve(d->out, len);
}

int
issuer_document(mdoc_issuer *issuer, mdoc_key *ds_key,
    const struct bytes *x5chain, size_t n, struct blob *out)
{
	struct document_state d = {
		.issuer = issuer,
		.digest_len = hash_len(issuer->hash),
		.out = out,
	};
	uint8_t *digests;
	int r;

	if ((r = randomness_get(&d)) != MDOC_OK ||
	    (r = numbers_reserve(&d)) != MDOC_OK)
		return r;
	issuer->digests.len = 0;
	digests =
	    blob_extend(&issuer->digests, issuer->elements_n * d.digest_len);
	if (digests == NULL || !out_reserve(&d, x5chain, n))
		return no_memory(issuer->ctx);
	cbor_writer_init(&d.w, out);
	elements_order(&d);
	if ((r = name_spaces_write(&d, digests)) != MDOC_OK ||
	    (r = payload_write(&d, digests)) != MDOC_OK)
		return r;
	return issuer_auth_write(&d, ds_key, x5chain, n);
}
