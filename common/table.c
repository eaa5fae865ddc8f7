/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/table.h"

/* A handle: 13 bits of generation above 18 bits of index + 1. */
#define INDEX_BITS      18
#define INDEX_MASK      ((1UL << INDEX_BITS) - 1)
#define GENERATION_MASK 0x1fffU
#define TABLE_MAX       ((size_t)INDEX_MASK)
#define TABLE_MIN_CAP   16

static unsigned long
handle_of(const struct table *t, size_t i)
{
	return (unsigned long)t->entries[i].generation << INDEX_BITS | (i + 1);
}

/* The entry of a handle in use, or NULL. */
static struct table_entry *
entry_find(const struct table *t, unsigned long handle)
{
	unsigned long i = handle & INDEX_MASK;
	struct table_entry *e;

	if (i == 0 || i > t->len)
		return NULL;
	e = &t->entries[i - 1];
	if (e->ptr == NULL || e->generation != handle >> INDEX_BITS)
		return NULL;
	return e;
}

static bool
table_grow(struct table *t)
{
	size_t cap = t->cap == 0 ? TABLE_MIN_CAP : t->cap * 2;
	struct table_entry *entries;

	if (t->cap == TABLE_MAX)
		return false;
	if (cap > TABLE_MAX)
		cap = TABLE_MAX;
	entries = realloc(t->entries, cap * sizeof(*entries));
	if (entries == NULL)
		return false;
	t->entries = entries;
	t->cap = cap;
	return true;
}

/*
 * Entries that were never used come first, then the one that has been free
 * for longest: so a stale handle stays invalid for as long as possible.
 */
bool
table_add(struct table *t, void *ptr, unsigned long *ret)
{
	size_t i;

	if (t->len == t->cap && t->first_free == 0 && !table_grow(t))
		return false;
	if (t->len < t->cap) {
		i = t->len++;
		t->entries[i].generation = 0;
	} else {
		i = t->first_free - 1;
		t->first_free = t->entries[i].next_free;
		if (t->first_free == 0)
			t->last_free = 0;
	}
	t->entries[i].ptr = ptr;
	t->entries[i].next_free = 0;
	t->used++;
	*ret = handle_of(t, i);
	return true;
}

void *
table_get(const struct table *t, unsigned long handle)
{
	const struct table_entry *e = entry_find(t, handle);

	return e == NULL ? NULL : e->ptr;
}

void *
table_remove(struct table *t, unsigned long handle)
{
	struct table_entry *e = entry_find(t, handle);
	size_t i;
	void *ptr;

	if (e == NULL)
		return NULL;
	i = (size_t)(e - t->entries) + 1;
	ptr = e->ptr;
	e->ptr = NULL;
	e->generation = (e->generation + 1) & GENERATION_MASK;
	if (t->last_free == 0)
		t->first_free = i;
	else
		t->entries[t->last_free - 1].next_free = i;
	t->last_free = i;
	t->used--;
	return ptr;
}

void *
table_next(const struct table *t, size_t *pos, unsigned long *ret_handle)
{
	while (*pos < t->len) {
		size_t i = (*pos)++;

		if (t->entries[i].ptr == NULL)
			continue;
		if (ret_handle != NULL)
			*ret_handle = handle_of(t, i);
		return t->entries[i].ptr;
	}
	return NULL;
}

void
table_reset(struct table *t)
{
	free(t->entries);
	*t = TABLE_INIT;
}
