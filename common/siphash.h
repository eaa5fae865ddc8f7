/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * siphash: SipHash-1-3, so that nobody who does not know the seed can choose
 * keys that all meet in one slot of a hash table.
 */
#ifndef COMMON_SIPHASH_H
#define COMMON_SIPHASH_H

#include "common/bytes.h"

struct siphash {
	uint64_t v[4];
};

void siphash_begin(struct siphash *s, const uint64_t seed[2]);
void siphash_add(struct siphash *s, uint64_t word);
/* The bytes in whole words; the length is not part of it. */
void siphash_add_bytes(struct siphash *s, struct bytes b);
uint64_t siphash_end(struct siphash *s);

/* A random seed, or where there is none yet, an address of the caller's. */
void siphash_seed(uint64_t ret[2]);

#endif
