/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/cbor-short.h"
#include "mdoc/model/digest-index.h"

static bool
index_reserve(struct digest_index *x, uint64_t n)
{
	struct digest_entry *p;

	if (n <= DIGEST_INDEX_INLINE) {
		x->entries = x->small;
		return true;
	}
	/* n is bounded by the length of the map, hence by CBOR_MAX_SIZE. */
	if (n > x->cap) {
		p = reallocarray(x->allocated, (size_t)n, sizeof(*p));
		if (p == NULL)
			return false;
		x->allocated = p;
		x->cap = (size_t)n;
	}
	x->entries = x->allocated;
	return true;
}

static int
entry_compare(const void *a, const void *b)
{
	const struct digest_entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* The next pair; it was checked by mso_read: no second look at the keys. */
static bool
entry_read(struct cbor_reader *r, struct digest_entry *e)
{
	struct bytes in = cbor_short_begin(r), digest;
	uint64_t id;

	if (cbor_short_uint(&in, &id) && cbor_short_bstr(&in, &digest))
		cbor_short_end(r, in, 2);
	else if (!cbor_get_uint(r, &id) || !cbor_get_bstr(r, &digest))
		return false;
	e->id = (uint32_t)id;
	e->offset = (uint32_t)(digest.ptr - r->base);
	e->len = (uint32_t)digest.len;
	return true;
}

bool
digest_index_open(struct digest_index *x, struct bytes map)
{
	struct cbor_reader r;
	struct cbor_item head;
	bool sorted = true;
	size_t i;

	x->map = map;
	x->n = 0;
	cbor_reader_init(&r, map);
	if (!cbor_next(&r, &head) || !index_reserve(x, head.value))
		return false;
	for (i = 0; i < head.value; i++) {
		if (!entry_read(&r, &x->entries[i]))
			return false;
		if (i > 0 && x->entries[i].id < x->entries[i - 1].id)
			sorted = false;
	}
	if (!sorted)
		qsort(x->entries, i, sizeof(x->entries[0]), entry_compare);
	x->n = i;
	return true;
}

static struct bytes
entry_digest(const struct digest_index *x, const struct digest_entry *e)
{
	return bytes_of(x->map.ptr + e->offset, e->len);
}

struct bytes
digest_index_find(const struct digest_index *x, uint64_t id)
{
	const struct digest_entry *e = x->entries;
	size_t from = 0, to = x->n, middle;

	if (x->n == 0 || id < e[0].id || id > e[x->n - 1].id)
		return BYTES_NULL;
	/* Without gaps it is this one. */
	middle = (size_t)id - e[0].id;
	if (middle < x->n && e[middle].id == id)
		return entry_digest(x, &e[middle]);
	while (from < to) {
		middle = from + (to - from) / 2;
		if (e[middle].id == id)
			return entry_digest(x, &e[middle]);
		if (e[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return BYTES_NULL;
}

void
digest_index_close(struct digest_index *x)
{
	free(x->allocated);
	*x = DIGEST_INDEX_INIT;
}
