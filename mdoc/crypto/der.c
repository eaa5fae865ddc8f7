/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/crypto/der.h"

/* Longer than any certificate; keeps sums of lengths far from overflow. */
#define MAX_LEN_OCTETS 3

/*
 * The length at p (before end) into *ret; how many octets it has, 0: none that
 * is allowed. A certificate has about sixty elements: this is worth its lines.
 */
static inline size_t
read_len(const uint8_t *p, const uint8_t *end, size_t *ret)
{
	size_t n, len = 0;

	if (p == end)
		return 0;
	if (*p < 0x80) {
		*ret = *p;
		return 1;
	}
	n = *p & 0x7f;
	if (n == 0 || n > MAX_LEN_OCTETS || (size_t)(end - p) <= n || p[1] == 0)
		return 0;
	for (size_t i = 1; i <= n; i++)
		len = len << 8 | p[i];
	if (len < 0x80)
		return 0;
	*ret = len;
	return 1 + n;
}

/* Where the content of the element at the start of in is, and its length. */
static inline const uint8_t *
find_content(struct bytes in, size_t *ret_len)
{
	const uint8_t *end = in.ptr + in.len;
	const uint8_t *p;
	size_t len, n;

	if (in.len < 2 || (in.ptr[0] & 0x1f) == 0x1f ||
	    (n = read_len(in.ptr + 1, end, &len)) == 0)
		return NULL;
	p = in.ptr + 1 + n;
	if ((size_t)(end - p) < len)
		return NULL;
	*ret_len = len;
	return p;
}

bool
der_next(struct bytes *in, struct der *ret)
{
	const uint8_t *start = in->ptr;
	const uint8_t *end = start + in->len;
	const uint8_t *p;
	size_t len;

	if ((p = find_content(*in, &len)) == NULL)
		return false;
	ret->tag = start[0];
	ret->content = bytes_of(p, len);
	p += len;
	ret->whole = bytes_of(start, (size_t)(p - start));
	*in = bytes_of(p, (size_t)(end - p));
	return true;
}

bool
der_take(struct bytes *in, uint8_t tag, struct bytes *ret)
{
	const uint8_t *end = in->ptr + in->len;
	const uint8_t *p;
	size_t len;

	if (in->len == 0 || in->ptr[0] != tag ||
	    (p = find_content(*in, &len)) == NULL)
		return false;
	*ret = bytes_of(p, len);
	*in = bytes_of(p + len, (size_t)(end - p) - len);
	return true;
}

bool
der_take_uint(struct bytes *in, struct bytes *ret)
{
	struct bytes left = *in;
	struct bytes v;

	if (!der_take(&left, DER_INTEGER, &v) || v.len == 0 || v.ptr[0] > 0x7f)
		return false;
	if (v.len > 1 && v.ptr[0] == 0) {
		if (v.ptr[1] < 0x80)
			return false;
		v = bytes_of(v.ptr + 1, v.len - 1);
	}
	*in = left;
	*ret = v;
	return true;
}

bool
der_take_bits(struct bytes *in, struct bytes *ret)
{
	struct bytes left = *in;
	struct bytes v;
	uint8_t unused;

	if (!der_take(&left, DER_BIT_STRING, &v) ||
	    !bytes_take_u8(&v, &unused) || unused != 0)
		return false;
	*in = left;
	*ret = v;
	return true;
}

/* Writes the octets of a length; out holds 1 + sizeof(size_t). */
static size_t
len_octets(size_t len, uint8_t *out)
{
	size_t n = 0;

	if (len < 0x80) {
		out[0] = (uint8_t)len;
		return 1;
	}
	for (size_t v = len; v != 0; v >>= 8)
		n++;
	out[0] = (uint8_t)(0x80 | n);
	for (size_t i = n; i > 0; i--, len >>= 8)
		out[i] = (uint8_t)len;
	return 1 + n;
}

size_t
der_begin(struct der_writer *w, uint8_t tag)
{
	size_t start = w->out->len;

	if (!blob_append_u8(w->out, tag) || !blob_append_u8(w->out, 0))
		w->failed = true;
	return start;
}

void
der_end(struct der_writer *w, size_t start)
{
	uint8_t head[1 + sizeof(size_t)];
	size_t content = start + 2;
	size_t len, n;
	uint8_t *p;

	if (w->failed)
		return;
	len = w->out->len - content;
	n = len_octets(len, head);
	if (n > 1 && blob_extend(w->out, n - 1) == NULL) {
		w->failed = true;
		return;
	}
	p = w->out->ptr + start + 1;
	memmove(p + n, p + 1, len);
	memcpy(p, head, n);
}

void
der_put_raw(struct der_writer *w, struct bytes elements)
{
	if (w->failed || !blob_append_bytes(w->out, elements))
		w->failed = true;
}

void
der_put(struct der_writer *w, uint8_t tag, struct bytes content)
{
	size_t start = der_begin(w, tag);

	der_put_raw(w, content);
	der_end(w, start);
}

void
der_put_uint(struct der_writer *w, struct bytes value)
{
	static const uint8_t zero = 0;
	size_t start = der_begin(w, DER_INTEGER);

	while (value.len > 0 && value.ptr[0] == 0)
		value = bytes_of(value.ptr + 1, value.len - 1);
	if (value.len == 0 || value.ptr[0] > 0x7f)
		der_put_raw(w, bytes_of(&zero, 1));
	der_put_raw(w, value);
	der_end(w, start);
}

void
der_put_bits(struct der_writer *w, struct bytes octets)
{
	static const uint8_t unused = 0;
	size_t start = der_begin(w, DER_BIT_STRING);

	der_put_raw(w, bytes_of(&unused, 1));
	der_put_raw(w, octets);
	der_end(w, start);
}

bool
der_sig_to_raw(struct bytes der, size_t field_len, uint8_t *out)
{
	struct bytes seq, v[2];

	if (!der_take(&der, DER_SEQUENCE, &seq) || der.len != 0 ||
	    !der_take_uint(&seq, &v[0]) || !der_take_uint(&seq, &v[1]) ||
	    seq.len != 0 || v[0].len > field_len || v[1].len > field_len)
		return false;
	for (size_t i = 0; i < nitems(v); i++) {
		memset(out, 0, field_len - v[i].len);
		memcpy(out + field_len - v[i].len, v[i].ptr, v[i].len);
		out += field_len;
	}
	return true;
}

/* Without a blob: this is done for each signature that is verified. */
bool
der_sig_from_raw(struct bytes raw, uint8_t *out, size_t *ret_len)
{
	uint8_t body[DER_MAX_SIG];
	size_t n = raw.len / 2;
	size_t len = 0;
	size_t head;

	if (raw.len == 0 || raw.len % 2 != 0 || n > 66)
		return false;
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *p = raw.ptr + i * n;
		size_t skip = 0;
		bool sign;

		while (skip < n - 1 && p[skip] == 0)
			skip++;
		sign = p[skip] > 0x7f;
		body[len++] = DER_INTEGER;
		body[len++] = (uint8_t)(n - skip + sign);
		if (sign)
			body[len++] = 0;
		memcpy(body + len, p + skip, n - skip);
		len += n - skip;
	}
	out[0] = DER_SEQUENCE;
	head = 1 + len_octets(len, out + 1);
	memcpy(out + head, body, len);
	*ret_len = head + len;
	return true;
}
