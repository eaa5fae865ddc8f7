/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api/api.h"
#include "module/device/expect.h"

/* Of an entry; the rest is the hash. */
#define PATH ((uint64_t)0xff)

/* The finaliser of MurmurHash3: every bit of the input changes half of them. */
static uint64_t
mix(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

static uint64_t
hash(const struct api_call *c, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism)
{
	return mix(mix(mix(c->slot) + mechanism) + key) & ~PATH;
}

static _Atomic uint64_t *
entry(const struct api_call *c, uint64_t h)
{
	return &c->device->expect.v[(h >> 8) % EXPECT_PATHS];
}

enum agree_path
expect_path(const struct api_call *c, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism)
{
	uint64_t h = hash(c, key, mechanism);
	uint64_t v = atomic_load_explicit(entry(c, h), memory_order_relaxed);

	return (v & ~PATH) == h ? (enum agree_path)(v & PATH)
				: AGREE_PATH_UNKNOWN;
}

void
expect_note(const struct api_call *c, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE mechanism, enum agree_path path)
{
	uint64_t h = hash(c, key, mechanism);

	atomic_store_explicit(entry(c, h), h | (uint64_t)path,
	    memory_order_relaxed);
}

void
expect_forget(struct expect *e)
{
	for (size_t i = 0; i < EXPECT_PATHS; i++)
		atomic_store_explicit(&e->v[i], 0, memory_order_relaxed);
}
