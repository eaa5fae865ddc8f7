/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CBOR layer against itself and against libcbor: whatever goes in, the
 * reader stays in the buffer, its three ways through a document agree, every
 * head is what libcbor takes it for, no duplicate key slips through, and what
 * is in preferred form comes out of the writer as it went in.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A structure of libcbor's has the name of an enum of ours. */
#define cbor_error libcbor_error
#include <cbor/callbacks.h>
#include <cbor/streaming.h>
#undef cbor_error

#include "common/cbor-short.h"
#include "common/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) check((condition), #condition, __LINE__)

static void
check(bool good, const char *condition, int line)
{
	if (good)
		return;
	fprintf(stderr, "fuzz-cbor.c:%d: not so: %s\n", line, condition);
	abort();
}

/* ---- each head, against libcbor */

struct head {
	enum cbor_kind kind;
	bool indefinite;
	uint64_t value;
	double number;
	struct bytes str;
};

#define ON(name, the_kind, parameters, action) \
	static void on_##name parameters       \
	{                                      \
		struct head *head = context;   \
                                               \
		head->kind = the_kind;         \
		action;                        \
	}

#define ON_UINT(name, type, the_kind) \
	ON(name, the_kind, (void *context, type v), head->value = v)
#define ON_STRING(name, the_kind)                                  \
	ON(name, the_kind, (void *context, cbor_data p, size_t n), \
	    head->str = bytes_of(p, n))
#define ON_START(name, the_kind) \
	ON(name, the_kind, (void *context), head->indefinite = true)
#define ON_PLAIN(name, the_kind) ON(name, the_kind, (void *context), (void)head)

ON_UINT(uint8, uint8_t, CBOR_KIND_UINT)
ON_UINT(uint16, uint16_t, CBOR_KIND_UINT)
ON_UINT(uint32, uint32_t, CBOR_KIND_UINT)
ON_UINT(uint64, uint64_t, CBOR_KIND_UINT)
ON_UINT(nint8, uint8_t, CBOR_KIND_NINT)
ON_UINT(nint16, uint16_t, CBOR_KIND_NINT)
ON_UINT(nint32, uint32_t, CBOR_KIND_NINT)
ON_UINT(nint64, uint64_t, CBOR_KIND_NINT)
ON_STRING(bstr, CBOR_KIND_BSTR)
ON_STRING(tstr, CBOR_KIND_TSTR)
ON_START(bstr_start, CBOR_KIND_BSTR)
ON_START(tstr_start, CBOR_KIND_TSTR)
ON_START(array_start, CBOR_KIND_ARRAY)
ON_START(map_start, CBOR_KIND_MAP)
ON_UINT(array, size_t, CBOR_KIND_ARRAY)
ON_UINT(map, size_t, CBOR_KIND_MAP)
ON_UINT(tag, uint64_t, CBOR_KIND_TAG)
ON(float, CBOR_KIND_FLOAT, (void *context, float v), head->number = (double)v)
ON(double, CBOR_KIND_FLOAT, (void *context, double v), head->number = v)
ON_UINT(boolean, bool, CBOR_KIND_BOOL)
ON_PLAIN(null, CBOR_KIND_NULL)
ON_PLAIN(undefined, CBOR_KIND_UNDEFINED)
ON_PLAIN(break, CBOR_KIND_BREAK)

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
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.boolean = on_boolean,
	.null = on_null,
	.undefined = on_undefined,
	.indef_break = on_break,
};

/* What libcbor 0.8 refuses though it is well-formed. */
static bool
libcbor_refuses(const uint8_t *p, size_t left)
{
	return (p[0] >= 0xc6 && p[0] <= 0xd4) ||
	    (p[0] >= 0xe0 && p[0] <= 0xf3) ||
	    (p[0] == 0xf8 && left > 1 && p[1] >= 32);
}

static void
head_compare(const struct cbor_item *item, const uint8_t *p, size_t left)
{
	struct head head = { 0 };
	struct cbor_decoder_result result;

	if (libcbor_refuses(p, left))
		return;
	result = cbor_stream_decode(p, left, &callbacks, &head);
	CHECK(result.status == CBOR_DECODER_FINISHED);
	CHECK(result.read == item->head_len + item->str.len);
	CHECK(head.kind == item->kind);
	CHECK(head.indefinite == item->indefinite);
	CHECK(memcmp(&head.number, &item->number, sizeof(double)) == 0 ||
	    (isnan(head.number) && isnan(item->number)));
	CHECK(head.str.ptr == item->str.ptr && head.str.len == item->str.len);
	CHECK(item->value == (head.str.ptr ? head.str.len : head.value));
}

