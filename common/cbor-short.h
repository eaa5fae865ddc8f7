/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cbor-short: integers, strings and tags 24 whose heads have at most five
 * bytes, read inline: nearly all that a long message consists of, at a quarter
 * of what a call of the reader takes. Each function takes one item from the
 * front of *in. Or it returns false, and *in and the output are as they were:
 * the item is another one, a longer one, incomplete or wrong, and the functions
 * of cbor.h have the word. Between cbor_short_begin and cbor_short_end the
 * caller counts the items.
 */
#ifndef COMMON_CBOR_SHORT_H
#define COMMON_CBOR_SHORT_H

#include "common/cbor.h"

/* What a reader has yet to read, even if it has no items left. */
static inline struct bytes
cbor_short_begin(const struct cbor_reader *r)
{
	return bytes_of(r->ptr, (size_t)(r->end - r->ptr));
}

/* So many items were read, up to rest: at most as many as r had left. */
static inline void
cbor_short_end(struct cbor_reader *r, struct bytes rest, size_t items)
{
	r->ptr = rest.ptr;
	r->items_left -= items;
}

/* Head of this type: its argument, and how many bytes it has. */
static inline bool
cbor_short_head(struct bytes in, enum cbor_kind kind, size_t *ret_arg,
    size_t *ret_len)
{
	const uint8_t *p = in.ptr;

	if (in.len == 0 || p[0] >> 5 != kind)
		return false;
	if ((p[0] & 0x1f) < 24) {
		*ret_arg = p[0] & 0x1f;
		*ret_len = 1;
	} else if ((p[0] & 0x1f) == 24 && in.len >= 2) {
		*ret_arg = p[1];
		*ret_len = 2;
	} else if ((p[0] & 0x1f) == 25 && in.len >= 3) {
		*ret_arg = (size_t)p[1] << 8 | p[2];
		*ret_len = 3;
	} else if ((p[0] & 0x1f) == 26 && in.len >= 5) {
		*ret_arg = (size_t)p[1] << 24 | (size_t)p[2] << 16 |
		    (size_t)p[3] << 8 | p[4];
		*ret_len = 5;
	} else {
		return false;
	}
	return true;
}

static inline void
cbor_short_consume(struct bytes *in, size_t n)
{
	in->ptr += n;
	in->len -= n;
}

static inline bool
cbor_short_uint(struct bytes *in, uint64_t *ret)
{
	size_t arg, head;

	if (!cbor_short_head(*in, CBOR_KIND_UINT, &arg, &head))
		return false;
	*ret = arg;
	cbor_short_consume(in, head);
	return true;
}

/* A string of either kind; whether text is UTF-8 is not looked at. */
static inline bool
cbor_short_string(struct bytes *in, enum cbor_kind kind, struct bytes *ret)
{
	size_t arg, head;

	if (!cbor_short_head(*in, kind, &arg, &head) || arg > in->len - head)
		return false;
	*ret = bytes_of(in->ptr + head, arg);
	cbor_short_consume(in, head + arg);
	return true;
}

static inline bool
cbor_short_bstr(struct bytes *in, struct bytes *ret)
{
	return cbor_short_string(in, CBOR_KIND_BSTR, ret);
}

/* Whether a text is ASCII; at the price of a few words, not of a loop. */
static inline bool
cbor_short_is_plain(struct bytes s)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t a = 0, b = 0;
	uint32_t c = 0, d = 0;

	if (s.len > 32)
		return bytes_is_utf8(s, NULL);
	if (s.len >= sizeof(a)) {
		memcpy(&b, s.ptr + s.len - sizeof(b), sizeof(b));
		for (size_t i = 0; i + sizeof(a) < s.len; i += sizeof(a)) {
			memcpy(&a, s.ptr + i, sizeof(a));
			b |= a;
		}
	} else if (s.len >= sizeof(c)) {
		memcpy(&c, s.ptr, sizeof(c));
		memcpy(&d, s.ptr + s.len - sizeof(d), sizeof(d));
		b = c | d;
	} else {
		for (size_t i = 0; i < s.len; i++)
			b |= s.ptr[i];
	}
	return (b & high) == 0;
}

/* Text in ASCII, or short of that up to the reader. */
static inline bool
cbor_short_tstr(struct bytes *in, struct bytes *ret)
{
	struct bytes rest = *in, text;

	if (!cbor_short_string(&rest, CBOR_KIND_TSTR, &text) ||
	    !cbor_short_is_plain(text))
		return false;
	*ret = text;
	*in = rest;
	return true;
}

/* Any item without others inside it, but for long, odd or fractional ones. */
static inline bool
cbor_short_plain(struct bytes *in)
{
	size_t arg, head;
	struct bytes string;

	if (cbor_short_tstr(in, &string) || cbor_short_bstr(in, &string))
		return true;
	/* false, true or null */
	if (in->len > 0 && in->ptr[0] >= 0xf4 && in->ptr[0] <= 0xf6)
		head = 1;
	else if (!cbor_short_head(*in, CBOR_KIND_UINT, &arg, &head) &&
	    !cbor_short_head(*in, CBOR_KIND_NINT, &arg, &head))
		return false;
	cbor_short_consume(in, head);
	return true;
}

/* #6.24(bstr), two items: what the string holds. */
static inline bool
cbor_short_tag24(struct bytes *in, struct bytes *ret)
{
	struct bytes rest = *in;

	if (rest.len < 2 || rest.ptr[0] != 0xd8 || rest.ptr[1] != 24)
		return false;
	cbor_short_consume(&rest, 2);
	if (!cbor_short_bstr(&rest, ret))
		return false;
	*in = rest;
	return true;
}

#endif
