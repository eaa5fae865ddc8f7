/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cbor.h"
#include "tests/support/diag.h"

#define DEPTH_MAX 64

struct parser {
	const char *start;
	const char *p;
	unsigned depth;
	size_t mark; /* in the blob that is written to; SIZE_MAX: none */
};

static bool item_parse(struct parser *d, struct blob *out);

static void
skip_space(struct parser *d)
{
	const char *end;

	for (;;) {
		d->p += strspn(d->p, " \t\r\n");
		end = *d->p == '/' ? strchr(d->p + 1, '/') : NULL;
		if (end == NULL)
			return;
		d->p = end + 1;
	}
}

static bool
accept(struct parser *d, const char *token)
{
	skip_space(d);
	if (strncmp(d->p, token, strlen(token)) != 0)
		return false;
	d->p += strlen(token);
	return true;
}

/* A head; the form is the least or what "_0" to "_3" in the text asks for. */
static bool
head_put(struct parser *d, struct blob *out, unsigned major, uint64_t n)
{
	static const unsigned lens[] = { 1, 2, 4, 8 };
	unsigned info = n < 24 ? (unsigned)n
	    : n <= 0xff        ? 24
	    : n <= 0xffff      ? 25
	    : n <= 0xffffffff  ? 26
			       : 27;

	if (d->p[0] == '_' && d->p[1] >= '0' && d->p[1] <= '3') {
		info = 24 + (unsigned)(d->p[1] - '0');
		d->p += 2;
	}
	if (!blob_append_u8(out, (uint8_t)(major << 5 | info)))
		return false;
	if (info < 24)
		return true;
	for (unsigned i = lens[info - 24]; i-- > 0;) {
		if (!blob_append_u8(out, (uint8_t)(n >> 8 * i)))
			return false;
	}
	return true;
}

static bool
string_put(struct parser *d, struct blob *out, unsigned major,
    const struct blob *s)
{
	return head_put(d, out, major, s->len) &&
	    blob_append_bytes(out, blob_bytes(s));
}

/* One character, or an escape of JSON. */
static bool
char_parse(struct parser *d, struct blob *s)
{
	static const char escapes[] = "n\nt\tr\rb\bf\f";
	const char *escape;
	unsigned code;
	char c = *d->p++;

	if (c != '\\')
		return blob_append_u8(s, (uint8_t)c);
	c = *d->p;
	if (c == '\0')
		return false;
	d->p++;
	if (c == 'u') {
		if (sscanf(d->p, "%4x", &code) != 1)
			return false;
		d->p += 4;
		if (code < 0x80)
			return blob_append_u8(s, (uint8_t)code);
		if (code < 0x800)
			return blob_append_u8(s, (uint8_t)(0xc0 | code >> 6)) &&
			    blob_append_u8(s, (uint8_t)(0x80 | (code & 0x3f)));
		return blob_append_u8(s, (uint8_t)(0xe0 | code >> 12)) &&
		    blob_append_u8(s, (uint8_t)(0x80 | (code >> 6 & 0x3f))) &&
		    blob_append_u8(s, (uint8_t)(0x80 | (code & 0x3f)));
	}
	escape = strchr(escapes, c);
	return blob_append_u8(s, (uint8_t)(escape != NULL ? escape[1] : c));
}

/* Up to the closing quote. */
static bool
text_parse(struct parser *d, struct blob *out)
{
	struct blob s = BLOB_INIT;
	bool good = true;

	while (good && *d->p != '"' && *d->p != '\0')
		good = char_parse(d, &s);
	good = good && *d->p == '"';
	d->p += good;
	good = good && string_put(d, out, 3, &s);
	blob_reset(&s);
	return good;
}

