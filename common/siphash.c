/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/random.h>

#include "common/siphash.h"

static uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(struct siphash *s)
{
	uint64_t *v = s->v;

	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

void
siphash_begin(struct siphash *s, const uint64_t seed[2])
{
	s->v[0] = seed[0] ^ 0x736f6d6570736575;
	s->v[1] = seed[1] ^ 0x646f72616e646f6d;
	s->v[2] = seed[0] ^ 0x6c7967656e657261;
	s->v[3] = seed[1] ^ 0x7465646279746573;
}

void
siphash_add(struct siphash *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s);
	s->v[0] ^= word;
}

void
siphash_add_bytes(struct siphash *s, struct bytes b)
{
	uint64_t word;

	for (size_t n; b.len > 0; b.ptr += n, b.len -= n) {
		n = b.len < sizeof(word) ? b.len : sizeof(word);
		word = 0;
		memcpy(&word, b.ptr, n);
		siphash_add(s, word);
	}
}

uint64_t
siphash_end(struct siphash *s)
{
	s->v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

void
siphash_seed(uint64_t ret[2])
{
	if (getrandom(ret, 2 * sizeof(*ret), GRND_NONBLOCK) !=
	    (ssize_t)(2 * sizeof(*ret)))
		ret[0] = ret[1] = (uintptr_t)ret;
}
