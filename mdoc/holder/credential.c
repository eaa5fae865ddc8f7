/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/holder/credential.h"
#include "mdoc/model/mso.h"
#include "mdoc/model/response.h"

static int
no_memory(mdoc_ctx *ctx)
{
	return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
}

/* Does the map have the member "documents"? Then it is no IssuerSigned. */
static bool
is_response(struct bytes in)
{
	struct cbor_reader r;
	struct cbor_map map;
	struct cbor_item key;

	cbor_reader_init(&r, in);
	if (!cbor_enter_map(&r, &map))
		return false;
	while (cbor_map_next(&r, &map, &key)) {
		if (cbor_key_is(&key, "documents"))
			return true;
		if (!cbor_skip(&r, NULL))
			return false;
	}
	return false;
}

/* The one document's IssuerSigned. */
static int
response_issuer_signed(mdoc_ctx *ctx, struct bytes in, struct bytes *ret)
{
	struct cbor_reader r;
	struct response q;
	struct document d;

	cbor_reader_init(&r, in);
	if (!response_read(&r, &q))
		return ctx_fail_cbor(ctx, &r, "credential");
	if (q.count != 1)
		return ctx_fail(ctx, MDOC_E_STRUCTURE,
		    "credential: %llu documents instead of one",
		    (unsigned long long)q.count);
	if (!response_next(&q, &d))
		return ctx_fail_cbor(ctx, &q.docs, "credential");
	/* The source of a map's parts is where the map begins. */
	r = d.issuer_signed.source;
	if (!cbor_skip(&r, ret))
		return ctx_fail_cbor(ctx, &r, "credential");
	return MDOC_OK;
}

static bool
items_reserve(mdoc_credential *c, size_t *cap)
{
	struct credential_item *p;
	size_t n;

	if (c->items_n < *cap)
		return true;
	n = *cap == 0 ? 32 : 2 * *cap;
	p = reallocarray(c->items, n, sizeof(*p));
	if (p == NULL)
		return false;
	c->items = p;
	*cap = n;
	return true;
}

static int
item_add(mdoc_credential *c, const struct item *item, size_t *cap)
{
	struct credential_name_space *ns = NULL;

	if (c->name_spaces_n > 0)
		ns = &c->name_spaces[c->name_spaces_n - 1];
	if (ns == NULL || ns->name.ptr != item->name_space.ptr) {
		if (c->name_spaces_n == CREDENTIAL_MAX_NAME_SPACES)
			return ctx_fail(c->ctx, MDOC_E_STRUCTURE,
			    "credential: more than %d namespaces",
			    CREDENTIAL_MAX_NAME_SPACES);
		ns = &c->name_spaces[c->name_spaces_n++];
		ns->name = item->name_space;
		ns->first = c->items_n;
		ns->count = 0;
	}
	if (!items_reserve(c, cap))
		return no_memory(c->ctx);
	c->items[c->items_n] = (struct credential_item){
		.name_space = c->name_spaces_n - 1,
		.element = item->element,
		.value = item->value,
		.whole = item->whole,
	};
	c->items_n++;
	ns->count++;
	return MDOC_OK;
}

static int
items_read(mdoc_credential *c, const struct issuer_signed *s)
{
	struct item_walk walk;
	struct item item;
	size_t cap = 0;
	int r;

	item_walk_start(&walk, s);
	while (item_walk_next(&walk, &item)) {
		if ((r = item_add(c, &item, &cap)) != MDOC_OK)
			return r;
	}
	if (walk.r.error != CBOR_OK)
		return ctx_fail_cbor(c->ctx, &walk.r, "credential");
	return MDOC_OK;
}

/* ---- the index */

static int
name_compare(const mdoc_credential *c, size_t i, struct bytes name_space,
    struct bytes element)
{
	const struct credential_item *item = &c->items[i];
	int order;

	order = bytes_compare(item->element, element);
	if (order != 0)
		return order;
	return bytes_compare(c->name_spaces[item->name_space].name, name_space);
}

static int
index_compare(const void *a, const void *b, void *arg)
{
	const mdoc_credential *c = arg;
	const struct credential_item *other = &c->items[*(const uint32_t *)b];

	return name_compare(c, *(const uint32_t *)a,
	    c->name_spaces[other->name_space].name, other->element);
}

