/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * floor: the public-key, hash and cipher operations that an operation of ours
 * cannot do without, on the cheapest calls of OpenSSL 3.0, keys imported
 * before, nothing parsed or copied.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stddef.h>

struct floor;

#define FLOOR_MAX_HASHES 1100

/* What one operation consists of. */
struct floor_work {
	unsigned signs;
	unsigned verifies;
	unsigned agreements;
	unsigned hkdfs;
	unsigned hmacs;
	size_t random;                   /* bytes, one call */
	size_t hashes[FLOOR_MAX_HASHES]; /* lengths */
	size_t hashes_n;
	size_t seal; /* AES-256-GCM */
	size_t open;
};

struct floor *floor_new(void);
void floor_free(struct floor **f);
/* Aborts if OpenSSL fails. */
void floor_run(struct floor *f, const struct floor_work *w);

#endif
