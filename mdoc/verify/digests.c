/* SPDX-License-Identifier: BSD-3-Clause */
/* The digests of the issuer-signed items (18013-5 12.8.1). */
#include "config.h"

#include "mdoc/verify/issuer-auth.h"

struct digests {
	struct verification *v;
	const struct mso *mso; /* NULL: nothing to compare with */
	const struct cert *ds;
	struct digest_index index;
	const uint8_t *name_space; /* the one that index is of */
	bool open;                 /* there are digests for it */
	struct bytes before;       /* namespace of the item before, or NULL */
	struct bytes element_before;
	bool mdl;
};

static const char mdl_name_space[] = "org.iso.18013.5.1";

/* What is also said by the certificate, and must be the same there. */
static const struct {
	const char *element;
	size_t len;
	size_t field; /* of struct cert */
	enum check check;
	enum deviation deviation;
} issuing[] = {
	{ "issuing_country", sizeof("issuing_country") - 1,
	    offsetof(struct cert, country), CHECK_ISSUING_COUNTRY,
	    DEV_COUNTRY },
	{ "issuing_jurisdiction", sizeof("issuing_jurisdiction") - 1,
	    offsetof(struct cert, state), CHECK_ISSUING_JURISDICTION,
	    DEV_JURISDICTION },
};

static void
issuing_compare(struct digests *d, size_t i, const struct item *item)
{
	const struct bytes field =
	    *(const struct bytes *)(const void *)((const char *)d->ds +
		issuing[i].field);
	struct cbor_reader r;
	struct bytes value = BYTES_NULL;
	mdoc_check *c;

	cbor_reader_init(&r, item->value);
	if (!bytes_is_null(field) && cbor_get_tstr(&r, &value) &&
	    bytes_equal(field, value)) {
		c = verification_check(d->v, issuing[i].check, MDOC_PASS);
	} else {
		/* The element stays where claims are: not in a text. */
		c = verification_deviation(d->v, issuing[i].deviation);
		c->expected = bytes_is_null(field)
		    ? "none"
		    : report_string(d->v->report, field);
	}
	c->offset = item->offset;
}

static void
issuing_check(struct digests *d, const struct item *item)
{
	for (size_t i = 0; i < nitems(issuing); i++) {
		if (item->element.len == issuing[i].len &&
		    !memcmp(item->element.ptr, issuing[i].element,
			issuing[i].len) &&
		    bytes_equal_str(item->name_space, mdl_name_space))
			issuing_compare(d, i, item);
	}
}

static mdoc_check *
item_deviation(struct digests *d, enum deviation deviation,
    const struct item *item)
{
	mdoc_check *c = verification_deviation(d->v, deviation);

	c->number =
	    item->digest_id <= INT64_MAX ? (int64_t)item->digest_id : -1;
	c->offset = item->offset;
	return c;
}

