/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/cbor-map.h"
#include "common/siphash.h"

/* Up to here comparing each key with each is faster than hashing. */
#define PAIRWISE_KEYS 32

/* Of the slots of the table so many are meant to be used, so many may be. */
#define SLOTS      4096
#define SLOTS_GOAL 2560
#define SLOTS_MAX  3072

#define TYPE_OTHER 4

/* The table of one walk is the one thing here that needs a large frame. */
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

static unsigned
key_type(struct cbor_key key)
{
	const unsigned major = key.head[0] >> 5;

	return major < TYPE_OTHER ? major : TYPE_OTHER;
}

/* What a key consists of besides its argument; integers: nothing. */
static struct bytes
key_content(struct cbor_key key)
{
	static const uint8_t head_lens[] = { 2, 3, 5, 9 };
	const unsigned info = key.head[0] & 0x1f, type = key_type(key);

	if (type < 2)
		return BYTES_NULL;
	if (type == TYPE_OTHER)
		return bytes_of(key.head, (size_t)key.arg);
	return bytes_of(key.head + (info < 24 ? 1 : head_lens[info - 24]),
	    (size_t)key.arg);
}

/* Of two keys of one type. */
static int
key_compare(struct cbor_key a, struct cbor_key b)
{
	if (a.arg != b.arg)
		return a.arg < b.arg ? -1 : 1;
	return bytes_compare(key_content(a), key_content(b));
}

static bool
key_equal(struct cbor_key a, struct cbor_key b)
{
	return a.arg == b.arg && key_type(a) == key_type(b) &&
	    bytes_equal(key_content(a), key_content(b));
}

struct cbor_key
cbor_key_of(const struct cbor_reader *r, const struct cbor_item *item)
{
	struct cbor_key key = { r->base + item->offset, item->value };

	if (item->kind > CBOR_KIND_TSTR)
		key.arg = item->head_len;
	return key;
}

struct cbor_key
cbor_key_span(struct bytes span)
{
	return (struct cbor_key){ span.ptr, span.len };
}

static inline enum cbor_order_result
order_add(struct cbor_order *order, struct cbor_key key, unsigned type)
{
	struct cbor_key *max = &order->max[type];
	int c = 1;

	if (order->seen & 1U << type)
		c = key_compare(key, *max);
	if (c <= 0)
		return c == 0 ? CBOR_ORDER_EQUAL : CBOR_ORDER_BELOW;
	max->head = key.head;
	max->arg = key.arg;
	order->seen |= 1U << type;
	return CBOR_ORDER_ABOVE;
}

enum cbor_order_result
cbor_order_add(struct cbor_order *order, struct cbor_key key)
{
	return order_add(order, key, key_type(key));
}

static bool
keys_find(const struct cbor_key *keys, size_t count, struct cbor_key key)
{
	for (size_t i = 0; i < count; i++) {
		if (key_equal(keys[i], key))
			return true;
	}
	return false;
}

/* Walks over what belongs to an item that was read. */
static bool
walk_content(struct cbor_reader *walk, struct cbor_item item)
{
	uint64_t pending = 0;

	for (;;) {
		if (item.kind == CBOR_KIND_ARRAY)
			pending += item.value;
		else if (item.kind == CBOR_KIND_MAP)
			pending += 2 * item.value;
		else if (item.kind == CBOR_KIND_TAG)
			pending++;
		if (pending-- == 0)
			return true;
		if (!cbor_next(walk, &item))
			return false;
	}
}

static bool
walk_key(struct cbor_reader *walk, struct cbor_key *ret)
{
	const uint8_t *start = walk->ptr;
	struct cbor_item item;

	if (!cbor_next(walk, &item))
		return false;
	*ret = cbor_key_of(walk, &item);
	if (item.kind < CBOR_KIND_ARRAY || item.kind > CBOR_KIND_TAG)
		return true;
	if (!walk_content(walk, item))
		return false;
	*ret = cbor_key_span(bytes_of(start, (size_t)(walk->ptr - start)));
	return true;
}

static bool
walk_value(struct cbor_reader *walk)
{
	struct cbor_item item;

	return cbor_next(walk, &item) && walk_content(walk, item);
}

static bool
pairwise_check(struct cbor_reader *walk, uint64_t count)
{
	struct cbor_key keys[PAIRWISE_KEYS];

	for (size_t i = 0; i < count; i++) {
		if (!walk_key(walk, &keys[i]))
			return false;
		if (keys_find(keys, i, keys[i]))
			return cbor_fail(walk, CBOR_E_DUPLICATE,
			    (size_t)(keys[i].head - walk->base), NULL);
		if (!walk_value(walk))
			return false;
	}
	return true;
}

static uint64_t
key_hash(struct cbor_key key, const uint64_t seed[2])
{
	struct siphash s;

	siphash_begin(&s, seed);
	siphash_add(&s, key.arg);
	siphash_add_bytes(&s, key_content(key));
	siphash_add(&s, key_type(key));
	return siphash_end(&s);
}

/*
 * The keys whose hashes fall into one of so many equal ranges, by their
 * distance to the start of the map + 1; 0: empty.
 */
struct key_table {
	uint64_t seed[2];
	uint32_t mask;
	uint32_t used;
	uint32_t slots[SLOTS];
};

static void
table_clear(struct key_table *t, uint64_t count)
{
	t->mask = SLOTS - 1;
	while (t->mask / 4 >= count)
		t->mask /= 2;
	t->used = 0;
	memset(t->slots, 0, (t->mask + 1) * sizeof(t->slots[0]));
}

