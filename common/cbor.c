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

#include "common/cbor-keys.h"
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
	const uint8_t major = p[0] >> 5;

	return sizeof(size_t) < sizeof(uint64_t) && left >= 5 &&
	    (p[0] & 0x1f) == 27 && major >= 2 && major <= 5 &&
	    (p[1] | p[2] | p[3] | p[4]) != 0;
}

static bool
head_is_preferred(const uint8_t *p, const struct cbor_item *item)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	const unsigned info = p[0] & 0x1f;
	uint8_t shortest[9];
	uint64_t arg;

	if (item->kind == CBOR_KIND_FLOAT)
		return cbor_float_head(item->number, shortest) ==
		    item->head_len &&
		    memcmp(shortest, p, item->head_len) == 0;
	if (info < 24 || info > 27 || item->kind == CBOR_KIND_SIMPLE)
		return !item->indefinite;
	arg = item->str.ptr != NULL ? item->str.len : item->value;
	return arg >= least[info - 24];
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

static bool
item_read(struct cbor_reader *r, struct cbor_item *ret)
{
	struct cbor_item item;
	enum cbor_error e;
	size_t bad;

	if (r->error != CBOR_OK)
		return false;
	e = item_decode(r, &item);
	if (e == CBOR_OK)
		e = item_check(r, &item);
	if (e != CBOR_OK)
		return cbor_fail(r, e, item.offset, NULL);
	if (item.kind == CBOR_KIND_TSTR && !r->trusted &&
	    !bytes_is_utf8(item.str, &bad))
		return cbor_fail(r, CBOR_E_UTF8,
		    item.offset + item.head_len + bad, NULL);
	*ret = item;
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
	*r = *parent;
	if (in.ptr != NULL) {
		r->ptr = in.ptr;
		r->end = in.ptr + in.len;
	} else {
		r->end = r->ptr;
	}
	r->depth++;
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

bool
cbor_next(struct cbor_reader *r, struct cbor_item *ret)
{
	if (!item_read(r, ret))
		return false;
	item_consume(r, ret);
	return true;
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
	struct cbor_item item;

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

bool
cbor_get_bstr(struct cbor_reader *r, struct bytes *ret)
{
	struct cbor_item item;

	if (!item_of_kind(r, CBOR_KIND_BSTR, &item))
		return false;
	*ret = item.str;
	return true;
}

bool
cbor_get_tstr(struct cbor_reader *r, struct bytes *ret)
{
	struct cbor_item item;

	if (!item_of_kind(r, CBOR_KIND_TSTR, &item))
		return false;
	*ret = item.str;
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
	struct cbor_item item;

	if (!item_of_kind(r, CBOR_KIND_TAG, &item))
		return false;
	if (item.value != 24)
		return cbor_fail(r, CBOR_E_TYPE, item.offset, NULL);
	if (!item_of_kind(r, CBOR_KIND_BSTR, &item))
		return false;
	if (ret_content != NULL)
		*ret_content = item.str;
	if (ret_whole != NULL)
		*ret_whole = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static bool
container_enter(struct cbor_reader *r, enum cbor_kind kind,
    struct cbor_item *ret)
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

	if (!container_enter(r, CBOR_KIND_ARRAY, &item))
		return false;
	*ret_count = item.value;
	return true;
}

bool
cbor_enter_array_of(struct cbor_reader *r, uint64_t n)
{
	struct cbor_item item;

	if (!container_enter(r, CBOR_KIND_ARRAY, &item))
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

bool
cbor_enter_map(struct cbor_reader *r, struct cbor_map *ret)
{
	struct cbor_item item;

	if (!container_enter(r, CBOR_KIND_MAP, &item))
		return false;
	ret->count = item.value;
	ret->left = item.value;
	ret->first = r->ptr;
	ret->value = NULL;
	ret->depth = r->depth;
	ret->unsorted = false;
	ret->open = true;
	ret->order.seen = 0;
	return true;
}

static bool
map_end(struct cbor_reader *r, struct cbor_map *m)
{
	if (m->unsorted && !cbor_keys_check(r, m->first, m->count))
		return false;
	m->open = false;
	cbor_leave(r);
	return false;
}

/* Compares a key with those before it, as far as they are at hand. */
static bool
map_key_check(struct cbor_reader *r, struct cbor_map *m,
    const struct cbor_item *item)
{
	const struct cbor_key key = cbor_key_of(r, item);
	const uint64_t i = m->count - m->left;

	switch (cbor_order_add(&m->order, key)) {
	case CBOR_ORDER_ABOVE:
		break;
	case CBOR_ORDER_EQUAL:
		return cbor_fail(r, CBOR_E_DUPLICATE, item->offset, NULL);
	case CBOR_ORDER_BELOW:
		if (i >= CBOR_MAP_INLINE_KEYS)
			m->unsorted = true;
		else if (cbor_keys_find(m->keys, (size_t)i, key))
			return cbor_fail(r, CBOR_E_DUPLICATE, item->offset,
			    NULL);
		break;
	}
	if (i < CBOR_MAP_INLINE_KEYS)
		m->keys[i] = key;
	return true;
}

bool
cbor_map_next(struct cbor_reader *r, struct cbor_map *m,
    struct cbor_item *ret_key)
{
	struct cbor_item item;

	if (r->error != CBOR_OK || !m->open)
		return false;
	/* A slip of the caller, which would take a value for a key. */
	if (r->ptr == m->value || r->depth != m->depth)
		return cbor_fail(r, CBOR_E_RANGE, cbor_offset(r),
		    "map: value not consumed by the reader");
	if (m->left == 0)
		return map_end(r, m);
	if (!cbor_next(r, &item))
		return false;
	if (item.kind > CBOR_KIND_TSTR)
		return cbor_fail(r, CBOR_E_TYPE, item.offset,
		    "map key: integer or string");
	if (item.indefinite)
		return cbor_fail(r, CBOR_E_INDEFINITE, item.offset, NULL);
	if (!r->lenient && !map_key_check(r, m, &item))
		return false;
	m->left--;
	m->value = r->ptr;
	*ret_key = item;
	return true;
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