/* The digests of the item's namespace become d->index, if there are any. */
static int
name_space_enter(struct digests *d, const struct item *item)
{
	struct bytes map;

	if (item->name_space.ptr == d->name_space)
		return MDOC_OK;
	d->name_space = item->name_space.ptr;
	d->open = mso_name_space(d->mso, item->name_space, &map);
	if (d->open && !digest_index_open(&d->index, map))
		return ctx_fail(d->v->ctx, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

/* Lengths are multiples of 8: less than a call of memcmp. */
static bool
digest_equal(struct bytes a, struct bytes b)
{
	uint64_t x, y, differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i + sizeof(x) <= b.len; i += sizeof(x)) {
		memcpy(&x, a.ptr + i, sizeof(x));
		memcpy(&y, b.ptr + i, sizeof(y));
		differ |= x ^ y;
	}
	return differ == 0;
}

static int
item_digest(struct digests *d, const struct item *item,
    enum mdoc_result *ret_result)
{
	uint8_t digest[HASHER_MAX_LEN] UNINITIALIZED;
	struct bytes want, have;
	mdoc_check *c;
	int r;

	*ret_result = MDOC_FAIL;
	if ((r = name_space_enter(d, item)) != MDOC_OK)
		return r;
	if (!d->open) {
		(void)item_deviation(d, DEV_DIGEST_NAME_SPACE, item);
		return MDOC_OK;
	}
	want = digest_index_find(&d->index, item->digest_id);
	if (bytes_is_null(want)) {
		(void)item_deviation(d, DEV_DIGEST_ABSENT, item);
		return MDOC_OK;
	}
	if (!hasher_digest(d->v->ctx->hasher, d->mso->hash, &item->whole, 1,
		digest))
		return ctx_fail(d->v->ctx, MDOC_E_CRYPTO, "%s failed",
		    hash_name(d->mso->hash));
	have = bytes_of(digest, hash_len(d->mso->hash));
	if (!digest_equal(want, have)) {
		c = item_deviation(d, DEV_DIGEST_WRONG, item);
		c->expected = report_hex(d->v->report, want, 16);
		c->actual = report_hex(d->v->report, have, 16);
		return MDOC_OK;
	}
	c = verification_check(d->v, CHECK_MSO_DIGEST, MDOC_PASS);
	c->number = (int64_t)item->digest_id;
	c->offset = item->offset;
	*ret_result = MDOC_PASS;
	return MDOC_OK;
}

/* Each namespace is there once, so that only within it an element can be there
 * twice; not if they ascend. */
static void
order_note(struct digests *d, const struct item *item)
{
	if (item->name_space.ptr == d->before.ptr &&
	    bytes_compare(d->element_before, item->element) >= 0)
		d->v->ascending = false;
	d->before = item->name_space;
	d->element_before = item->element;
}

static int
item_verify(struct digests *d, const struct item *item)
{
	enum mdoc_result result = MDOC_NOT_DONE;
	mdoc_claim *claim;
	int r;

	if (d->mso != NULL && d->mso->has_hash &&
	    (r = item_digest(d, item, &result)) != MDOC_OK)
		return r;
	if (d->mdl && d->ds != NULL)
		issuing_check(d, item);
	order_note(d, item);
	claim = report_add_claim(d->v->report);
	claim->name_space = to_public(item->name_space);
	claim->element = to_public(item->element);
	claim->value = to_public(item->value);
	claim->digest_id = (int64_t)item->digest_id;
	claim->digest = result;
	return MDOC_OK;
}

static void
algorithm_check(struct digests *d)
{
	mdoc_check *c;

	if (d->mso == NULL)
		return;
	if (d->mso->has_hash) {
		c = verification_check(d->v, CHECK_MSO_DIGEST_ALGORITHM,
		    MDOC_PASS);
		c->actual = hash_name(d->mso->hash);
		return;
	}
	c = verification_deviation(d->v, DEV_DIGEST_ALGORITHM);
	c->expected = "SHA-256, SHA-384 or SHA-512";
	c->actual = report_string(d->v->report, d->mso->digest_algorithm);
}

int
digests_verify(struct verification *v, const struct issuer_signed *s,
    const struct mso *mso, const struct cert *ds)
{
	struct digests d = { .v = v, .mso = mso, .ds = ds };
	struct item_walk walk;
	struct item item UNINITIALIZED;
	int r = MDOC_OK;

	v->ascending = true;
	algorithm_check(&d);
	d.mdl = mso != NULL &&
	    bytes_equal_str(mso->doc_type, "org.iso.18013.5.1.mDL");
	item_walk_start(&walk, s);
	while (r == MDOC_OK && item_walk_next(&walk, &item))
		r = item_verify(&d, &item);
	digest_index_close(&d.index);
	if (r == MDOC_OK && walk.r.error != CBOR_OK)
		verification_cbor(v, &walk.r, "issuer-signed items");
	return r;
}