/* 1.5_2 and 1.5_3: single and double precision */
static bool
float_put(struct parser *d, struct blob *out, double v)
{
	const float f = (float)v;
	uint64_t bits = 0;
	uint32_t single;

	if (d->p[1] == '2') {
		memcpy(&single, &f, sizeof(single));
		bits = single;
	} else if (d->p[1] == '3') {
		memcpy(&bits, &v, sizeof(bits));
	} else {
		return false;
	}
	return head_put(d, out, 7, bits);
}

static bool
hex_parse(struct parser *d, struct blob *out)
{
	const char *end = strchr(d->p, '\'');
	struct blob s = BLOB_INIT;
	bool good = false;
	size_t n;

	if (end != NULL && blob_append(&s, d->p, (size_t)(end - d->p) + 1) &&
	    bytes_from_hex(bytes_of(s.ptr, s.len - 1), s.ptr, &n)) {
		blob_truncate(&s, n);
		d->p = end + 1;
		good = string_put(d, out, 2, &s);
	}
	blob_reset(&s);
	return good;
}

static bool
number_parse(struct parser *d, struct blob *out)
{
	struct cbor_writer w;
	char *end;
	bool negative = *d->p == '-';
	double number;
	uint64_t n;

	errno = 0;
	n = strtoull(d->p + negative, &end, 10);
	if (end == d->p + negative)
		return false;
	if (*end == '.' || *end == 'e' || *end == 'E') {
		number = strtod(d->p, &end);
		d->p = end;
		if (*end == '_')
			return float_put(d, out, number);
		cbor_writer_init(&w, out);
		cbor_put_double(&w, number);
		return w.error == CBOR_OK;
	}
	/* -2^64, whose value without the sign does not fit, is -1 - n. */
	n = negative && errno == ERANGE ? UINT64_MAX : n - negative;
	d->p = end;
	if (*end == '_' && end[1] != '\0')
		end += 2;
	if (negative || *end != '(')
		return head_put(d, out, negative, n);
	return head_put(d, out, 6, n) && accept(d, "(") && item_parse(d, out) &&
	    accept(d, ")");
}

/* Items up to the closing token; their number. map: pairs. */
static bool
list_parse(struct parser *d, struct blob *out, const char *close, bool map,
    uint64_t *ret_count)
{
	uint64_t n = 0;

	if (accept(d, close)) {
		*ret_count = 0;
		return true;
	}
	do {
		if (!item_parse(d, out) ||
		    (map && (!accept(d, ":") || !item_parse(d, out))))
			return false;
		n++;
	} while (accept(d, ","));
	*ret_count = n;
	return accept(d, close);
}

/* major: of the head, unless the content is all there is to it (<< >>) */
static bool
container_parse(struct parser *d, struct blob *out, unsigned major,
    const char *close)
{
	struct blob content = BLOB_INIT;
	bool indefinite = major != 2 && *d->p == '_' && d->p[1] == ' ', good;
	struct parser indicator = *d;
	const size_t mark = d->mark;
	uint64_t n;

	if (indefinite)
		d->p++;
	else if (*d->p == '_')
		d->p += 2;
	good = list_parse(d, &content, close, major == 5, &n);
	if (indefinite)
		good = good && blob_append_u8(out, (uint8_t)(major << 5 | 31));
	else
		good = good &&
		    head_put(major == 2 ? d : &indicator, out, major,
			major == 2 ? content.len : n);
	if (d->mark != mark)
		d->mark += out->len;
	good = good && blob_append_bytes(out, blob_bytes(&content)) &&
	    (!indefinite || blob_append_u8(out, 0xff));
	blob_reset(&content);
	return good;
}

/* (_ h'00', h'01'), of the kind of its first chunk */
static bool
chunks_parse(struct parser *d, struct blob *out)
{
	struct blob content = BLOB_INIT;
	uint64_t n;
	bool good = list_parse(d, &content, ")", false, &n) && n > 0;

	good = good &&
	    blob_append_u8(out, (uint8_t)((content.ptr[0] & 0xe0) | 31)) &&
	    blob_append_bytes(out, blob_bytes(&content)) &&
	    blob_append_u8(out, 0xff);
	blob_reset(&content);
	return good;
}

