/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/cbor-short.h"
#include "mdoc/codec/shape.h"
#include "mdoc/model/item.h"
#include "mdoc/model/response.h"

#define DIGEST_ID_MAX 0x7fffffff
#define RANDOM_MIN    16

static bool
read_digest_id(struct cbor_reader *r, void *arg)
{
	struct item *item = arg;
	const size_t offset = cbor_offset(r);

	if (!cbor_get_uint(r, &item->digest_id))
		return false;
	return item->digest_id <= DIGEST_ID_MAX ||
	    cbor_fail(r, CBOR_E_RANGE, offset, NULL);
}

static bool
read_random(struct cbor_reader *r, void *arg)
{
	struct item *item = arg;
	const size_t offset = cbor_offset(r);

	if (!cbor_get_bstr(r, &item->random))
		return false;
	return item->random.len >= RANDOM_MIN ||
	    cbor_fail(r, CBOR_E_RANGE, offset, NULL);
}

static bool
read_element(struct cbor_reader *r, void *arg)
{
	struct item *item = arg;

	return cbor_get_tstr(r, &item->element);
}

static bool
read_value(struct cbor_reader *r, void *arg)
{
	struct item *item = arg;

	return cbor_skip(r, &item->value);
}

static const struct shape_member members[] = {
	SHAPE_MEMBER("digestID", true, read_digest_id,
	    "IssuerSignedItem.digestID: an unsigned integer below 2^31"),
	SHAPE_MEMBER("random", true, read_random,
	    "IssuerSignedItem.random: at least 16 bytes"),
	SHAPE_MEMBER("elementIdentifier", true, read_element,
	    "IssuerSignedItem.elementIdentifier: text"),
	SHAPE_MEMBER("elementValue", true, read_value,
	    "IssuerSignedItem.elementValue: a value"),
};

static const struct shape shape = { "IssuerSignedItem: a map", members,
	nitems(members) };

/* The next key is this one; its length is in the first byte. */
#define TAKE(in, key) take((in), (key), sizeof(key) - 1)

static inline bool
take(struct bytes *in, const char *key, size_t len)
{
	if (in->len <= len || in->ptr[0] != (CBOR_KIND_TSTR << 5 | len) ||
	    memcmp(in->ptr + 1, key, len) != 0)
		return false;
	cbor_short_consume(in, 1 + len);
	return true;
}

/* What is not plain counts against the bounds of r. */
static bool
usual_value(struct cbor_reader *r, struct bytes *in, struct bytes *ret)
{
	const uint8_t *start = in->ptr;
	struct cbor_reader nested UNINITIALIZED;

	if (!cbor_short_plain(in)) {
		cbor_reader_nested(&nested, r, *in);
		nested.depth++;
		nested.items_left++; /* it counts itself */
		if (!cbor_skip(&nested, NULL))
			return false;
		r->items_left = nested.items_left;
		r->rescan_left = nested.rescan_left;
		*in = cbor_short_begin(&nested);
	}
	*ret = bytes_of(start, (size_t)(in->ptr - start));
	return true;
}

/* The members of the map, in any order. */
static bool
usual_members(struct cbor_reader *r, struct bytes in, struct item *item)
{
	unsigned seen = 0;
	bool good;

	for (size_t i = 0; i < nitems(members); i++) {
		if (TAKE(&in, "digestID")) {
			seen |= 1;
			good = cbor_short_uint(&in, &item->digest_id) &&
			    item->digest_id <= DIGEST_ID_MAX;
		} else if (TAKE(&in, "random")) {
			seen |= 2;
			good = cbor_short_bstr(&in, &item->random) &&
			    item->random.len >= RANDOM_MIN;
		} else if (TAKE(&in, "elementIdentifier")) {
			seen |= 4;
			good = cbor_short_tstr(&in, &item->element);
		} else {
			seen |= 8;
			good = TAKE(&in, "elementValue") &&
			    usual_value(r, &in, &item->value);
		}
		if (!good)
			return false;
	}
	return seen == 15 && in.len == 0;
}

