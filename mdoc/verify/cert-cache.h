/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert-cache: certificates whose chain was verified before, found by their
 * bytes. Holds what does not depend on the time: that an anchor has issued it,
 * its key imported, its deviations. Dates are looked at every time.
 */
#ifndef MDOC_VERIFY_CERT_CACHE_H
#define MDOC_VERIFY_CERT_CACHE_H

#include "mdoc/crypto/trust.h"

#define CERT_CACHE_SIZE 32

struct cert_entry {
	struct blob der;
	struct cert cert; /* spans of der */
	struct pubkey *key;
	const struct anchor *anchor;
	uint64_t deviations; /* bits of enum chain_deviation */
	unsigned kind;       /* the profile that it was verified under */
	uint64_t used;
};

struct cert_cache;

struct cert_cache *cert_cache_new(void);
void cert_cache_free(struct cert_cache **cache);
/* Forgets everything. */
void cert_cache_clear(struct cert_cache *cache);

/* NULL: not there. Valid until the next addition. */
const struct cert_entry *
cert_cache_find(struct cert_cache *cache, struct bytes der, unsigned kind);
/*
 * Keeps a copy of cert instead of the one used longest ago. NULL: out of
 * memory, or a key that cannot be imported; the cache is as it was.
 */
const struct cert_entry *cert_cache_add(struct cert_cache *cache,
    struct sigver *sigver, const struct cert *cert, unsigned kind,
    const struct anchor *anchor, uint64_t deviations);

#endif
