/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One complete item, walked over with a stack of our own: the depth of foreign
 * data must not be the depth of our calls.
 */
#include "config.h"

#include "common/cbor-map.h"

/* An open array, map or indefinite string. */
struct frame {
	uint64_t count; /* elements or pairs */
	uint64_t left;  /* items, or SIZE_MAX if that is not known */
	const uint8_t *first;
	const uint8_t *item; /* start of the item that is being read */
	struct cbor_order order;
	uint8_t kind;
	uint8_t tags;  /* before its head */
	bool at_key;   /* map: the item is a key */
	bool unsorted; /* map: its keys must be looked at once more */
};

struct skip {
	struct cbor_reader *r;
	unsigned depth; /* of r, open frames and open tags */
	unsigned tags;  /* before the next head */
	size_t open;
	struct frame frames[CBOR_MAX_DEPTH];
};

#define LEFT_UNKNOWN UINT64_MAX

static bool
skip_deeper(struct skip *s, const struct cbor_item *item)
{
	if (s->depth >= CBOR_MAX_DEPTH)
		return cbor_fail(s->r, CBOR_E_DEPTH, item->offset, NULL);
	s->depth++;
	return true;
}

static bool
skip_push(struct skip *s, const struct cbor_item *item)
{
	struct frame *f = &s->frames[s->open];

	if (!skip_deeper(s, item))
		return false;
	s->open++;
	f->count = item->value;
	f->left = item->kind == CBOR_KIND_MAP ? 2 * item->value : item->value;
	if (item->indefinite)
		f->left = LEFT_UNKNOWN;
	f->first = f->item = s->r->ptr;
	f->order.seen = 0;
	f->kind = (uint8_t)item->kind;
	f->tags = (uint8_t)s->tags;
	f->at_key = item->kind == CBOR_KIND_MAP;
	f->unsorted = false;
	s->tags = 0;
	return true;
}

static bool
is_open(const struct cbor_item *item)
{
	return item->kind == CBOR_KIND_ARRAY || item->kind == CBOR_KIND_MAP ||
	    item->indefinite;
}

/* A break ends what is open, but no tag and no pair half read. */
static bool
break_fits(const struct skip *s)
{
	const struct frame *f;

	if (s->open == 0 || s->tags > 0)
		return false;
	f = &s->frames[s->open - 1];
	return f->left == LEFT_UNKNOWN &&
	    (f->kind != CBOR_KIND_MAP || f->at_key);
}

/* An indefinite string consists of definite ones of its own kind. */
static bool
chunk_fits(const struct skip *s, const struct cbor_item *item)
{
	const struct frame *f;

	if (s->open == 0)
		return true;
	f = &s->frames[s->open - 1];
	if (f->kind != CBOR_KIND_BSTR && f->kind != CBOR_KIND_TSTR)
		return true;
	return s->tags == 0 && item->kind == f->kind && !item->indefinite;
}

/* item: the key, unless it consists of more than one. */
static bool
skip_key(struct skip *s, struct frame *f, const struct cbor_item *item)
{
	struct cbor_reader *r = s->r;
	struct cbor_key key;

	if (r->lenient)
		return true;
	key = item != NULL
	    ? cbor_key_of(r, item)
	    : cbor_key_span(bytes_of(f->item, (size_t)(r->ptr - f->item)));
	switch (cbor_order_add(&f->order, key)) {
	case CBOR_ORDER_ABOVE:
		return true;
	case CBOR_ORDER_BELOW:
		f->unsorted = true;
		return true;
	case CBOR_ORDER_EQUAL:
	default:
		return cbor_keys_fail(r, f->first, f->count - f->left / 2,
		    f->item);
	}
}

static bool
skip_pop(struct skip *s)
{
	const struct frame *f = &s->frames[--s->open];

	s->depth -= 1U + f->tags;
	return !f->unsorted || cbor_keys_check(s->r, f->first, f->count);
}

/*
 * An item is complete, and with it perhaps what it is the last part of. item:
 * its head if that is all of it, otherwise NULL.
 */
static bool
skip_complete(struct skip *s, const struct cbor_item *item)
{
	while (s->open > 0) {
		struct frame *f = &s->frames[s->open - 1];

		if (f->at_key && !skip_key(s, f, item))
			return false;
		f->at_key = f->kind == CBOR_KIND_MAP && !f->at_key;
		f->item = s->r->ptr;
		if (f->left == LEFT_UNKNOWN || --f->left > 0)
			return true;
		if (!skip_pop(s))
			return false;
		item = NULL;
	}
	return true;
}

static bool
skip_item(struct skip *s, const struct cbor_item *item)
{
	if (item->kind == CBOR_KIND_BREAK) {
		if (!break_fits(s))
			return cbor_fail(s->r, CBOR_E_MALFORMED, item->offset,
			    NULL);
		return skip_pop(s) && skip_complete(s, NULL);
	}
	if (!chunk_fits(s, item))
		return cbor_fail(s->r, CBOR_E_MALFORMED, item->offset, NULL);
	if (item->kind == CBOR_KIND_TAG) {
		s->tags++;
		return skip_deeper(s, item);
	}
	if (is_open(item)) {
		if (!skip_push(s, item))
			return false;
		if (s->frames[s->open - 1].left > 0)
			return true;
		return skip_pop(s) && skip_complete(s, NULL);
	}
	if (s->tags > 0) {
		s->depth -= s->tags;
		s->tags = 0;
		item = NULL;
	}
	return skip_complete(s, item);
}

/* Apart from cbor_skip, so that a plain value does not pay for the stack. */
static bool __attribute__((noinline)) skip_content(struct cbor_reader *r,
    const struct cbor_item *first, unsigned tags)
{
	struct cbor_item item = *first;
	struct skip s UNINITIALIZED;

	s.r = r;
	s.depth = r->depth + tags;
	s.tags = tags;
	s.open = 0;
	if (!skip_item(&s, &item))
		return false;
	while (s.open > 0 || s.tags > 0) {
		if (!cbor_next(r, &item) || !skip_item(&s, &item))
			return false;
	}
	return true;
}

bool
cbor_skip(struct cbor_reader *r, struct bytes *ret)
{
	const uint8_t *start = r->ptr;
	struct cbor_item item;
	unsigned tags = 0;

	while (cbor_next(r, &item) && item.kind == CBOR_KIND_TAG) {
		if (r->depth + ++tags > CBOR_MAX_DEPTH)
			return cbor_fail(r, CBOR_E_DEPTH, item.offset, NULL);
	}
	if (r->error != CBOR_OK)
		return false;
	if ((is_open(&item) || item.kind == CBOR_KIND_BREAK) &&
	    !skip_content(r, &item, tags))
		return false;
	if (ret != NULL)
		*ret = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}