/* What is read inline is what the reader reads, and ends where it ends. */
static void
short_check(const struct cbor_item *item, struct bytes in)
{
	const size_t len = item->head_len + item->str.len;
	struct bytes rest = in, str;
	uint64_t number;

	if (cbor_short_uint(&rest, &number)) {
		CHECK(item->kind == CBOR_KIND_UINT && item->value == number);
		CHECK(rest.ptr == in.ptr + len && rest.len == in.len - len);
		rest = in;
	}
	if (cbor_short_bstr(&rest, &str)) {
		CHECK(item->kind == CBOR_KIND_BSTR);
		CHECK(str.ptr == item->str.ptr && str.len == item->str.len);
		CHECK(rest.ptr == in.ptr + len && rest.len == in.len - len);
		rest = in;
	}
	if (cbor_short_tstr(&rest, &str)) {
		CHECK(item->kind == CBOR_KIND_TSTR);
		CHECK(str.ptr == item->str.ptr && str.len == item->str.len);
		CHECK(rest.ptr == in.ptr + len && rest.len == in.len - len);
		rest = in;
	}
	if (cbor_short_plain(&rest)) {
		CHECK(item->kind <= CBOR_KIND_TSTR ||
		    item->kind == CBOR_KIND_BOOL ||
		    item->kind == CBOR_KIND_NULL);
		CHECK(rest.ptr == in.ptr + len && rest.len == in.len - len);
		rest = in;
	}
	if (cbor_short_tag24(&rest, &str)) {
		CHECK(item->kind == CBOR_KIND_TAG && item->value == 24);
		CHECK(str.ptr + str.len == rest.ptr);
		CHECK(rest.ptr + rest.len == in.ptr + in.len);
	}
}

/* The same where the reader finds something wrong: not even then more. */
static void
short_refuses(struct bytes in)
{
	struct bytes rest = in, str;
	uint64_t number;

	CHECK(!cbor_short_uint(&rest, &number));
	CHECK(!cbor_short_bstr(&rest, &str));
	CHECK(!cbor_short_tstr(&rest, &str));
	CHECK(!cbor_short_plain(&rest));
	CHECK(rest.ptr == in.ptr && rest.len == in.len);
}

/* Head after head, whatever they make together. */
static void
heads_check(struct bytes in, bool lenient)
{
	struct cbor_reader r;
	struct cbor_item item, peeked;
	size_t at;

	cbor_reader_init(&r, in);
	r.lenient = lenient;
	while (!cbor_at_end(&r)) {
		at = cbor_offset(&r);
		if (!cbor_peek(&r, &peeked)) {
			CHECK(!cbor_next(&r, &item));
			if (r.error != CBOR_E_ITEMS && r.error != CBOR_E_SIZE)
				short_refuses(bytes_of(in.ptr + at,
				    in.len - at));
			break;
		}
		CHECK(cbor_offset(&r) == at);
		CHECK(cbor_next(&r, &item));
		CHECK(item.kind == peeked.kind && item.value == peeked.value);
		CHECK(item.offset == at && peeked.offset == at);
		CHECK(item.head_len == peeked.head_len && item.head_len > 0);
		CHECK(item.preferred == peeked.preferred);
		CHECK(item.str.len == peeked.str.len);
		CHECK(at + item.head_len + item.str.len == cbor_offset(&r));
		CHECK(cbor_offset(&r) <= in.len);
		CHECK(item.str.ptr == NULL ||
		    item.str.ptr == in.ptr + at + item.head_len);
		CHECK(lenient || !item.indefinite);
		CHECK(lenient || item.kind != CBOR_KIND_BREAK);
		head_compare(&item, in.ptr + at, in.len - at);
		short_check(&item, bytes_of(in.ptr + at, in.len - at));
	}
	if (r.error != CBOR_OK) {
		CHECK(r.error_offset >= cbor_offset(&r));
		CHECK(r.error_offset <= in.len);
	}
}

/* ---- duplicate keys, the slow and simple way */

#define MAX_KEYS 96

struct oracle {
	struct cbor_reader r;
	size_t at;    /* offset to look for */
	bool found;   /* a second key is there */
	bool any;     /* there is a second key somewhere */
	bool gave_up; /* a map was too large, or a length indefinite */
};

struct key {
	enum cbor_kind kind;
	uint64_t value;
	struct bytes content;
};

static bool
key_same(const struct key *a, const struct key *b)
{
	return a->kind == b->kind && a->value == b->value &&
	    bytes_equal(a->content, b->content);
}

