/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "mdoc/verify/cert-cache.h"

struct cert_cache {
	struct cert_entry entries[CERT_CACHE_SIZE];
	size_t last; /* found last: most messages come from one issuer */
	uint64_t clock;
};

static void
entry_reset(struct cert_entry *e)
{
	pubkey_free(&e->key);
	blob_reset(&e->der);
	*e = (struct cert_entry){ 0 };
}

struct cert_cache *
cert_cache_new(void)
{
	return calloc(1, sizeof(struct cert_cache));
}

void
cert_cache_clear(struct cert_cache *cache)
{
	for (size_t i = 0; i < CERT_CACHE_SIZE; i++)
		entry_reset(&cache->entries[i]);
}

void
cert_cache_free(struct cert_cache **cache)
{
	if (cache == NULL || *cache == NULL)
		return;
	cert_cache_clear(*cache);
	free(*cache);
	*cache = NULL;
}

static bool
entry_is(const struct cert_entry *e, struct bytes der, unsigned kind)
{
	return e->key != NULL && e->kind == kind &&
	    bytes_equal(blob_bytes(&e->der), der);
}

const struct cert_entry *
cert_cache_find(struct cert_cache *cache, struct bytes der, unsigned kind)
{
	struct cert_entry *e;

	for (size_t i = 0; i < CERT_CACHE_SIZE; i++) {
		e = &cache->entries[(cache->last + i) % CERT_CACHE_SIZE];
		if (entry_is(e, der, kind)) {
			cache->last = (size_t)(e - cache->entries);
			e->used = ++cache->clock;
			return e;
		}
	}
	return NULL;
}

static struct cert_entry *
entry_oldest(struct cert_cache *cache)
{
	struct cert_entry *oldest = &cache->entries[0];

	for (size_t i = 1; i < CERT_CACHE_SIZE; i++) {
		if (cache->entries[i].used < oldest->used)
			oldest = &cache->entries[i];
	}
	return oldest;
}

const struct cert_entry *
cert_cache_add(struct cert_cache *cache, struct sigver *sigver,
    const struct cert *cert, unsigned kind, const struct anchor *anchor,
    uint64_t deviations)
{
	struct cert_entry *e = entry_oldest(cache);
	struct cert_entry fresh = { 0 };

	if (!blob_set(&fresh.der, cert->whole) ||
	    !cert_read(blob_bytes(&fresh.der), &fresh.cert, NULL, NULL))
		goto out;
	if (fresh.cert.curve == NULL)
		goto out;
	fresh.key = pubkey_new(sigver, fresh.cert.curve, fresh.cert.point);
	if (fresh.key == NULL)
		goto out;
	fresh.anchor = anchor;
	fresh.deviations = deviations;
	fresh.kind = kind;
	fresh.used = ++cache->clock;
	entry_reset(e);
	*e = fresh;
	cache->last = (size_t)(e - cache->entries);
	return e;
out:
	entry_reset(&fresh);
	return NULL;
}
