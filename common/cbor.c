/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader: one head at a time through libcbor's streaming decoder, which
 * neither allocates nor recurses. (cbor_load would: eight bytes make it ask
 * for 50 GB.)
 */
#include "config.h"

/* A structure of libcbor's, not used here, has the name of an enum of ours. */
#define cbor_error libcbor_error
#include <cbor/streaming.h>
#undef cbor_error

#include "common/cbor-map.h"
#include "common/cbor-short.h"
#include "common/cbor.h"

static const char *const error_names[] = {
	[CBOR_OK] = "no error",
	[CBOR_E_TRUNCATED] = "truncated",
	[CBOR_E_MALFORMED] = "malformed",
	[CBOR_E_INDEFINITE] = "indefinite length",
	[CBOR_E_DEPTH] = "nested too deeply",
	[CBOR_E_ITEMS] = "too many items",
	[CBOR_E_SIZE] = "too long",
	[CBOR_E_DUPLICATE] = "duplicate map key",
	[CBOR_E_TRAILING] = "trailing bytes",
	[CBOR_E_TYPE] = "wrong type",
	[CBOR_E_RANGE] = "out of range",
	[CBOR_E_UTF8] = "text string is not UTF-8",
	[CBOR_E_MISSING] = "missing",
	[CBOR_E_MEMORY] = "out of memory",
};

const char *
cbor_error_name(enum cbor_error e)
{
	return (size_t)e < nitems(error_names) ? error_names[e] : "unknown";
}

static const char *const kind_names[] = {
	[CBOR_KIND_UINT] = "unsigned integer",
	[CBOR_KIND_NINT] = "negative integer",
	[CBOR_KIND_BSTR] = "byte string",
	[CBOR_KIND_TSTR] = "text string",
	[CBOR_KIND_ARRAY] = "array",
	[CBOR_KIND_MAP] = "map",
	[CBOR_KIND_TAG] = "tag",
	[CBOR_KIND_BOOL] = "boolean",
	[CBOR_KIND_NULL] = "null",
	[CBOR_KIND_UNDEFINED] = "undefined",
	[CBOR_KIND_SIMPLE] = "simple value",
	[CBOR_KIND_FLOAT] = "floating-point number",
	[CBOR_KIND_BREAK] = "break",
};

const char *
cbor_kind_name(enum cbor_kind k)
{
	return (size_t)k < nitems(kind_names) ? kind_names[k] : "unknown";
}

/* What libcbor calls; the context is the item to fill in. */

#define ON_VALUE(name, type, the_kind)               \
	static void on_##name(void *context, type v) \
	{                                            \
		struct cbor_item *item = context;    \
                                                     \
		item->kind = the_kind;               \
		item->value = v;                     \
	}

#define ON_FLOAT(name, type)                         \
	static void on_##name(void *context, type v) \
	{                                            \
		struct cbor_item *item = context;    \
                                                     \
		item->kind = CBOR_KIND_FLOAT;        \
		item->number = (double)v;            \
	}

#define ON_STRING(name, the_kind)                                     \
	static void on_##name(void *context, cbor_data p, size_t len) \
	{                                                             \
		struct cbor_item *item = context;                     \
                                                                      \
		item->kind = the_kind;                                \
		item->value = len;                                    \
		item->str = bytes_of(p, len);                         \
	}

#define ON_PLAIN(name, the_kind, is_indefinite)   \
	static void on_##name(void *context)      \
	{                                         \
		struct cbor_item *item = context; \
                                                  \
		item->kind = the_kind;            \
		item->indefinite = is_indefinite; \
	}