static void oracle_item(struct oracle *o, struct key *ret);

static void
oracle_map(struct oracle *o, uint64_t count)
{
	struct key keys[MAX_KEYS], value;
	size_t at;

	if (count > MAX_KEYS)
		o->gave_up = true;
	for (uint64_t i = 0; i < count && !o->gave_up; i++) {
		size_t k = i < MAX_KEYS ? (size_t)i : 0;

		at = cbor_offset(&o->r);
		oracle_item(o, &keys[k]);
		for (size_t j = 0; j < k; j++) {
			if (!key_same(&keys[j], &keys[k]))
				continue;
			o->any = true;
			if (at == o->at)
				o->found = true;
			break;
		}
		oracle_item(o, &value);
	}
}

/* Integers and strings by value, anything else by its bytes. */
static void
oracle_item(struct oracle *o, struct key *ret)
{
	const uint8_t *start = o->r.ptr;
	struct cbor_item item;
	struct key inner;

	CHECK(cbor_next(&o->r, &item));
	*ret = (struct key){ item.kind, item.value, item.str };
	o->gave_up |= item.indefinite;
	if (o->gave_up || item.kind <= CBOR_KIND_TSTR)
		return;
	if (item.kind == CBOR_KIND_MAP)
		oracle_map(o, item.value);
	else if (item.kind == CBOR_KIND_ARRAY)
		for (uint64_t i = 0; i < item.value && !o->gave_up; i++)
			oracle_item(o, &inner);
	else if (item.kind == CBOR_KIND_TAG)
		oracle_item(o, &inner);
	*ret = (struct key){ CBOR_KIND_BREAK, 0,
		bytes_of(start, (size_t)(o->r.ptr - start)) };
}

static void
oracle_check(struct bytes in, enum cbor_error e, size_t offset)
{
	struct oracle o = { 0 };
	cbor_reader_init(&o.r, in);
	o.r.lenient = true;
	/* Only what is in order but for its keys. */
	if (!cbor_skip(&o.r, NULL))
		return;
	cbor_reader_init(&o.r, in);
	o.r.lenient = true;
	o.at = offset;
	o.found = o.any = o.gave_up = false;
	oracle_item(&o, &(struct key){ 0 });
	if (o.gave_up)
		return;
	CHECK(o.any == (e == CBOR_E_DUPLICATE));
	CHECK(o.found == (e == CBOR_E_DUPLICATE));
}

/* ---- through the getters and out of the writer */

struct walk {
	struct cbor_reader r;
	struct cbor_writer w;
	bool preferred;
};

static bool walk_item(struct walk *s);

static void
put_head_raw(struct walk *s, const struct cbor_item *item)
{
	cbor_put_raw(&s->w, bytes_of(s->r.base + item->offset, item->head_len));
}

static bool
walk_array(struct walk *s)
{
	uint64_t n;

	if (!cbor_enter_array(&s->r, &n))
		return false;
	cbor_put_array(&s->w, n);
	for (uint64_t i = 0; i < n; i++) {
		if (!walk_item(s))
			return false;
	}
	cbor_leave(&s->r);
	return true;
}

static bool
walk_map(struct walk *s)
{
	struct cbor_item key;
	struct cbor_map m;
	int64_t v;

	if (!cbor_enter_map(&s->r, &m))
		return false;
	cbor_put_map(&s->w, m.count);
	while (cbor_map_next(&s->r, &m, &key)) {
		s->preferred &= key.preferred;
		if (key.kind == CBOR_KIND_BSTR)
			cbor_put_bstr(&s->w, key.str);
		else if (key.kind == CBOR_KIND_TSTR)
			cbor_put_tstr(&s->w, key.str);
		else if (cbor_key_int(&key, &v))
			cbor_put_int(&s->w, v);
		else
			put_head_raw(s, &key);
		if (!walk_item(s))
			return false;
	}
	return s->r.error == CBOR_OK;
}

static bool
walk_int(struct walk *s, const struct cbor_item *item)
{
	struct cbor_item again;
	uint64_t u;
	int64_t i;

	if (item->kind == CBOR_KIND_UINT) {
		CHECK(cbor_get_uint(&s->r, &u));
		cbor_put_uint(&s->w, u);
	} else if (item->value <= INT64_MAX) {
		CHECK(cbor_get_int(&s->r, &i));
		cbor_put_int(&s->w, i);
	} else {
		CHECK(cbor_next(&s->r, &again));
		put_head_raw(s, item);
	}
	return true;
}

