/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <openssl/crypto.h>

#include "common/bytes.h"

bool
bytes_equal_secret(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	    (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

	if (c != 0)
		return c;
	return (a.len > b.len) - (a.len < b.len);
}

bool
bytes_take(struct bytes *b, size_t n, struct bytes *ret)
{
	if (n > b->len)
		return false;
	*ret = bytes_of(b->ptr, n);
	return bytes_skip(b, n);
}

bool
bytes_take_u8(struct bytes *b, uint8_t *ret)
{
	if (b->len < 1)
		return false;
	*ret = b->ptr[0];
	return bytes_skip(b, 1);
}

bool
bytes_take_be16(struct bytes *b, uint16_t *ret)
{
	if (b->len < 2)
		return false;
	*ret = (uint16_t)(b->ptr[0] << 8 | b->ptr[1]);
	return bytes_skip(b, 2);
}

bool
bytes_take_be32(struct bytes *b, uint32_t *ret)
{
	if (b->len < 4)
		return false;
	*ret = (uint32_t)b->ptr[0] << 24 | (uint32_t)b->ptr[1] << 16 |
	    (uint32_t)b->ptr[2] << 8 | b->ptr[3];
	return bytes_skip(b, 4);
}

bool
bytes_skip(struct bytes *b, size_t n)
{
	if (n > b->len)
		return false;
	if (n > 0)
		b->ptr += n;
	b->len -= n;
	return true;
}

/*
 * The length of the UTF-8 sequence at p, 0 if it is ill-formed. The second
 * byte carries what RFC 3629 section 4 forbids: overlong forms, surrogates and
 * what lies above U+10FFFF.
 */
static size_t
utf8_sequence(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* Most text here is short and ASCII: a few words, the last two overlapping. */
static bool
is_ascii(struct bytes b)
{
	uint64_t word, all = 0;
	uint32_t half[2] = { 0, 0 };
	size_t i;

	if (b.len >= sizeof(word)) {
		for (i = 0; i < b.len - sizeof(word); i += sizeof(word)) {
			memcpy(&word, b.ptr + i, sizeof(word));
			all |= word;
		}
		memcpy(&word, b.ptr + b.len - sizeof(word), sizeof(word));
		all |= word;
	} else if (b.len >= sizeof(half[0])) {
		memcpy(&half[0], b.ptr, sizeof(half[0]));
		memcpy(&half[1], b.ptr + b.len - sizeof(half[0]),
		    sizeof(half[0]));
		all = half[0] | half[1];
	} else {
		for (i = 0; i < b.len; i++)
			all |= b.ptr[i];
	}
	return (all & 0x8080808080808080) == 0;
}

bool
bytes_is_utf8(struct bytes b, size_t *ret_bad)
{
	if (is_ascii(b))
		return true;
	for (size_t n, i = 0; i < b.len; i += n) {
		n = utf8_sequence(b.ptr + i, b.len - i);
		if (n == 0) {
			if (ret_bad != NULL)
				*ret_bad = i;
			return false;
		}
	}
	return true;
}

void
bytes_to_hex(struct bytes in, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.len; i++) {
		*out++ = digits[in.ptr[i] >> 4];
		*out++ = digits[in.ptr[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
bytes_from_hex(struct bytes in, uint8_t *out, size_t *ret_len)
{
	size_t n = 0;
	int high = -1, digit;

	for (size_t i = 0; i < in.len; i++) {
		if (is_blank(in.ptr[i]))
			continue;
		if ((digit = hex_digit(in.ptr[i])) < 0)
			return false;
		if (high < 0) {
			high = digit;
			continue;
		}
		out[n++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	if (high >= 0)
		return false;
	*ret_len = n;
	return true;
}

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
base64_digit(uint8_t c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (uint8_t)alphabet[62])
		return 62;
	if (c == (uint8_t)alphabet[63])
		return 63;
	return -1;
}

/*
 * The digits without padding. A rest of one digit, or bits that are set beyond
 * the last byte (RFC 4648 section 3.5), cannot come from an encoder.
 */
static bool
base64_decode(struct bytes in, const char *alphabet, uint8_t *out,
    size_t *ret_len)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;
	int digit;

	if (in.len % 4 == 1)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		if ((digit = base64_digit(in.ptr[i], alphabet)) < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
			bits &= (1U << have) - 1;
		}
	}
	if (bits != 0)
		return false;
	*ret_len = n;
	return true;
}

/* At most two '=', and only where they complete a group of four. */
static bool
base64_unpad(struct bytes *in)
{
	size_t n = 0;

	while (n < 2 && n < in->len && in->ptr[in->len - n - 1] == '=')
		n++;
	if (n > 0 && in->len % 4 != 0)
		return false;
	in->len -= n;
	return true;
}

bool
bytes_from_base64(struct bytes in, uint8_t *out, size_t *ret_len)
{
	if (in.len % 4 != 0 || !base64_unpad(&in))
		return false;
	return base64_decode(in, base64_alphabet, out, ret_len);
}

bool
bytes_from_base64url(struct bytes in, uint8_t *out, size_t *ret_len)
{
	if (!base64_unpad(&in))
		return false;
	return base64_decode(in, base64url_alphabet, out, ret_len);
}

/* Returns where the text ends. */
static char *
base64_encode(struct bytes in, const char *alphabet, char *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < in.len; i++) {
		bits = bits << 8 | in.ptr[i];
		have += 8;
		while (have >= 6) {
			have -= 6;
			*out++ = alphabet[bits >> have & 63];
		}
		bits &= (1U << have) - 1;
	}
	if (have > 0)
		*out++ = alphabet[bits << (6 - have) & 63];
	return out;
}

void
bytes_to_base64url(struct bytes in, char *out)
{
	*base64_encode(in, base64url_alphabet, out) = '\0';
}

void
bytes_to_base64(struct bytes in, char *out)
{
	char *end = base64_encode(in, base64_alphabet, out);

	while ((end - out) % 4 != 0)
		*end++ = '=';
	*end = '\0';
}
