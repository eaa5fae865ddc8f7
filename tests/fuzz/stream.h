/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream: a fuzz input as a source of decisions. Past its end there are
 * zeros, so that every input is a whole program.
 */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct stream {
	const uint8_t *data;
	size_t len;
};

static inline uint8_t
stream_u8(struct stream *s)
{
	uint8_t v = 0;

	if (s->len > 0) {
		v = *s->data++;
		s->len--;
	}
	return v;
}

static inline unsigned
stream_u16(struct stream *s)
{
	unsigned high = stream_u8(s);

	return high << 8 | stream_u8(s);
}

/* Fills n bytes, with zeros where the stream has ended. */
static inline void
stream_fill(struct stream *s, void *out, size_t n)
{
	size_t have = n < s->len ? n : s->len;

	if (n == 0)
		return;
	memset(out, 0, n);
	if (have > 0)
		memcpy(out, s->data, have);
	s->data += have;
	s->len -= have;
}

#endif
