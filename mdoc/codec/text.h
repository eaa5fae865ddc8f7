/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text: writes text for people and for JSON into a blob. Memory running out
 * sticks: look at bad once, at the end.
 */
#ifndef MDOC_CODEC_TEXT_H
#define MDOC_CODEC_TEXT_H

#include "common/blob.h"

struct text {
	struct blob *out;
	bool bad;
};

void text_put(struct text *t, const char *s);
void text_put_bytes(struct text *t, struct bytes s);
/* At most 255 characters. */
void text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Hex digits. */
void text_hex(struct text *t, struct bytes b);
/*
 * What goes between the quotes of a JSON string (RFC 8259 7). Control
 * characters (C0, DEL, C1) are escaped, ill-formed UTF-8 becomes U+FFFD.
 */
void text_escaped(struct text *t, struct bytes s);
/* The number in as few digits as give it back, with a point or exponent; NaN,
 * Infinity and -Infinity in these words. */
void text_float(struct text *t, double v);
void text_spaces(struct text *t, size_t n);

/* The longest prefix of at most max bytes (0: all) that cuts no character. */
struct bytes text_prefix(struct bytes s, size_t max);

#endif
