/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mdoc/codec/value.h"

struct frame {
	bool map;
	uint64_t left; /* items to come; a pair counts as two */
	bool started;
};

struct value_writer {
	struct blob *out;
	enum value_style style;
	size_t max_string;
	bool ok;
	size_t depth;
	struct frame stack[CBOR_MAX_DEPTH];
};

static void
put(struct value_writer *w, const char *s)
{
	w->ok = w->ok && blob_append(w->out, s, strlen(s));
}

/* JSON string content (RFC 8259 7); also keeps a terminal safe: C0, DEL and
 * the C1 controls are escaped. */
static void
put_escaped(struct value_writer *w, struct bytes s)
{
	char u[8];

	for (size_t i = 0; i < s.len && w->ok; i++) {
		uint8_t c = s.ptr[i];
		bool c1 = c == 0xc2 && i + 1 < s.len && s.ptr[i + 1] < 0xa0;

		if (c == '"' || c == '\\') {
			snprintf(u, sizeof u, "\\%c", c);
			put(w, u);
		} else if (c < 0x20 || c == 0x7f || c1) {
			snprintf(u, sizeof u, "\\u%04x",
			    (unsigned)(c1 ? s.ptr[++i] : c));
			put(w, u);
		} else {
			w->ok = blob_append_u8(w->out, c);
		}
	}
}

/* The longest prefix of at most max bytes that does not cut a character. */
static struct bytes
shorten(struct bytes s, size_t max)
{
	if (max == 0 || s.len <= max)
		return s;
	s.len = max;
	while (s.len > 0 && (s.ptr[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

static void
put_tstr(struct value_writer *w, struct bytes s)
{
	bool quoted = w->style == VALUE_JSON || w->depth > 0;
	struct bytes shown =
	    w->style == VALUE_JSON ? s : shorten(s, w->max_string);

	if (quoted)
		put(w, "\"");
	put_escaped(w, shown);
	if (shown.len < s.len)
		put(w, "...");
	if (quoted)
		put(w, "\"");
}

static const char *
image_kind(struct bytes s)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff };
	static const uint8_t jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };
	static const uint8_t j2k[] = { 0xff, 0x4f, 0xff, 0x51 };

	if (s.len > sizeof jpeg && !memcmp(s.ptr, jpeg, sizeof jpeg))
		return ", JPEG";
	if ((s.len > sizeof jp2 && !memcmp(s.ptr, jp2, sizeof jp2)) ||
	    (s.len > sizeof j2k && !memcmp(s.ptr, j2k, sizeof j2k)))
		return ", JPEG 2000";
	return "";
}

static void
put_bstr(struct value_writer *w, struct bytes s)
{
	bool json = w->style == VALUE_JSON;
	char text[64];
	char *coded;

	if (!json && w->max_string != 0 && 2 * s.len > w->max_string) {
		snprintf(text, sizeof text, "<%zu bytes%s>", s.len,
		    image_kind(s));
		put(w, text);
		return;
	}
	coded = malloc(2 * s.len + 4);
	if (coded == NULL) {
		w->ok = false;
		return;
	}
	if (json)
		bytes_to_base64url(s, coded);
	else
		bytes_to_hex(s, coded);
	put(w, json ? "\"" : "h'");
	put(w, coded);
	put(w, json ? "\"" : "'");
	free(coded);
}

static void
put_number(struct value_writer *w, const struct cbor_item *i)
{
	char text[48];

	if (i->kind == CBOR_KIND_UINT)
		snprintf(text, sizeof text, "%llu",
		    (unsigned long long)i->value);
	else if (i->kind == CBOR_KIND_FLOAT)
		snprintf(text, sizeof text, "%.17g", i->number);
	else if (i->value == UINT64_MAX)
		snprintf(text, sizeof text, "-18446744073709551616");
	else
		snprintf(text, sizeof text, "-%llu",
		    (unsigned long long)i->value + 1);
	put(w, text);
}

static void
put_scalar(struct value_writer *w, const struct cbor_item *i)
{
	switch (i->kind) {
	case CBOR_KIND_TSTR:
		put_tstr(w, i->str);
		break;
	case CBOR_KIND_BSTR:
		put_bstr(w, i->str);
		break;
	case CBOR_KIND_BOOL:
		put(w, i->value ? "true" : "false");
		break;
	case CBOR_KIND_FLOAT:
		if (w->style == VALUE_JSON && !isfinite(i->number)) {
			put(w, "null"); /* JSON has no such number */
			break;
		}
		put_number(w, i);
		break;
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
		put_number(w, i);
		break;
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_TAG:
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_SIMPLE:
	case CBOR_KIND_BREAK:
	default:
		put(w, "null");
		break;
	}
}

/* What stands between the last item and this one. *ret_key: it is a key. */
static void
separate(struct value_writer *w, bool *ret_key)
{
	struct frame *f = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;

	*ret_key = f != NULL && f->map && f->left % 2 == 0;
	if (f == NULL)
		return;
	if (f->map && f->left % 2 == 1)
		put(w, ": ");
	else if (f->started)
		put(w, ", ");
	f->started = true;
	f->left--;
}

static void
close_finished(struct value_writer *w)
{
	while (w->depth > 0 && w->stack[w->depth - 1].left == 0) {
		w->depth--;
		put(w, w->stack[w->depth].map ? "}" : "]");
	}
}

/* JSON has text keys only. */
static void
put_key(struct value_writer *w, const struct cbor_item *i)
{
	bool text = i->kind == CBOR_KIND_TSTR || i->kind == CBOR_KIND_BSTR;

	if (!text)
		put(w, "\"");
	put_scalar(w, i);
	if (!text)
		put(w, "\"");
}

bool
value_write(struct cbor_reader *r, enum value_style style, size_t max_string,
    struct blob *out)
{
	struct value_writer w = {
		.out = out, .style = style, .max_string = max_string, .ok = true
	};
	struct cbor_item i;
	bool key;

	do {
		/* Tags say how to read what follows; the text shows that. */
		do {
			if (!cbor_next(r, &i))
				return false;
		} while (i.kind == CBOR_KIND_TAG);
		separate(&w, &key);
		if (i.kind == CBOR_KIND_ARRAY || i.kind == CBOR_KIND_MAP) {
			bool map = i.kind == CBOR_KIND_MAP;

			if (key || w.depth == CBOR_MAX_DEPTH)
				return cbor_fail(r,
				    key ? CBOR_E_TYPE : CBOR_E_DEPTH, i.offset,
				    "map key");
			put(&w, map ? "{" : "[");
			w.stack[w.depth++] = (struct frame){ map,
				map ? 2 * i.value : i.value, false };
		} else if (key) {
			put_key(&w, &i);
		} else {
			put_scalar(&w, &i);
		}
		close_finished(&w);
	} while (w.ok && w.depth > 0);
	return w.ok;
}