/*
 * What practically all items are: a map of these four members. It costs a
 * quarter of what the table does. Anything else, errors included, is left to
 * the table: false, and r is as it was but for its bounds.
 */
static bool
read_usual(struct cbor_reader *r, struct item *item)
{
	/* Tag, string, map, keys and values. */
	const size_t items = 3 + 2 * nitems(members);
	struct bytes rest = cbor_short_begin(r), in;

	if (r->items_left < items || r->depth + 2 > CBOR_MAX_DEPTH ||
	    !cbor_short_tag24(&rest, &in) || in.len == 0 ||
	    in.ptr[0] != (CBOR_KIND_MAP << 5 | nitems(members)))
		return false;
	r->items_left -= items;
	cbor_short_consume(&in, 1);
	if (!usual_members(r, in, item))
		return false;
	item->whole = bytes_of(r->ptr, (size_t)(rest.ptr - r->ptr));
	r->ptr = rest.ptr;
	return true;
}

static bool
read_any(struct cbor_reader *r, struct item *item)
{
	struct cbor_reader nested;
	struct bytes content;

	if (!cbor_get_tag24(r, &content, &item->whole))
		return cbor_expect(r, "IssuerSignedItemBytes: #6.24 of a map");
	cbor_reader_nested(&nested, r, content);
	if (shape_map(&nested, &shape, item) && !cbor_finish(&nested))
		cbor_expect(&nested, shape.what);
	return cbor_reader_leave(r, &nested);
}

bool
item_read(struct cbor_reader *r, struct item *ret)
{
	const size_t items_left = r->items_left, rescan_left = r->rescan_left;

	ret->name_space = BYTES_NULL;
	ret->offset = cbor_offset(r);
	if (read_usual(r, ret))
		return true;
	r->items_left = items_left;
	r->rescan_left = rescan_left;
	return read_any(r, ret);
}

void
item_walk_start(struct item_walk *w, const struct issuer_signed *s)
{
	*w = (struct item_walk){ .items_left = 0 };
	cbor_reader_nested(&w->r, &s->source, s->name_spaces);
	/* Otherwise map.open is false: there is nothing to walk over. */
	if (!bytes_is_null(s->name_spaces) && !cbor_enter_map(&w->r, &w->map))
		w->map.open = false;
}

/* The next namespace; each has at least one item, as was checked. */
static bool
walk_name_space(struct item_walk *w)
{
	struct cbor_item key;

	if (w->in_name_space)
		cbor_leave(&w->r);
	w->in_name_space = false;
	if (!cbor_map_next(&w->r, &w->map, &key) ||
	    !cbor_enter_array(&w->r, &w->items_left))
		return false;
	w->name_space = key.str;
	w->in_name_space = true;
	return true;
}

bool
item_walk_next(struct item_walk *w, struct item *ret)
{
	while (w->items_left == 0) {
		if (!walk_name_space(w))
			return false;
	}
	if (!item_read(&w->r, ret))
		return false;
	w->items_left--;
	ret->name_space = w->name_space;
	return true;
}

/*
 * Names and the order of their encodings (RFC 8949 4.2.1): shorter ones first,
 * since the length is in the first byte.
 */
void
item_write(struct cbor_writer *w, const struct item *item)
{
	static const char *const names[] = { "random", "digestID",
		"elementValue", "elementIdentifier" };
	size_t len = 1;

	for (size_t i = 0; i < nitems(names); i++)
		len += 1 + strlen(names[i]);
	len += cbor_head_len(item->random.len) + item->random.len +
	    cbor_head_len(item->digest_id) + item->value.len +
	    cbor_head_len(item->element.len) + item->element.len;

	cbor_put_tag(w, 24);
	cbor_put_bstr_head(w, len);
	cbor_put_map(w, nitems(names));
	cbor_put_str(w, names[0]);
	cbor_put_bstr(w, item->random);
	cbor_put_str(w, names[1]);
	cbor_put_uint(w, item->digest_id);
	cbor_put_str(w, names[2]);
	cbor_put_raw(w, item->value);
	cbor_put_str(w, names[3]);
	cbor_put_tstr(w, item->element);
}