static bool
walk_string(struct walk *s, const struct cbor_item *item)
{
	struct bytes str;

	if (item->kind == CBOR_KIND_BSTR) {
		CHECK(cbor_get_bstr(&s->r, &str));
		cbor_put_bstr(&s->w, str);
	} else {
		CHECK(cbor_get_tstr(&s->r, &str));
		cbor_put_tstr(&s->w, str);
	}
	CHECK(str.ptr == item->str.ptr && str.len == item->str.len);
	return true;
}

static bool
walk_simple(struct walk *s, const struct cbor_item *item)
{
	struct cbor_item again;
	bool b;

	switch (item->kind) {
	case CBOR_KIND_BOOL:
		CHECK(cbor_get_bool(&s->r, &b));
		cbor_put_bool(&s->w, b);
		return true;
	case CBOR_KIND_NULL:
		CHECK(cbor_get_null(&s->r));
		cbor_put_null(&s->w);
		return true;
	case CBOR_KIND_FLOAT:
		CHECK(cbor_next(&s->r, &again));
		cbor_put_double(&s->w, item->number);
		return true;
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_SIMPLE:
		CHECK(cbor_next(&s->r, &again));
		put_head_raw(s, item);
		return true;
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
	case CBOR_KIND_ARRAY:
	case CBOR_KIND_MAP:
	case CBOR_KIND_TAG:
	case CBOR_KIND_BREAK:
	default:
		check(false, "no other kind comes here", __LINE__);
		return false;
	}
}

static bool
walk_item(struct walk *s)
{
	struct cbor_item item;
	uint64_t tag;

	CHECK(cbor_peek(&s->r, &item));
	s->preferred &= item.preferred;
	switch (item.kind) {
	case CBOR_KIND_UINT:
	case CBOR_KIND_NINT:
		return walk_int(s, &item);
	case CBOR_KIND_BSTR:
	case CBOR_KIND_TSTR:
		return walk_string(s, &item);
	case CBOR_KIND_ARRAY:
		return walk_array(s);
	case CBOR_KIND_MAP:
		return walk_map(s);
	case CBOR_KIND_TAG:
		CHECK(cbor_get_tag(&s->r, &tag));
		cbor_put_tag(&s->w, tag);
		return walk_item(s);
	case CBOR_KIND_BOOL:
	case CBOR_KIND_NULL:
	case CBOR_KIND_UNDEFINED:
	case CBOR_KIND_SIMPLE:
	case CBOR_KIND_FLOAT:
	case CBOR_KIND_BREAK:
	default:
		return walk_simple(s, &item);
	}
}

/* in: passed cbor_check. */
static void
getters_check(struct bytes in)
{
	struct blob out = BLOB_INIT;
	struct walk s = { .preferred = true };

	cbor_reader_init(&s.r, in);
	cbor_writer_init(&s.w, &out);
	if (!walk_item(&s)) {
		/* Maps can be walked with integers and strings only. */
		CHECK(s.r.error == CBOR_E_TYPE);
		blob_reset(&out);
		return;
	}
	CHECK(cbor_finish(&s.r));
	CHECK(s.r.depth == 0);
	CHECK(s.w.error == CBOR_OK && s.w.len == out.len);
	CHECK(out.len <= in.len);
	CHECK(s.preferred == bytes_equal(blob_bytes(&out), in));
	CHECK(cbor_check(blob_bytes(&out), NULL) == CBOR_OK);
	blob_reset(&out);
}

/* ---- all together */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), span, lenient_span;
	struct cbor_reader r;
	size_t offset = SIZE_MAX, again = SIZE_MAX;
	enum cbor_error e = cbor_check(in, &offset);
	bool skipped;

	heads_check(in, false);
	heads_check(in, true);
	CHECK(cbor_check(in, &again) == e && again == offset);
	CHECK((e == CBOR_OK) == (offset == SIZE_MAX));
	CHECK(e == CBOR_OK || offset <= size);

	cbor_reader_init(&r, in);
	skipped = cbor_skip(&r, &span);
	CHECK(skipped == (e == CBOR_OK || e == CBOR_E_TRAILING));
	if (skipped) {
		CHECK(span.ptr == r.base);
		CHECK(span.len == (e == CBOR_OK ? size : offset));
		cbor_reader_init(&r, in);
		r.lenient = true;
		CHECK(cbor_skip(&r, &lenient_span));
		CHECK(lenient_span.len == span.len);
		getters_check(span);
	} else {
		CHECK(r.error == e && r.error_offset == offset);
	}
	if (e == CBOR_OK || e == CBOR_E_TRAILING || e == CBOR_E_DUPLICATE)
		oracle_check(in, e, offset);
	return 0;
}
