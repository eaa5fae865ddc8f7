/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mdoc/codec/text.h"

void
text_put_bytes(struct text *t, struct bytes s)
{
	if (!t->bad && !blob_append_bytes(t->out, s))
		t->bad = true;
}

void
text_put(struct text *t, const char *s)
{
	text_put_bytes(t, bytes_str(s));
}

void
text_printf(struct text *t, const char *format, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(buf, sizeof(buf), format, ap);
	va_end(ap);
	text_put(t, buf);
}

void
text_hex(struct text *t, struct bytes b)
{
	uint8_t *p;

	if (t->bad || b.len == 0)
		return;
	/* With room for the NUL that bytes_to_hex adds. */
	p = blob_extend(t->out, 2 * b.len + 1);
	if (p == NULL) {
		t->bad = true;
		return;
	}
	bytes_to_hex(b, (char *)p);
	blob_truncate(t->out, t->out->len - 1);
}

void
text_spaces(struct text *t, size_t n)
{
	while (n-- > 0)
		text_put(t, " ");
}

static void
escape(struct text *t, unsigned c)
{
	static const char shorts[] = "\"\"\\\\\nn\tt\rr\bb\ff";

	for (const char *p = shorts; *p != '\0'; p += 2) {
		if ((unsigned)*p == c) {
			text_printf(t, "\\%c", p[1]);
			return;
		}
	}
	text_printf(t, "\\u%04x", c);
}

/* The length of what can be copied as it is. */
static size_t
plain_len(struct bytes s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] != 0x7f &&
	    s.ptr[n] != '"' && s.ptr[n] != '\\' &&
	    !(s.ptr[n] == 0xc2 && n + 1 < s.len && s.ptr[n + 1] < 0xa0))
		n++;
	return n;
}

static void
escape_well_formed(struct text *t, struct bytes s)
{
	size_t n;

	while (s.len > 0) {
		n = plain_len(s);
		text_put_bytes(t, bytes_of(s.ptr, n));
		s = bytes_of(s.ptr + n, s.len - n);
		if (s.len == 0)
			break;
		/* C1 controls have two bytes, the second is the number. */
		n = s.ptr[0] == 0xc2 ? 2 : 1;
		escape(t, s.ptr[n - 1]);
		s = bytes_of(s.ptr + n, s.len - n);
	}
}

void
text_escaped(struct text *t, struct bytes s)
{
	size_t bad;

	while (!t->bad && !bytes_is_utf8(s, &bad)) {
		escape_well_formed(t, bytes_of(s.ptr, bad));
		text_put(t, "\\ufffd");
		s = bytes_of(s.ptr + bad + 1, s.len - bad - 1);
	}
	escape_well_formed(t, s);
}

void
text_float(struct text *t, double v)
{
	char buf[40];
	uint64_t bits, back_bits;
	double back;

	memcpy(&bits, &v, sizeof(v));
	if (isnan(v) || isinf(v)) {
		text_put(t,
		    isnan(v)    ? "NaN"
			: v < 0 ? "-Infinity"
				: "Infinity");
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		(void)snprintf(buf, sizeof(buf), "%.*g", digits, v);
		back = strtod(buf, NULL);
		memcpy(&back_bits, &back, sizeof(back));
		if (back_bits == bits)
			break;
	}
	/* Whatever the locale has for a decimal point. */
	for (char *p = buf; *p != '\0'; p++) {
		if (strchr("0123456789+-e", *p) == NULL)
			*p = '.';
	}
	text_put(t, buf);
	if (strpbrk(buf, ".e") == NULL)
		text_put(t, ".0");
}

struct bytes
text_prefix(struct bytes s, size_t max)
{
	if (max == 0 || s.len <= max)
		return s;
	s.len = max;
	while (s.len > 0 && (s.ptr[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}