static int
index_make(mdoc_credential *c)
{
	if (c->items_n == 0)
		return MDOC_OK;
	c->sorted = calloc(c->items_n, sizeof(*c->sorted));
	if (c->sorted == NULL)
		return no_memory(c->ctx);
	for (size_t i = 0; i < c->items_n; i++)
		c->sorted[i] = (uint32_t)i;
	qsort_r(c->sorted, c->items_n, sizeof(*c->sorted), index_compare, c);
	for (size_t i = 1; i < c->items_n; i++) {
		if (index_compare(&c->sorted[i - 1], &c->sorted[i], c) == 0)
			return ctx_fail(c->ctx, MDOC_E_STRUCTURE,
			    "credential: an element is there twice");
	}
	return MDOC_OK;
}

bool
credential_item_find(const mdoc_credential *c, struct bytes name_space,
    struct bytes element, size_t *ret)
{
	size_t from = 0, to = c->items_n, middle;
	int order;

	while (from < to) {
		middle = from + (to - from) / 2;
		order = name_compare(c, c->sorted[middle], name_space, element);
		if (order == 0) {
			*ret = c->sorted[middle];
			return true;
		}
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* ---- reading */

static int
mso_get(mdoc_credential *c, const struct issuer_signed *s)
{
	struct cbor_reader r;
	struct mso mso;

	if (bytes_is_null(s->issuer_auth.payload))
		return ctx_fail(c->ctx, MDOC_E_STRUCTURE,
		    "credential: issuerAuth has no payload");
	cbor_reader_nested(&r, &s->source, s->issuer_auth.payload);
	if (!mso_read(&r, &mso))
		return ctx_fail_cbor(c->ctx, &r, "credential");
	if (!cose_key_point(&mso.device_key, c->point, &c->point_len))
		return ctx_fail(c->ctx, MDOC_E_KEY,
		    "credential: the device key is not a point on its curve");
	c->curve = mso.device_key.curve;
	c->issuer_auth = s->issuer_auth.whole;
	c->doc_type = mso.doc_type;
	c->device_key = mso.device_key_bytes;
	c->valid_from = mso.valid_from.seconds;
	c->valid_until = mso.valid_until.seconds;
	return MDOC_OK;
}

static int
credential_read(mdoc_credential *c)
{
	struct issuer_signed s;
	struct cbor_reader r;
	int rc;

	cbor_reader_init(&r, blob_bytes(&c->issuer_signed));
	if (!issuer_signed_read(&r, &s) || !cbor_finish(&r))
		return ctx_fail_cbor(c->ctx, &r, "credential");
	if ((rc = mso_get(c, &s)) != MDOC_OK ||
	    (rc = items_read(c, &s)) != MDOC_OK)
		return rc;
	return index_make(c);
}

int
mdoc_credential_new(mdoc_ctx *ctx, mdoc_bytes issuer_signed,
    mdoc_credential **ret)
{
	struct bytes in = from_public(issuer_signed);
	mdoc_credential *c;
	int r;

	if (is_response(in) &&
	    (r = response_issuer_signed(ctx, in, &in)) != MDOC_OK)
		return r;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return no_memory(ctx);
	c->ctx = ctx;
	if (!blob_set(&c->issuer_signed, in))
		r = no_memory(ctx);
	else
		r = credential_read(c);
	if (r != MDOC_OK) {
		mdoc_credential_free(&c);
		return r;
	}
	*ret = c;
	return MDOC_OK;
}

void
mdoc_credential_free(mdoc_credential **credential)
{
	mdoc_credential *c;

	if (credential == NULL || (c = *credential) == NULL)
		return;
	mdoc_key_free(&c->own_key);
	blob_reset(&c->issuer_signed);
	free(c->items);
	free(c->sorted);
	free(c);
	*credential = NULL;
}

mdoc_bytes
mdoc_credential_doc_type(const mdoc_credential *credential)
{
	return to_public(credential->doc_type);
}

mdoc_bytes
mdoc_credential_issuer_signed(const mdoc_credential *credential)
{
	return to_public(blob_bytes(&credential->issuer_signed));
}

mdoc_bytes
mdoc_credential_device_key(const mdoc_credential *credential)
{
	return to_public(credential->device_key);
}

int
mdoc_credential_set_key(mdoc_credential *credential, mdoc_key *key)
{
	if (key_curve(key) != credential->curve ||
	    !bytes_equal(key_point(key),
		bytes_of(credential->point, credential->point_len)))
		return ctx_fail(credential->ctx, MDOC_E_KEY,
		    "the key is not the device key of the credential");
	if (!mdoc_key_is_private(key))
		return ctx_fail(credential->ctx, MDOC_E_KEY,
		    "a public key cannot present a credential");
	credential->key = key;
	return MDOC_OK;
}