static bool
simple_parse(struct parser *d, struct blob *out)
{
	unsigned n;

	if (sscanf(d->p, "%u", &n) != 1 || n > 255)
		return false;
	d->p += strspn(d->p, "0123456789");
	if (!accept(d, ")"))
		return false;
	return (n < 24 || blob_append_u8(out, 0xf8)) &&
	    blob_append_u8(out, (uint8_t)(n < 24 ? 0xe0 | n : n));
}

static bool
word_parse(struct parser *d, struct blob *out)
{
	static const struct {
		const char *word;
		uint8_t len;
		uint8_t bytes[3];
	} words[] = {
		{ "''_", 2, { 0x5f, 0xff } },
		{ "\"\"_", 2, { 0x7f, 0xff } },
		{ "false", 1, { 0xf4 } },
		{ "true", 1, { 0xf5 } },
		{ "null", 1, { 0xf6 } },
		{ "undefined", 1, { 0xf7 } },
		{ "NaN", 3, { 0xf9, 0x7e, 0 } },
		{ "Infinity", 3, { 0xf9, 0x7c, 0 } },
		{ "-Infinity", 3, { 0xf9, 0xfc, 0 } },
	};

	for (size_t i = 0; i < nitems(words); i++) {
		if (!accept(d, words[i].word))
			continue;
		/* NaN_3, Infinity_2 */
		if (*d->p == '_' && words[i].bytes[0] == 0xf9)
			return float_put(d, out, strtod(words[i].word, NULL));
		return blob_append(out, words[i].bytes, words[i].len);
	}
	return number_parse(d, out);
}

/* ""_ has no chunks, ""_0 has a head that is too long. */
static bool
is_empty_text(const struct parser *d)
{
	return strncmp(d->p, "\"\"_", 3) == 0 &&
	    (d->p[3] < '0' || d->p[3] > '3');
}

static bool
item_parse(struct parser *d, struct blob *out)
{
	bool good;

	if (++d->depth > DEPTH_MAX)
		return false;
	if (accept(d, "@"))
		d->mark = out->len;
	if (accept(d, "h'"))
		good = hex_parse(d, out);
	else if (!is_empty_text(d) && accept(d, "\""))
		good = text_parse(d, out);
	else if (accept(d, "<<"))
		good = container_parse(d, out, 2, ">>");
	else if (accept(d, "["))
		good = container_parse(d, out, 4, "]");
	else if (accept(d, "{"))
		good = container_parse(d, out, 5, "}");
	else if (accept(d, "(_"))
		good = chunks_parse(d, out);
	else if (accept(d, "simple("))
		good = simple_parse(d, out);
	else
		good = word_parse(d, out);
	d->depth--;
	return good;
}

static bool
encode(const char *text, struct blob *ret, size_t *ret_bad, size_t *ret_mark)
{
	struct parser d = { text, text, 0, SIZE_MAX };
	struct blob out = BLOB_INIT;
	bool good = item_parse(&d, &out);

	skip_space(&d);
	*ret_bad = (size_t)(d.p - d.start);
	*ret_mark = d.mark;
	good = good && *d.p == '\0';
	if (good)
		blob_move(ret, &out);
	blob_reset(&out);
	return good;
}

bool
diag_encode(const char *text, struct blob *ret, size_t *ret_bad)
{
	size_t bad, mark;
	bool good = encode(text, ret, &bad, &mark);

	if (ret_bad != NULL)
		*ret_bad = bad;
	return good;
}

size_t
diag(const char *text, struct blob *ret)
{
	size_t bad, mark;

	if (!encode(text, ret, &bad, &mark)) {
		fprintf(stderr, "not diagnostic notation: %.60s\n", text + bad);
		abort();
	}
	return mark;
}