ON_VALUE(uint8, uint8_t, CBOR_KIND_UINT)
ON_VALUE(uint16, uint16_t, CBOR_KIND_UINT)
ON_VALUE(uint32, uint32_t, CBOR_KIND_UINT)
ON_VALUE(uint64, uint64_t, CBOR_KIND_UINT)
ON_VALUE(nint8, uint8_t, CBOR_KIND_NINT)
ON_VALUE(nint16, uint16_t, CBOR_KIND_NINT)
ON_VALUE(nint32, uint32_t, CBOR_KIND_NINT)
ON_VALUE(nint64, uint64_t, CBOR_KIND_NINT)
ON_STRING(bstr, CBOR_KIND_BSTR)
ON_STRING(tstr, CBOR_KIND_TSTR)
ON_PLAIN(bstr_start, CBOR_KIND_BSTR, true)
ON_PLAIN(tstr_start, CBOR_KIND_TSTR, true)
ON_VALUE(array, size_t, CBOR_KIND_ARRAY)
ON_VALUE(map, size_t, CBOR_KIND_MAP)
ON_PLAIN(array_start, CBOR_KIND_ARRAY, true)
ON_PLAIN(map_start, CBOR_KIND_MAP, true)
ON_VALUE(tag, uint64_t, CBOR_KIND_TAG)
ON_FLOAT(half, float)
ON_FLOAT(single, float)
ON_FLOAT(double, double)
ON_VALUE(bool, bool, CBOR_KIND_BOOL)
ON_PLAIN(null, CBOR_KIND_NULL, false)
ON_PLAIN(undefined, CBOR_KIND_UNDEFINED, false)
ON_PLAIN(break, CBOR_KIND_BREAK, false)

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_nint8,
	.negint16 = on_nint16,
	.negint32 = on_nint32,
	.negint64 = on_nint64,
	.byte_string = on_bstr,
	.byte_string_start = on_bstr_start,
	.string = on_tstr,
	.string_start = on_tstr_start,
	.array_start = on_array,
	.indef_array_start = on_array_start,
	.map_start = on_map,
	.indef_map_start = on_map_start,
	.tag = on_tag,
	.float2 = on_half,
	.float4 = on_single,
	.float8 = on_double,
	.boolean = on_bool,
	.null = on_null,
	.undefined = on_undefined,
	.indef_break = on_break,
};

/*
 * What libcbor 0.8 takes for an error though it is well-formed: tags 6 to 20
 * (COSE uses 16 to 18) and simple values without a name. Returns the bytes
 * read, or 0 if the head is none of these.
 */
static size_t
decode_unassigned(const uint8_t *p, size_t left, struct cbor_item *item)
{
	if (p[0] >= 0xc6 && p[0] <= 0xd4) {
		item->kind = CBOR_KIND_TAG;
		item->value = p[0] & 0x1f;
		return 1;
	}
	if (p[0] >= 0xe0 && p[0] <= 0xf3) {
		item->kind = CBOR_KIND_SIMPLE;
		item->value = p[0] & 0x1f;
		return 1;
	}
	/* Below 32 there is one form only, the short one (RFC 8949 3.3). */
	if (p[0] == 0xf8 && left >= 2 && p[1] >= 32) {
		item->kind = CBOR_KIND_SIMPLE;
		item->value = p[1];
		return 2;
	}
	return 0;
}

/* libcbor hands counts over as size_t: a greater one would be cut. */
static bool
decode_overflows(const uint8_t *p, size_t left)
{
	return sizeof(size_t) < sizeof(uint64_t) && left >= 5 &&
	    (p[0] & 0x1f) == 27 && p[0] >> 5 >= 2 && p[0] >> 5 <= 5 &&
	    (p[1] | p[2] | p[3] | p[4]) != 0;
}

static bool
head_is_preferred(const uint8_t *p, const struct cbor_item *item)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	const unsigned info = p[0] & 0x1f;
	uint8_t shortest[9];

	if (item->kind == CBOR_KIND_FLOAT)
		return cbor_float_head(item->number, shortest) ==
		    item->head_len &&
		    memcmp(shortest, p, item->head_len) == 0;
	if (info < 24 || info > 27 || item->kind == CBOR_KIND_SIMPLE)
		return !item->indefinite;
	return item->value >= least[info - 24];
}

/* The item at r->ptr; nothing of it is checked but its form. */
static enum cbor_error
item_decode(const struct cbor_reader *r, struct cbor_item *item)
{
	const uint8_t *p = r->ptr;
	const size_t left = (size_t)(r->end - p);
	struct cbor_decoder_result result;

	item->indefinite = false;
	item->value = 0;
	item->number = 0;
	item->str = BYTES_NULL;
	item->offset = (size_t)(p - r->base);
	if (left == 0)
		return CBOR_E_TRUNCATED;
	if (decode_overflows(p, left))
		return p[0] >> 5 < 4 ? CBOR_E_TRUNCATED : CBOR_E_ITEMS;
	item->head_len = decode_unassigned(p, left, item);
	if (item->head_len == 0) {
		result = cbor_stream_decode(p, left, &callbacks, item);
		if (result.status == CBOR_DECODER_NEDATA)
			return CBOR_E_TRUNCATED;
		if (result.status != CBOR_DECODER_FINISHED)
			return p[0] == 0xf8 && left < 2 ? CBOR_E_TRUNCATED
							: CBOR_E_MALFORMED;
		item->head_len = result.read - item->str.len;
	}
	item->preferred = head_is_preferred(p, item);
	return CBOR_OK;
}

