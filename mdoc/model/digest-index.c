/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

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

bool
digest_index_open(struct digest_index *x, struct bytes map)
{
	struct cbor_reader r;
	struct cbor_item head;
	struct bytes digest;
	uint64_t id;
	bool sorted = true;
	size_t i;

	x->map = map;
	x->n = 0;
	/* It was checked by mso_read: no second look at the keys. */
	cbor_reader_init(&r, map);
	if (!cbor_next(&r, &head) || !index_reserve(x, head.value))
		return false;
	for (i = 0; i < head.value; i++) {
		if (!cbor_get_uint(&r, &id))
			return false;
		x->entries[i].id = (uint32_t)id;
		x->entries[i].offset = (uint32_t)cbor_offset(&r);
		if (!cbor_get_bstr(&r, &digest))
			return false;
		if (i > 0 && x->entries[i].id < x->entries[i - 1].id)
			sorted = false;
	}
	if (!sorted)
		qsort(x->entries, i, sizeof(x->entries[0]), entry_compare);
	x->n = i;
	return true;
}

/* The digest of an entry. */
static struct bytes
entry_digest(const struct digest_index *x, const struct digest_entry *e)
{
	struct cbor_reader r;
	struct bytes digest;

	cbor_reader_init(&r, x->map);
	r.ptr += e->offset;
	return cbor_get_bstr(&r, &digest) ? digest : BYTES_NULL;
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
