/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bytes: a borrowed span, and a cursor that takes it apart. Nothing here owns
 * memory; the buffer behind a span must outlive it.
 */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/util.h"

struct bytes {
	const uint8_t *ptr; /* NULL: absent (an empty span may be non-NULL) */
	size_t len;
};

#define BYTES_NULL ((struct bytes){ NULL, 0 })

static inline struct bytes
bytes_of(const void *ptr, size_t len)
{
	return (struct bytes){ ptr, len };
}

/* The characters of a C string, without the NUL. */
static inline struct bytes
bytes_str(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static inline bool
bytes_is_null(struct bytes b)
{
	return b.ptr == NULL;
}

/* Not for secrets: see bytes_equal_secret. */
static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

static inline bool
bytes_equal_str(struct bytes a, const char *s)
{
	return bytes_equal(a, bytes_str(s));
}

/* The time taken depends on the lengths only. */
bool bytes_equal_secret(struct bytes a, struct bytes b);

/* memcmp order, a shorter prefix first. */
int bytes_compare(struct bytes a, struct bytes b);

/*
 * Well-formed UTF-8: no overlong form, no surrogate. On failure *ret_bad (may
 * be NULL) says where the first ill-formed sequence starts.
 */
bool bytes_is_utf8(struct bytes b, size_t *ret_bad) NODISCARD;

/*
 * Cursor: each call advances *b, or returns false and leaves both *b and the
 * output untouched. Integers are big-endian.
 */
bool bytes_take(struct bytes *b, size_t n, struct bytes *ret) NODISCARD;
bool bytes_take_u8(struct bytes *b, uint8_t *ret) NODISCARD;
bool bytes_take_be16(struct bytes *b, uint16_t *ret) NODISCARD;
bool bytes_take_be32(struct bytes *b, uint32_t *ret) NODISCARD;
bool bytes_skip(struct bytes *b, size_t n) NODISCARD;

/*
 * Text forms. to_hex writes 2 * len digits and a NUL (out must hold them).
 * The decoders write at most in.len bytes to out and set *ret_len; false for
 * any character outside the alphabet (hex: blanks and line ends are skipped;
 * base64: '=' padding where it belongs and nowhere else; base64url: padding
 * optional). Bits left over after the last byte must be 0. out may be in.ptr.
 */
void bytes_to_hex(struct bytes in, char *out);
bool bytes_from_hex(struct bytes in, uint8_t *out, size_t *ret_len) NODISCARD;
bool
bytes_from_base64(struct bytes in, uint8_t *out, size_t *ret_len) NODISCARD;
bool
bytes_from_base64url(struct bytes in, uint8_t *out, size_t *ret_len) NODISCARD;
/* Unpadded; writes the characters and a NUL: (len * 4 + 2) / 3 + 1 bytes. */
void bytes_to_base64url(struct bytes in, char *out);
/* Padded; writes (len + 2) / 3 * 4 + 1 bytes. */
void bytes_to_base64(struct bytes in, char *out);

#endif