/* Each element takes a byte at least, each pair two. */
static bool
count_fits(const struct cbor_reader *r, const struct cbor_item *item)
{
	size_t left = (size_t)(r->end - r->ptr) - item->head_len;

	if (left > r->items_left - 1)
		left = r->items_left - 1;
	return item->value <= (item->kind == CBOR_KIND_MAP ? left / 2 : left);
}

/* What a head alone can say against its item. */
static enum cbor_error
item_check(const struct cbor_reader *r, const struct cbor_item *item)
{
	if (r->items_left == 0)
		return CBOR_E_ITEMS;
	if (!r->lenient) {
		if (item->indefinite)
			return CBOR_E_INDEFINITE;
		if (item->kind == CBOR_KIND_BREAK)
			return CBOR_E_MALFORMED;
	}
	if (item->kind == CBOR_KIND_ARRAY || item->kind == CBOR_KIND_MAP)
		return count_fits(r, item) ? CBOR_OK : CBOR_E_ITEMS;
	return CBOR_OK;
}

/*
 * Straight into *ret: a copy of what the callbacks have just stored piece by
 * piece would have to wait for them, twice as long as the decoding takes.
 */
static bool
item_read(struct cbor_reader *r, struct cbor_item *ret)
{
	enum cbor_error e;
	size_t bad;

	if (r->error != CBOR_OK)
		return false;
	e = item_decode(r, ret);
	if (e == CBOR_OK)
		e = item_check(r, ret);
	if (e != CBOR_OK)
		return cbor_fail(r, e, cbor_offset(r), NULL);
	if (ret->kind == CBOR_KIND_TSTR && !r->trusted &&
	    !bytes_is_utf8(ret->str, &bad))
		return cbor_fail(r, CBOR_E_UTF8,
		    ret->offset + ret->head_len + bad, NULL);
	return true;
}

static void
item_consume(struct cbor_reader *r, const struct cbor_item *item)
{
	r->ptr += item->head_len + item->str.len;
	r->items_left--;
}

void
cbor_reader_init(struct cbor_reader *r, struct bytes in)
{
	/* Never NULL, so that spans and offsets can be computed. */
	static const uint8_t nothing[1];

	*r = (struct cbor_reader){ 0 };
	r->base = in.ptr != NULL ? in.ptr : nothing;
	r->ptr = r->base;
	r->end = r->base + in.len;
	r->items_left = CBOR_MAX_ITEMS;
	r->rescan_left = CBOR_MAX_RESCAN;
	if (in.len > CBOR_MAX_SIZE)
		cbor_fail(r, CBOR_E_SIZE, CBOR_MAX_SIZE, NULL);
}

void
cbor_reader_nested(struct cbor_reader *r, const struct cbor_reader *parent,
    struct bytes in)
{
	r->base = parent->base;
	r->ptr = in.ptr != NULL ? in.ptr : parent->ptr;
	r->end = in.ptr != NULL ? in.ptr + in.len : parent->ptr;
	r->items_left = parent->items_left;
	r->rescan_left = parent->rescan_left;
	r->depth = parent->depth + 1;
	r->lenient = parent->lenient;
	r->trusted = parent->trusted;
	r->error = parent->error;
	r->error_offset = parent->error_offset;
	r->error_what = parent->error_what;
	if (r->depth > CBOR_MAX_DEPTH)
		cbor_fail(r, CBOR_E_DEPTH, cbor_offset(r), NULL);
}

bool
cbor_reader_leave(struct cbor_reader *parent, const struct cbor_reader *r)
{
	parent->items_left = r->items_left;
	parent->rescan_left = r->rescan_left;
	if (r->error == CBOR_OK)
		return parent->error == CBOR_OK;
	return cbor_fail(parent, r->error, r->error_offset, r->error_what);
}

bool
cbor_fail(struct cbor_reader *r, enum cbor_error e, size_t offset,
    const char *what)
{
	if (r->error == CBOR_OK) {
		r->error = e;
		r->error_offset = offset;
		r->error_what = what;
		r->items_left = 0;
	}
	return false;
}

bool
cbor_expect(struct cbor_reader *r, const char *what)
{
	if (r->error == CBOR_OK)
		return true;
	if (r->error_what == NULL)
		r->error_what = what;
	return false;
}

bool
cbor_peek(struct cbor_reader *r, struct cbor_item *ret)
{
	return item_read(r, ret);
}

