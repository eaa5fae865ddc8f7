/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/siphash.h"
#include "mdoc/verify/device.h"

/* Up to here comparing each claim with each is faster than hashing. */
#define PAIRWISE 24

struct elements {
	struct verification *v;
	size_t n;
};

static struct bytes
span(mdoc_bytes b)
{
	return from_public(b);
}

/* i: less than e->n. */
static const mdoc_claim *
claim_at(const struct elements *e, size_t i)
{
	return report_claim(e->v->report, (size_t)e->v->document, i);
}

static bool
claim_equal(const mdoc_claim *a, const mdoc_claim *b)
{
	return bytes_equal(span(a->element), span(b->element)) &&
	    bytes_equal(span(a->name_space), span(b->name_space));
}

static bool
find_pairwise(const struct elements *e, size_t *ret)
{
	const mdoc_claim *claims[PAIRWISE];

	for (size_t i = 0; i < e->n; i++) {
		claims[i] = claim_at(e, i);
		for (size_t k = 0; k < i; k++) {
			if (claim_equal(claims[i], claims[k])) {
				*ret = i;
				return true;
			}
		}
	}
	return false;
}

static uint64_t
claim_hash(const mdoc_claim *c, const uint64_t seed[2])
{
	struct siphash s;

	siphash_begin(&s, seed);
	siphash_add(&s, (uint64_t)c->name_space.len << 32 | c->element.len);
	siphash_add_bytes(&s, span(c->element));
	siphash_add_bytes(&s, span(c->name_space));
	return siphash_end(&s);
}

/* slots: mask + 1 of them, more than the claims; holds index + 1. */
static bool
find_hashed(const struct elements *e, uint32_t *slots, size_t mask, size_t *ret)
{
	uint64_t seed[2];
	const mdoc_claim *claim, *other;
	size_t at;

	siphash_seed(seed);
	for (size_t i = 0; i < e->n; i++) {
		claim = claim_at(e, i);
		at = (size_t)claim_hash(claim, seed) & mask;
		for (; slots[at] != 0; at = (at + 1) & mask) {
			other = claim_at(e, slots[at] - 1);
			if (claim_equal(claim, other)) {
				*ret = i;
				return true;
			}
		}
		slots[at] = (uint32_t)i + 1;
	}
	return false;
}

static int
find_twice(const struct elements *e, bool *ret_found, size_t *ret)
{
	size_t slots_n = 64;
	uint32_t *slots;

	/* Issuers who write elements in order need no table. */
	if (e->v->ascending) {
		*ret_found = false;
		return MDOC_OK;
	}
	if (e->n <= PAIRWISE) {
		*ret_found = find_pairwise(e, ret);
		return MDOC_OK;
	}
	while (slots_n < 2 * e->n)
		slots_n *= 2;
	slots = calloc(slots_n, sizeof(*slots));
	if (slots == NULL)
		return ctx_fail(e->v->ctx, MDOC_E_MEMORY, "out of memory");
	*ret_found = find_hashed(e, slots, slots_n - 1, ret);
	free(slots);
	return MDOC_OK;
}

int
elements_check(struct verification *v)
{
	struct elements e = { .v = v };
	const mdoc_claim *claim;
	mdoc_check *c;
	bool twice = false;
	size_t i = 0;
	int r;

	e.n = mdoc_report_claims(v->report, (size_t)v->document);
	if ((r = find_twice(&e, &twice, &i)) != MDOC_OK)
		return r;
	if (!twice) {
		(void)verification_check(v, CHECK_ELEMENTS, MDOC_PASS);
		return MDOC_OK;
	}
	claim = claim_at(&e, i);
	c = verification_deviation(v, DEV_ELEMENT_TWICE);
	c->actual = report_string(v->report, span(claim->element));
	c->number = claim->digest_id;
	return MDOC_OK;
}
