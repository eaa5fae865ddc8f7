/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <float.h>

#include "common/cbor-map.h"

enum major {
	MAJOR_UINT,
	MAJOR_NINT,
	MAJOR_BSTR,
	MAJOR_TSTR,
	MAJOR_ARRAY,
	MAJOR_MAP,
	MAJOR_TAG
};

#define BYTE_FALSE  0xf4
#define BYTE_TRUE   0xf5
#define BYTE_NULL   0xf6
#define BYTE_HALF   0xf9
#define BYTE_SINGLE 0xfa
#define BYTE_DOUBLE 0xfb

void
cbor_writer_init(struct cbor_writer *w, struct blob *out)
{
	*w = (struct cbor_writer){ .blob = out };
}

void
cbor_writer_fixed(struct cbor_writer *w, uint8_t *buf, size_t cap)
{
	*w = (struct cbor_writer){ .cap = cap };
	w->buf = buf;
}

/* Room for n bytes, counted as written; NULL: not at hand, or an error. */
static inline uint8_t *
space_take(struct cbor_writer *w, size_t n)
{
	struct blob *b = w->blob;
	uint8_t *p;

	if (w->error != CBOR_OK)
		return NULL;
	if (b != NULL) {
		if (n > b->cap - b->len)
			return NULL;
		p = b->ptr + b->len;
		b->len += n;
	} else {
		if (n > w->cap - w->len)
			return NULL;
		p = w->buf + w->len;
	}
	w->len += n;
	return p;
}

void
cbor_put_raw(struct cbor_writer *w, struct bytes s)
{
	uint8_t *p;

	if (w->error != CBOR_OK || s.len == 0)
		return;
	if ((p = space_take(w, s.len)) != NULL) {
		memcpy(p, s.ptr, s.len);
		return;
	}
	if (w->blob == NULL || !blob_append_bytes(w->blob, s)) {
		w->error = CBOR_E_MEMORY;
		return;
	}
	w->len += s.len;
}

size_t
cbor_head_len(uint64_t n)
{
	if (n < 24)
		return 1;
	if (n <= UINT8_MAX)
		return 2;
	if (n <= UINT16_MAX)
		return 3;
	return n <= UINT32_MAX ? 5 : 9;
}