/*
 * Nearly all heads in what mdocs exchange are integers, definite lengths or
 * tags of up to three bytes. Those are read here, in a third of the time that a
 * call of libcbor with its callbacks takes. For whatever else there is, and for
 * anything wrong: false, and libcbor has the word. tests/fuzz/fuzz-cbor.c
 * proves that the two never differ.
 */
static inline bool
short_item_next(struct cbor_reader *r, struct cbor_item *ret)
{
	const uint8_t *p = r->ptr;
	size_t left = (size_t)(r->end - p), arg, head_len = 1, len = 0;
	bool preferred = true;
	enum cbor_kind kind;

	/* No items are left after an error. */
	if (left == 0 || r->items_left == 0)
		return false;
	arg = p[0] & 0x1f;
	kind = (enum cbor_kind)(p[0] >> 5);
	if (arg >= 24) {
		if (arg == 24 && left >= 2) {
			arg = p[1];
			head_len = 2;
			preferred = arg >= 24;
		} else if (arg == 25 && left >= 3) {
			arg = (size_t)p[1] << 8 | p[2];
			head_len = 3;
			preferred = arg >= 0x100;
		} else {
			return false;
		}
	}
	left -= head_len;
	ret->str = BYTES_NULL;
	if (kind == CBOR_KIND_BSTR || kind == CBOR_KIND_TSTR) {
		len = arg;
		if (len > left)
			return false;
		ret->str = bytes_of(p + head_len, len);
		if (kind == CBOR_KIND_TSTR && !r->trusted &&
		    !cbor_short_is_plain(ret->str))
			return false;
	} else if (kind == CBOR_KIND_ARRAY || kind == CBOR_KIND_MAP) {
		if (arg << (kind == CBOR_KIND_MAP) > left ||
		    arg << (kind == CBOR_KIND_MAP) >= r->items_left)
			return false;
	} else if (kind > CBOR_KIND_TAG) {
		return false;
	}
	ret->kind = kind;
	ret->indefinite = false;
	ret->preferred = preferred;
	ret->value = arg;
	ret->number = 0;
	ret->offset = (size_t)(p - r->base);
	ret->head_len = head_len;
	r->ptr = p + head_len + len;
	r->items_left--;
	return true;
}

static bool __attribute__((noinline))
any_item_next(struct cbor_reader *r, struct cbor_item *ret)
{
	if (!item_read(r, ret))
		return false;
	item_consume(r, ret);
	return true;
}

bool
cbor_next(struct cbor_reader *r, struct cbor_item *ret)
{
	return short_item_next(r, ret) || any_item_next(r, ret);
}

bool
cbor_finish(struct cbor_reader *r)
{
	if (r->error == CBOR_OK && !cbor_at_end(r))
		return cbor_fail(r, CBOR_E_TRAILING, cbor_offset(r), NULL);
	return r->error == CBOR_OK;
}

/* The next item, of this kind and of definite length. */
static bool
item_of_kind(struct cbor_reader *r, enum cbor_kind kind, struct cbor_item *ret)
{
	if (!cbor_next(r, ret))
		return false;
	if (ret->kind != kind)
		return cbor_fail(r, CBOR_E_TYPE, ret->offset, NULL);
	if (ret->indefinite)
		return cbor_fail(r, CBOR_E_INDEFINITE, ret->offset, NULL);
	return true;
}

bool
cbor_get_uint(struct cbor_reader *r, uint64_t *ret)
{
	struct bytes rest = cbor_short_begin(r);
	struct cbor_item item UNINITIALIZED;

	if (r->items_left > 0 && cbor_short_uint(&rest, ret)) {
		cbor_short_end(r, rest, 1);
		return true;
	}
	if (!item_of_kind(r, CBOR_KIND_UINT, &item))
		return false;
	*ret = item.value;
	return true;
}

bool
cbor_key_int(const struct cbor_item *key, int64_t *ret)
{
	if (key->kind != CBOR_KIND_UINT && key->kind != CBOR_KIND_NINT)
		return false;
	if (key->value > INT64_MAX)
		return false;
	*ret = key->kind == CBOR_KIND_UINT ? (int64_t)key->value
					   : -1 - (int64_t)key->value;
	return true;
}