/* Adds a key; true if it is there already. */
static bool
table_add_key(struct key_table *t, const struct cbor_reader *map,
    struct cbor_key key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & t->mask;
	struct cbor_reader at;
	struct cbor_key other;

	for (; t->slots[i] != 0; i = (i + 1) & t->mask) {
		at = *map;
		at.ptr += t->slots[i] - 1;
		if (walk_key(&at, &other) && key_equal(other, key))
			return true;
	}
	t->slots[i] = (uint32_t)(key.head - map->ptr) + 1;
	t->used++;
	return false;
}

/* A walk over the keys of a map for those whose hashes are in one range. */
struct key_pass {
	const struct cbor_reader *map; /* at the first key */
	uint64_t count;
	uint64_t ranges;
	uint64_t range;
	const uint8_t *duplicate; /* the first second key found so far */
};

/* false: an error of the walk, or the table is full. */
static bool
pass_run(struct key_pass *pass, struct key_table *t, struct cbor_reader *walk)
{
	struct cbor_key key;
	uint64_t hash;

	walk->ptr = pass->map->ptr;
	for (uint64_t i = 0; i < pass->count; i++) {
		if (!walk_key(walk, &key))
			return false;
		/* An earlier range may have found an earlier one. */
		if (pass->duplicate != NULL && key.head >= pass->duplicate)
			return true;
		hash = key_hash(key, t->seed);
		if (((hash >> 32) * pass->ranges) >> 32 == pass->range) {
			if (t->used == SLOTS_MAX)
				return false;
			if (table_add_key(t, pass->map, key, hash)) {
				pass->duplicate = key.head;
				return true;
			}
		}
		if (!walk_value(walk))
			return false;
	}
	return true;
}

/*
 * As many ranges as it takes for the keys of each to fit the table. It would
 * need a bad hash for the first guess not to do.
 */
static bool
hash_check(struct cbor_reader *walk, uint64_t count)
{
	const struct cbor_reader map = *walk;
	struct key_pass pass = { &map, count, 0, 0, NULL };
	struct key_table t UNINITIALIZED;

	siphash_seed(t.seed);
	pass.ranges = (count + SLOTS_GOAL - 1) / SLOTS_GOAL;
	while (pass.range < pass.ranges) {
		table_clear(&t, count);
		if (pass_run(&pass, &t, walk)) {
			pass.range++;
		} else {
			if (walk->error != CBOR_OK)
				return false;
			pass.ranges += pass.ranges / 4 + 1;
			pass.range = 0;
		}
	}
	if (pass.duplicate == NULL)
		return true;
	return cbor_fail(walk, CBOR_E_DUPLICATE,
	    (size_t)(pass.duplicate - walk->base), NULL);
}

bool
cbor_keys_check(struct cbor_reader *r, const uint8_t *first, uint64_t count)
{
	struct cbor_reader walk = *r;
	bool good;

	walk.ptr = first;
	walk.end = r->ptr;
	walk.items_left = r->rescan_left;
	walk.trusted = true;
	good = count <= PAIRWISE_KEYS ? pairwise_check(&walk, count)
				      : hash_check(&walk, count);
	r->rescan_left = walk.items_left;
	if (good)
		return true;
	if (walk.error == CBOR_E_ITEMS)
		return cbor_fail(r, CBOR_E_ITEMS, (size_t)(first - r->base),
		    "map: too many keys out of order");
	return cbor_fail(r, walk.error, walk.error_offset, NULL);
}

bool
cbor_keys_fail(struct cbor_reader *r, const uint8_t *first, uint64_t count,
    const uint8_t *key)
{
	struct cbor_reader before = *r;

	before.ptr = key;
	if (!cbor_keys_check(&before, first, count) &&
	    before.error == CBOR_E_DUPLICATE)
		return cbor_fail(r, CBOR_E_DUPLICATE, before.error_offset,
		    NULL);
	return cbor_fail(r, CBOR_E_DUPLICATE, (size_t)(key - r->base), NULL);
}

bool
cbor_enter_map(struct cbor_reader *r, struct cbor_map *ret)
{
	struct cbor_item item;

	if (!cbor_enter(r, CBOR_KIND_MAP, &item))
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
static inline bool
map_key_is_new(struct cbor_map *m, struct cbor_key key, unsigned type)
{
	const uint64_t i = m->count - m->left;

	switch (order_add(&m->order, key, type)) {
	case CBOR_ORDER_ABOVE:
		break;
	case CBOR_ORDER_BELOW:
		if (i >= CBOR_MAP_INLINE_KEYS)
			m->unsorted = true;
		else if (keys_find(m->keys, (size_t)i, key))
			return false;
		break;
	case CBOR_ORDER_EQUAL:
	default:
		return false;
	}
	if (i < CBOR_MAP_INLINE_KEYS)
		m->keys[i] = key;
	return true;
}

bool
cbor_map_next(struct cbor_reader *r, struct cbor_map *m,
    struct cbor_item *ret_key)
{
	if (r->error != CBOR_OK || !m->open)
		return false;
	/* A slip of the caller, which would take a value for a key. */
	if (r->ptr == m->value || r->depth != m->depth)
		return cbor_fail(r, CBOR_E_RANGE, cbor_offset(r),
		    "map: value not consumed by the reader");
	if (m->left == 0)
		return map_end(r, m);
	if (!cbor_next(r, ret_key))
		return false;
	if (ret_key->kind > CBOR_KIND_TSTR)
		return cbor_fail(r, CBOR_E_TYPE, ret_key->offset,
		    "map key: integer or string");
	if (ret_key->indefinite)
		return cbor_fail(r, CBOR_E_INDEFINITE, ret_key->offset, NULL);
	if (!r->lenient &&
	    !map_key_is_new(m, cbor_key_of(r, ret_key), ret_key->kind))
		return cbor_keys_fail(r, m->first, m->count - m->left,
		    r->base + ret_key->offset);
	m->left--;
	m->value = r->ptr;
	return true;
}