/* The lowest n bytes of v, big-endian. */
static void
be_store(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

/* p holds 9 bytes; returns how many of them are the head. */
static inline size_t
head_store(uint8_t *p, enum major major, uint64_t n)
{
	size_t len;

	if (n < 24) {
		p[0] = (uint8_t)(major << 5 | (unsigned)n);
		return 1;
	}
	/* Additional information 24 to 27: 1, 2, 4 or 8 bytes follow. */
	len = cbor_head_len(n);
	p[0] = (uint8_t)(major << 5 |
	    (len == 2          ? 24U
		    : len == 3 ? 25U
		    : len == 5 ? 26U
			       : 27U));
	be_store(p + 1, n, len - 1);
	return len;
}

static void
head_put(struct cbor_writer *w, enum major major, uint64_t n)
{
	uint8_t head[9];

	cbor_put_raw(w, bytes_of(head, head_store(head, major, n)));
}

/* Head and content at once where there is room. */
static void
string_put(struct cbor_writer *w, enum major major, struct bytes s)
{
	uint8_t head[9], *p;
	const size_t len = head_store(head, major, s.len);

	if (s.len <= CBOR_MAX_SIZE &&
	    (p = space_take(w, len + s.len)) != NULL) {
		memcpy(p, head, len);
		if (s.len > 0)
			memcpy(p + len, s.ptr, s.len);
		return;
	}
	cbor_put_raw(w, bytes_of(head, len));
	cbor_put_raw(w, s);
}

void
cbor_put_uint(struct cbor_writer *w, uint64_t v)
{
	head_put(w, MAJOR_UINT, v);
}

void
cbor_put_int(struct cbor_writer *w, int64_t v)
{
	if (v < 0)
		head_put(w, MAJOR_NINT, (uint64_t)(-1 - v));
	else
		head_put(w, MAJOR_UINT, (uint64_t)v);
}

void
cbor_put_bstr(struct cbor_writer *w, struct bytes s)
{
	string_put(w, MAJOR_BSTR, s);
}

void
cbor_put_tstr(struct cbor_writer *w, struct bytes s)
{
	string_put(w, MAJOR_TSTR, s);
}

void
cbor_put_str(struct cbor_writer *w, const char *s)
{
	cbor_put_tstr(w, bytes_str(s));
}

void
cbor_put_array(struct cbor_writer *w, uint64_t n)
{
	head_put(w, MAJOR_ARRAY, n);
}

void
cbor_put_map(struct cbor_writer *w, uint64_t n)
{
	head_put(w, MAJOR_MAP, n);
}

void
cbor_put_tag(struct cbor_writer *w, uint64_t tag)
{
	head_put(w, MAJOR_TAG, tag);
}

void
cbor_put_bool(struct cbor_writer *w, bool v)
{
	const uint8_t byte = v ? BYTE_TRUE : BYTE_FALSE;

	cbor_put_raw(w, bytes_of(&byte, 1));
}

void
cbor_put_null(struct cbor_writer *w)
{
	const uint8_t byte = BYTE_NULL;

	cbor_put_raw(w, bytes_of(&byte, 1));
}

/*
 * A single-precision number as half precision, if it is one: 5 bits of
 * exponent with bias 15, 10 bits of fraction.
 */
static bool
half_of_single(uint32_t bits, uint16_t *ret)
{
	const int exponent = (int)(bits >> 23 & 0xff) - 127;
	uint32_t fraction = bits & 0x7fffff, half;
	unsigned drop = 13;

	if (exponent == 128 && fraction == 0) {
		half = 0x7c00;
	} else if (exponent == -127 && fraction == 0) {
		half = 0;
	} else if (exponent >= -14 && exponent <= 15) {
		half = (uint32_t)(exponent + 15) << 10 | fraction >> drop;
	} else if (exponent >= -24 && exponent < -14) {
		/* Below 2^-14 the leading 1 is written out. */
		drop += (unsigned)(-14 - exponent);
		fraction |= 0x800000;
		half = fraction >> drop;
	} else {
		return false;
	}
	if (fraction & ((1U << drop) - 1))
		return false;
	*ret = (uint16_t)(bits >> 16 & 0x8000) | (uint16_t)half;
	return true;
}

size_t
cbor_float_head(double v, uint8_t out[9])
{
	uint64_t bits, back_bits;
	uint32_t single_bits;
	uint16_t half;
	double back;
	float single;

	memcpy(&bits, &v, sizeof(bits));
	if ((bits & 0x7fffffffffffffff) > 0x7ff0000000000000) {
		/* There is one NaN (RFC 8949 4.2.2). */
		out[0] = BYTE_HALF;
		be_store(out + 1, 0x7e00, 2);
		return 3;
	}
	out[0] = BYTE_DOUBLE;
	be_store(out + 1, bits, 8);
	/* Beyond the range of a single the conversion is undefined. */
	if ((v > (double)FLT_MAX || v < (double)-FLT_MAX) &&
	    (bits & 0x7fffffffffffffff) != 0x7ff0000000000000)
		return 9;
	single = (float)v;
	back = (double)single;
	memcpy(&back_bits, &back, sizeof(back_bits));
	if (back_bits != bits)
		return 9;
	memcpy(&single_bits, &single, sizeof(single_bits));
	if (half_of_single(single_bits, &half)) {
		out[0] = BYTE_HALF;
		be_store(out + 1, half, 2);
		return 3;
	}
	out[0] = BYTE_SINGLE;
	be_store(out + 1, single_bits, 4);
	return 5;
}

void
cbor_put_double(struct cbor_writer *w, double v)
{
	uint8_t head[9];

	cbor_put_raw(w, bytes_of(head, cbor_float_head(v, head)));
}

void
cbor_put_bstr_head(struct cbor_writer *w, uint64_t n)
{
	head_put(w, MAJOR_BSTR, n);
}

void
cbor_put_tag24(struct cbor_writer *w, struct bytes content)
{
	cbor_put_tag(w, 24);
	cbor_put_bstr(w, content);
}