bool
cbor_get_int(struct cbor_reader *r, int64_t *ret)
{
	struct cbor_item item;

	if (!cbor_next(r, &item))
		return false;
	if (item.kind != CBOR_KIND_UINT && item.kind != CBOR_KIND_NINT)
		return cbor_fail(r, CBOR_E_TYPE, item.offset, NULL);
	if (!cbor_key_int(&item, ret))
		return cbor_fail(r, CBOR_E_RANGE, item.offset, NULL);
	return true;
}

/*
 * What was consumed last. The same as item.str, but two words that were stored
 * one by one cannot be loaded as one without waiting for them.
 */
static struct bytes
consumed(const struct cbor_reader *r, size_t len)
{
	return bytes_of(r->ptr - len, len);
}

bool
cbor_get_bstr(struct cbor_reader *r, struct bytes *ret)
{
	struct bytes rest = cbor_short_begin(r);
	struct cbor_item item UNINITIALIZED;

	if (r->items_left > 0 && cbor_short_bstr(&rest, ret)) {
		cbor_short_end(r, rest, 1);
		return true;
	}
	if (!item_of_kind(r, CBOR_KIND_BSTR, &item))
		return false;
	*ret = consumed(r, item.str.len);
	return true;
}

bool
cbor_get_tstr(struct cbor_reader *r, struct bytes *ret)
{
	struct bytes rest = cbor_short_begin(r);
	struct cbor_item item UNINITIALIZED;

	if (r->items_left > 0 && cbor_short_tstr(&rest, ret)) {
		cbor_short_end(r, rest, 1);
		return true;
	}
	if (!item_of_kind(r, CBOR_KIND_TSTR, &item))
		return false;
	*ret = consumed(r, item.str.len);
	return true;
}

bool
cbor_get_bool(struct cbor_reader *r, bool *ret)
{
	struct cbor_item item;

	if (!item_of_kind(r, CBOR_KIND_BOOL, &item))
		return false;
	*ret = item.value != 0;
	return true;
}

bool
cbor_get_null(struct cbor_reader *r)
{
	struct cbor_item item;

	return item_of_kind(r, CBOR_KIND_NULL, &item);
}

bool
cbor_get_tag(struct cbor_reader *r, uint64_t *ret)
{
	struct cbor_item item;

	if (!item_of_kind(r, CBOR_KIND_TAG, &item))
		return false;
	*ret = item.value;
	return true;
}

bool
cbor_get_tag24(struct cbor_reader *r, struct bytes *ret_content,
    struct bytes *ret_whole)
{
	const uint8_t *start = r->ptr;
	struct bytes rest = cbor_short_begin(r), content;
	struct cbor_item item UNINITIALIZED;

	if (r->items_left > 1 && cbor_short_tag24(&rest, &content)) {
		cbor_short_end(r, rest, 2);
	} else {
		if (!item_of_kind(r, CBOR_KIND_TAG, &item))
			return false;
		if (item.value != 24)
			return cbor_fail(r, CBOR_E_TYPE, item.offset, NULL);
		if (!item_of_kind(r, CBOR_KIND_BSTR, &item))
			return false;
		content = consumed(r, item.str.len);
	}
	if (ret_content != NULL)
		*ret_content = content;
	if (ret_whole != NULL)
		*ret_whole = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

bool
cbor_enter(struct cbor_reader *r, enum cbor_kind kind, struct cbor_item *ret)
{
	if (!item_of_kind(r, kind, ret))
		return false;
	if (r->depth >= CBOR_MAX_DEPTH)
		return cbor_fail(r, CBOR_E_DEPTH, ret->offset, NULL);
	r->depth++;
	return true;
}

bool
cbor_enter_array(struct cbor_reader *r, uint64_t *ret_count)
{
	struct cbor_item item;

	if (!cbor_enter(r, CBOR_KIND_ARRAY, &item))
		return false;
	*ret_count = item.value;
	return true;
}

bool
cbor_enter_array_of(struct cbor_reader *r, uint64_t n)
{
	struct cbor_item item;

	if (!cbor_enter(r, CBOR_KIND_ARRAY, &item))
		return false;
	if (item.value != n)
		return cbor_fail(r, CBOR_E_RANGE, item.offset, NULL);
	return true;
}

void
cbor_leave(struct cbor_reader *r)
{
	if (r->depth > 0)
		r->depth--;
}

enum cbor_error
cbor_check(struct bytes in, size_t *ret_offset)
{
	struct cbor_reader r;

	cbor_reader_init(&r, in);
	if (cbor_skip(&r, NULL) && cbor_finish(&r))
		return CBOR_OK;
	if (ret_offset != NULL)
		*ret_offset = r.error_offset;
	return r.error;
}
