/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

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

#define KEY_IS(key, name)                 \
	((key).len == sizeof(name) - 1 && \
	    memcmp((key).ptr, name, sizeof(name) - 1) == 0)

/*
 * What practically all items are: these four members, in any order. It costs
 * half of what the table does. Anything else, errors included, is left to the
 * table: false.
 */
static bool
read_usual(struct cbor_reader *r, struct item *item)
{
	struct cbor_item head;
	struct bytes key;
	unsigned seen = 0;
	bool good;

	if (!cbor_next(r, &head) || head.kind != CBOR_KIND_MAP ||
	    head.value != nitems(members) || r->depth++ >= CBOR_MAX_DEPTH)
		return false;
	for (size_t i = 0; i < nitems(members); i++) {
		if (!cbor_get_tstr(r, &key))
			return false;
		if (KEY_IS(key, "digestID")) {
			seen |= 1;
			good = read_digest_id(r, item);
		} else if (KEY_IS(key, "random")) {
			seen |= 2;
			good = read_random(r, item);
		} else if (KEY_IS(key, "elementIdentifier")) {
			seen |= 4;
			good = read_element(r, item);
		} else {
			seen |= KEY_IS(key, "elementValue") ? 8 : 0;
			good = read_value(r, item);
		}
		if (!good)
			return false;
	}
	cbor_leave(r);
	return seen == 15 && cbor_at_end(r);
}

bool
item_read(struct cbor_reader *r, struct item *ret)
{
	struct item item = { .offset = cbor_offset(r) };
	struct cbor_reader nested UNINITIALIZED;
	struct bytes content;

	if (!cbor_get_tag24(r, &content, &item.whole))
		return cbor_expect(r, "IssuerSignedItemBytes: #6.24 of a map");
	cbor_reader_nested(&nested, r, content);
	if (!read_usual(&nested, &item)) {
		cbor_reader_nested(&nested, r, content);
		if (shape_map(&nested, &shape, &item) && !cbor_finish(&nested))
			cbor_expect(&nested, shape.what);
	}
	if (!cbor_reader_leave(r, &nested))
		return false;
	*ret = item;
	return true;
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
	struct item item;

	while (w->items_left == 0) {
		if (!walk_name_space(w))
			return false;
	}
	if (!item_read(&w->r, &item))
		return false;
	w->items_left--;
	item.name_space = w->name_space;
	*ret = item;
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
