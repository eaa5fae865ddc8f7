/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/shape.h"

#define MINOR_MAX 9999

/* Senders tend to keep the order of the table: start where it should be. */
static const struct shape_member *
member_find(const struct shape *shape, const struct cbor_item *key, size_t hint)
{
	const struct shape_member *m;
	int64_t label = 0;

	if (key->kind != CBOR_KIND_TSTR && !cbor_key_int(key, &label))
		return NULL;
	for (size_t i = 0; i < shape->n; i++) {
		m = &shape->members[(hint + i) % shape->n];
		if (key->kind == CBOR_KIND_TSTR
			? !bytes_is_null(m->name) &&
			    bytes_equal(key->str, m->name)
			: bytes_is_null(m->name) && m->label == label)
			return m;
	}
	return NULL;
}

/* Is all there that must be? seen: a bit for each member. */
static bool
members_check(struct cbor_reader *r, const struct shape *shape, uint32_t seen,
    size_t offset)
{
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->members[i].mandatory && !(seen >> i & 1))
			return cbor_fail(r, CBOR_E_MISSING, offset,
			    shape->members[i].what);
	}
	return true;
}

bool
shape_map(struct cbor_reader *r, const struct shape *shape, void *arg)
{
	const size_t offset = cbor_offset(r);
	const struct shape_member *m;
	struct cbor_map map;
	struct cbor_item key;
	uint32_t seen = 0;
	size_t hint = 0;

	if (!cbor_enter_map(r, &map))
		return cbor_expect(r, shape->what);
	while (cbor_map_next(r, &map, &key)) {
		m = member_find(shape, &key, hint);
		if (m == NULL) {
			if (!cbor_skip(r, NULL))
				return cbor_expect(r, shape->what);
			continue;
		}
		hint = (size_t)(m - shape->members);
		seen |= UINT32_C(1) << hint++;
		if (!m->read(r, arg))
			return cbor_expect(r, m->what);
	}
	return cbor_expect(r, shape->what) &&
	    members_check(r, shape, seen, offset);
}

bool
shape_entries(struct cbor_reader *r, const char *what,
    bool (*fn)(struct cbor_reader *r, struct bytes key, void *arg), void *arg)
{
	const size_t offset = cbor_offset(r);
	struct cbor_map map;
	struct cbor_item key;

	if (!cbor_enter_map(r, &map))
		return cbor_expect(r, what);
	if (map.count == 0)
		return cbor_fail(r, CBOR_E_RANGE, offset, what);
	while (cbor_map_next(r, &map, &key)) {
		if (key.kind != CBOR_KIND_TSTR)
			return cbor_fail(r, CBOR_E_TYPE, key.offset, what);
		if (!fn(r, key.str, arg))
			break;
	}
	return cbor_expect(r, what);
}

bool
shape_elements(struct cbor_reader *r, const char *what,
    bool (*fn)(struct cbor_reader *r, void *arg), void *arg,
    uint64_t *ret_count)
{
	const size_t offset = cbor_offset(r);
	uint64_t count;

	if (!cbor_enter_array(r, &count))
		return cbor_expect(r, what);
	if (count == 0)
		return cbor_fail(r, CBOR_E_RANGE, offset, what);
	for (uint64_t i = 0; i < count; i++) {
		if (!fn(r, arg))
			return cbor_expect(r, what);
	}
	cbor_leave(r);
	if (ret_count != NULL)
		*ret_count = count;
	return true;
}

bool
shape_any(struct cbor_reader *r, void *arg)
{
	(void)arg;
	return cbor_skip(r, NULL);
}

bool
shape_tstr(struct cbor_reader *r, void *arg)
{
	struct bytes text;

	(void)arg;
	return cbor_get_tstr(r, &text);
}

bool
shape_entry_any(struct cbor_reader *r, struct bytes key, void *arg)
{
	(void)key;
	return shape_any(r, arg);
}

bool
shape_entry_int(struct cbor_reader *r, struct bytes key, void *arg)
{
	int64_t number;

	(void)key;
	(void)arg;
	return cbor_get_int(r, &number);
}

bool
shape_span(struct cbor_reader *r, enum cbor_kind kind, struct bytes *ret)
{
	struct cbor_item item;

	if (!cbor_peek(r, &item))
		return false;
	if (item.kind != kind)
		return cbor_fail(r, CBOR_E_TYPE, item.offset, NULL);
	return cbor_skip(r, ret);
}

bool
shape_version(struct cbor_reader *r, struct bytes *ret, unsigned *ret_minor)
{
	const size_t offset = cbor_offset(r);
	struct bytes text, rest;
	unsigned minor = 0;
	uint8_t c;

	if (!cbor_get_tstr(r, &text))
		return false;
	if (text.len < 3 || text.ptr[0] != '1' || text.ptr[1] != '.')
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	rest = bytes_of(text.ptr + 2, text.len - 2);
	while (bytes_take_u8(&rest, &c)) {
		if (c < '0' || c > '9' || minor > MINOR_MAX / 10)
			return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
		minor = minor * 10 + c - '0';
	}
	*ret = text;
	if (ret_minor != NULL)
		*ret_minor = minor;
	return true;
}

bool
shape_tag24(struct cbor_reader *r,
    bool (*fn)(struct cbor_reader *nested, void *arg), void *arg,
    struct bytes *ret_content, struct bytes *ret_whole)
{
	struct bytes content, whole;
	struct cbor_reader nested;

	if (!cbor_get_tag24(r, &content, &whole))
		return false;
	cbor_reader_nested(&nested, r, content);
	if (fn(&nested, arg) && cbor_finish(&nested)) {
		if (ret_content != NULL)
			*ret_content = content;
		if (ret_whole != NULL)
			*ret_whole = whole;
	}
	return cbor_reader_leave(r, &nested);
}
